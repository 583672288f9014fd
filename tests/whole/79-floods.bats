# Floods: peers by the thousand at all workers of a service, and forged datagrams at every moment of a start. In short, or
# with STORMS=full (make soak) in full.

bats_require_minimum_version 1.5.0
load ../lib/helper

count() { if [ "${STORMS:-}" = full ]; then echo "$2"; else echo "$1"; fi; }

setup() {
	need python3
	hosts_up
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
}
teardown() { hosts_down; }

# The kernel lets such datagrams in, and a widened socket's filter has to be there before its port is.
@test "a flood of forged V4MAPPED datagrams at each start of a server, reload, client and narrowing: none is shown" {
	on_server sysctl -qw net.ipv4.ip_local_port_range='6001 6008'
	on_client python3 "$root/tests/lib/forge.py" flood $server6 5000,6001,6002,6003,6004,6005,6006,6007,6008 \
		::ffff:127.0.0.1 ::ffff:10.0.0.1 2001:db8:1::77 3>&- &
	flood=$!
	# It is there, and nothing else keeps it out.
	run -0 on_server python3 -c 'import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 5000))
seen = set()
while len(seen) < 3: seen.add(s.recvfrom(99)[1][0])
print(*sorted(seen))'
	assert_output '2001:db8:1::77 ::ffff:10.0.0.1 ::ffff:127.0.0.1'
	run -0 on_server "$run" -- python3 "$root/tests/lib/flooded.py" "$(count 100 2000)"
	assert_output --regexp '^[0-9]+$'
	# Those that are no forgeries were received.
	assert [ "$output" -ge 20 ]
	kill "$flood"
}

# nginx_up WORKERS
nginx_up() {
	local dir=$BATS_TEST_TMPDIR
	cat >"$dir/nginx.conf" <<-END
		daemon off;
		pid $dir/pid;
		worker_processes $1;
		events {}
		http {
			$(nginx_files "$dir")
			log_format peers '\$pid \$remote_addr \$uri';
			access_log $dir/access.log peers;
			server { listen 8080 reuseport; location / { return 200 "hello\n"; } }
		}
	END
	start nginx "$run" -- nginx -c "$dir/nginx.conf" -e "$dir/error.log"
	wait_port 8080
	ip -n "$client" -6 route add local 2001:db8:2::/48 dev lo
	ip -n "$server" -6 route add 2001:db8:2::/48 via $client6
}

# visits COUNT ROUNDS NETWORK: of COUNT peers of NETWORK, ROUNDS times (tests/lib/visits.py).
visits() {
	local before
	before=$(wc -l <"$BATS_TEST_TMPDIR/access.log")
	on_client python3 "$root/tests/lib/visits.py" 8080 "$2" "$1" "$3"
	wait_until eval "[ \$(wc -l <'$BATS_TEST_TMPDIR/access.log') -eq $((before + $1 * $2)) ]"
}

# What nginx has logged: the addresses shown for two peers; the /24s of the peers of 2001:db8:2:9::/64 that have a hash
# (below 248.0.0.0), and of those that have a number; and those of the former that have a peer of another network.
shown() {
	run -0 python3 -c 'import sys
rows = [line.split() for line in open(sys.argv[1])]
def net(shown): return shown.rsplit(".", 1)[0]
def first(shown): return int(shown.split(".")[0])
behind, workers = {}, {pid for pid, _, _ in rows}
for _, shown, peer in rows:
    assert first(shown) >= 240
    behind.setdefault(shown, set()).add(peer)
one = {net(shown) for _, shown, peer in rows if peer.startswith("/2001:db8:2:9::")}
other = {net(shown) for _, shown, peer in rows if not peer.startswith("/2001:db8:2:9::")}
hashes = {n for n in one if first(n) < 248}
print(len(workers), sum(len(peers) > 1 for peers in behind.values()), len(hashes), len(one - hashes), len(hashes & other))' \
		"$BATS_TEST_TMPDIR/access.log"
	[ "${STORMS:-}" != full ] || echo "# $output" >&3
	read -r workers doubles hashes numbers shared <<<"$output"
}

@test "a thousand peers at each of nginx's eight workers: no address means two of them (in full: 5,000)" {
	need nginx
	nginx_up 8
	visits "$(count 1000 5000)" "$(count 2 16)" 2001:db8:2::/48
	shown
	assert_equal "$workers $doubles" '8 0'
}

# A /21 has eight /24s. Who finds no room there gets a number.
@test "thousands of addresses of one /64 are in few /24s, and nobody else is there" {
	need nginx
	nginx_up 1
	visits "$(count 3000 10000)" 1 2001:db8:2:9::/64
	visits 200 1 2001:db8:2::/48
	shown
	assert_equal "$workers $doubles $shared" '1 0 0'
	assert [ "$hashes" -le 8 ]
	assert [ "$numbers" -le 64 ]
}

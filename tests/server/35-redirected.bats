# bats file_tags=beside
# Connections that the firewall redirects to a program, which asks where they wanted to go (SO_ORIGINAL_DST).

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	need python3
	need nft
	hosts_up
}
teardown() { hosts_down; }

away=2001:db8:5::5

# redirected HOOK PORT: connections to port 80 of the server host go to PORT: its own (output), or others' (prerouting).
redirected() {
	local family
	for family in ip ip6; do
		on_server nft "table $family there { chain in { type nat hook $1 priority -100; tcp dport 80 redirect to :$2; }; }" ||
			skip "this kernel has no NAT"
	done
	ip -n "$server" -6 addr add $away/128 dev lo nodad
	ip -n "$client" -6 route add $away/128 via $server6
}

@test "SO_ORIGINAL_DST: where a redirected peer wanted to go, over either family" {
	redirected output 5000
	cat >"$BATS_TEST_TMPDIR/original.py" <<-'END'
		import socket, struct, sys
		SO_ORIGINAL_DST = 80
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		s.bind(("", 5000))
		s.listen(9)
		for address in sys.argv[1:]:
		    client = socket.create_connection((address, 80), 5)
		    c, _ = s.accept()
		    for size in 16, 28, 15:
		        try:
		            raw = c.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, size)
		            family, port, host = struct.unpack_from("=HH4s", raw)
		            print(address, len(raw), family, socket.ntohs(port), socket.inet_ntoa(host))
		        except OSError as e:
		            print(address, e.strerror)
	END
	run -0 on_server python3 "$BATS_TEST_TMPDIR/original.py" 192.0.2.1
	native=$output
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/original.py" 192.0.2.1 $away
	assert_equal "$(grep ^192 <<<"$output")" "$native"
	assert_line --index 3 --regexp "^$away 16 2 80 2[45][0-9]\."
	assert_line --index 4 --regexp "^$away 28 2 80 2[45][0-9]\."
	assert_line --index 5 "$away Invalid argument"
}

# The name that it is asked for is another server's, so that it goes by the address alone.
@test "squid intercepts connections over either family, and goes on where they wanted to go" {
	need squid
	need curl
	local to
	redirected prerouting 3129
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test"
	chmod 777 "$BATS_TEST_TMPDIR"
	cat >"$BATS_TEST_TMPDIR/conf" <<-END
		http_port 0.0.0.0:3129 intercept
		http_port 127.0.0.1:3128
		http_access allow all
		cache deny all
		cache_log $BATS_TEST_TMPDIR/cache.log
		access_log none
		pid_filename none
		netdb_filename none
		cache_effective_user proxy
		coredump_dir none
		shutdown_lifetime 0 seconds
		pinger_enable off
		logfile_rotate 0
	END
	for to in $server4 $away; do
		mkdir -p "$BATS_TEST_TMPDIR/www/$to"
		echo "this is $to" >"$BATS_TEST_TMPDIR/www/$to/this"
		start www$to python3 -m http.server --bind $to --directory "$BATS_TEST_TMPDIR/www/$to" 80
	done
	start squid sh -c 'mount -t tmpfs tmpfs /dev/shm && exec "$@"' sh "$run" -- squid -N -f "$BATS_TEST_TMPDIR/conf"
	wait_port 3129
	wait_until eval '[ "$(on_server ss -Hltn "sport = :80" | wc -l)" = 2 ]'
	for to in $server4 "[$away]"; do
		run -0 on_client curl -gs --max-time 9 -H 'Host: 192.0.2.99' "http://$to/this"
		assert_output "this is $(tr -d '[]' <<<"$to")"
	done
}

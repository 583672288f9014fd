# Whoever is at the other end, or answers for a name, means no good.

bats_require_minimum_version 1.5.0
load lib/helper
load lib/names

setup() {
	need python3
	hosts_up
}
teardown() { hosts_down; }

# hostile NAME ADDRESS...: what the name has.
hostile() {
	local name=$1 address
	shift
	for address; do echo "$address $name" >>"$BATS_TEST_TMPDIR/hosts"; done
}
reread() {
	kill -HUP "$(on_server ss -Hlunp 'sport = :53' | grep -o 'pid=[0-9]*' | head -n 1 | cut -d= -f2)"
	wait_until eval "on_client getent ahosts $1 | grep -q ."
}

# Services of the client's host that are nobody else's business, and one that is everybody's, on the server.
services() {
	ip -n "$client" addr add 10.9.9.1/32 dev lo
	ip -n "$client" addr add fd00:9::1/128 dev lo nodad
	start public python3 "$root/tests/lib/where.py" 7000 $server4 $server6
	wait_port 7000
	printf '127.0.0.1 localhost\n::1 localhost\n' >"/etc/netns/$client/hosts"
	local server=$client
	start private python3 "$root/tests/lib/where.py" 7000 127.0.0.1 ::1 10.9.9.1 fd00:9::1
	start private1 python3 "$root/tests/lib/where.py" 7001 127.0.0.1 ::1 10.9.9.1 fd00:9::1
	start only6 python3 "$root/tests/lib/where.py" 7002 ::1
	wait_port 7002
	wait_port 7001
	wait_port 7000
}

fetch() { on_client "$run" -- python3 "$root/tests/lib/fetch.py" "$@"; }

@test "a name whose IPv4 address may be gone to leads to nothing nearer" {
	names_up
	services
	near=(::1 ::ffff:127.0.0.1 ::127.0.0.1 :: fd00:9::1 ::ffff:10.9.9.1 64:ff9b::7f00:1 64:ff9b::a09:901 2002:7f00:1::1
		ff02::1 127.0.0.1 10.9.9.1 0.0.0.0)
	for n in "${!near[@]}"; do hostile "n$n.example" $server4 "${near[n]}"; done
	# With a default route all of them are sent somewhere.
	ip -n "$client" -6 route add default via $server6
	reread n0.example
	mapfile -t names < <(printf 'n%d.example\n' "${!near[@]}")
	# Where the public service is, and where there are others only.
	run -0 fetch 7000 "${names[@]}"
	assert_equal "$(grep -cE ": (refused, )?reached $server4(, refused)?\$" <<<"$output")" ${#near[@]}
	run -0 fetch 7001 "${names[@]}"
	assert_equal "$(grep -cE ': (refused, )?ConnectionRefusedError(, refused)?$' <<<"$output")" ${#near[@]}
}

@test "a name or number that has IPv6 addresses only: ::1 is 127.0.0.1, others are no public IPv4 address" {
	names_up
	services
	hostile six-loop.example ::1
	hostile six-none.example ::127.0.0.1
	hostile six-mapped.example ::ffff:127.0.0.1
	hostile six-private.example fd00:9::1
	reread six-loop.example
	run -0 fetch 7000 six-loop.example ::1 six-none.example six-mapped.example :: six-private.example '!six-loop.example'
	assert_line 'six-loop.example: refused'
	assert_line '::1: refused'
	assert_line 'six-none.example: not found'
	assert_line --regexp '^six-mapped.example: (refused|not found)$'
	assert_line '::: not found'
	# What the program is given is in 240.0.0.0/4, which is private as well (RFC 6890): who does not say so lets it in.
	assert_line 'six-private.example: reached fd00:9::1'
	assert_line '!six-loop.example: reached 127.0.0.1'
	# Who trusts the name or number gets where it points to.
	run -0 fetch 7002 '!six-loop.example' '!::1' '!localhost'
	assert_line '!six-loop.example: reached ::1'
	assert_line '!::1: reached ::1'
	assert_line '!localhost: reached ::1'
}

@test "addresses that reach equally far go on being tried in turn: a private network, the host itself" {
	names_up
	services
	hostile intranet.example 10.9.9.1 fd00:9::1
	hostile edge.example 10.9.9.1 $server6
	reread intranet.example
	run -0 fetch 7000 '!intranet.example' '!edge.example' '!localhost'
	assert_line '!intranet.example: reached fd00:9::1'
	assert_line "!edge.example: reached $server6"
	assert_line '!localhost: reached 127.0.0.1'
	# An AF_INET6 program, likewise.
	hostile six-first.example $server6 ::ffff:127.0.0.1
	reread six-first.example
	PORT=7001 run -0 on_client "$run" --log=info -- "$programs/lookups" 6 six-first.example
	assert_line 'connect: ECONNREFUSED'
	refute_output --partial ' 127.0.0.1:7001'
}

# A server that has a peer, and then looks up a name of another's making.
@test "a name with a peer's synthetic address leads to no peer; the address itself does" {
	names_up
	cat >"$BATS_TEST_TMPDIR/server.py" <<-'END'
		import os, socket, sys, time
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("", 5000))
		peer = s.recvfrom(100)[1][0]
		print(peer, flush=True)
		while not os.path.exists(sys.argv[1]):
		    time.sleep(0.05)
		def reach(address):
		    c = socket.socket()
		    c.settimeout(9)
		    try:
		        c.connect(address)
		        return c.recv(100).decode().strip()
		    except OSError as e:
		        return type(e).__name__
		for family in socket.AF_INET, socket.AF_UNSPEC:
		    try:
		        print("name:", *[reach(a[4]) for a in socket.getaddrinfo("peer.example", 7000, family, socket.SOCK_STREAM)])
		    except socket.gaierror:
		        print("name: not found")
		try:
		    print("host:", socket.gethostbyname_ex("peer.example")[2])
		except OSError:
		    print("host: not found")
		print("number:", reach((peer, 7000)), reach(socket.getaddrinfo(peer, 7000, socket.AF_INET)[0][4]))
		print("other name:", socket.getaddrinfo("unknown.example", 7000, socket.AF_INET)[0][4][0], flush=True)
	END
	mkdir -p "/etc/netns/$server"
	echo "nameserver $server6" >"/etc/netns/$server/resolv.conf"
	start hostile "$run" -- python3 "$BATS_TEST_TMPDIR/server.py" "$BATS_TEST_TMPDIR/go"
	wait_until eval 'on_server ss -Hlun "sport = :5000" | grep -q .'
	server=$client start peer python3 "$root/tests/lib/where.py" 7000 $client6
	wait_until eval "on_server $programs/steps a=tcp6 a.connect:$client6/7000 | grep 'connect.* ok'"
	wait_until eval 'on_client "$programs/steps" a=udp6 "a.to:$server6/5000" && grep -q "^2[45]" "$BATS_TEST_TMPDIR/hostile.log"'
	shown=$(head -n 1 "$BATS_TEST_TMPDIR/hostile.log")
	hostile peer.example "$shown"
	hostile unknown.example 240.9.9.9
	reread peer.example
	touch "$BATS_TEST_TMPDIR/go"
	wait_until grep -q '^other name' "$BATS_TEST_TMPDIR/hostile.log"
	run -0 log_of hostile
	assert_equal "$(grep -c '^name: not found' <<<"$output")" 2
	assert_line 'host: not found'
	assert_line "number: $client6 $client6"
	# A network that uses them has its own.
	assert_line 'other name: 240.9.9.9'
}

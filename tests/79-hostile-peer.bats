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
	local server=$client
	start private python3 "$root/tests/lib/where.py" 7000 127.0.0.1 ::1 10.9.9.1 fd00:9::1
	start private1 python3 "$root/tests/lib/where.py" 7001 127.0.0.1 ::1 10.9.9.1 fd00:9::1
	start only6 python3 "$root/tests/lib/where.py" 7002 ::1
	wait_port 7002
	wait_port 7001
	wait_port 7000
}

fetch() { on_client "$@" python3 "$root/tests/lib/fetch.py"; }

@test "a name whose IPv4 address may be gone to leads to nothing nearer" {
	names_up
	services
	near=(::1 ::ffff:127.0.0.1 ::127.0.0.1 :: fd00:9::1 ::ffff:10.9.9.1 64:ff9b::7f00:1 64:ff9b::a09:901 2002:7f00:1::1
		ff02::1 127.0.0.1 10.9.9.1 0.0.0.0)
	for n in "${!near[@]}"; do hostile "n$n.example" $server4 "${near[n]}"; done
	# With a default route all of them are sent somewhere.
	ip -n "$client" -6 route add default via $server6
	reread n0.example
	for n in "${!near[@]}"; do
		# Where the public service is, and where there are others only.
		run -0 on_client "$run" -- python3 "$root/tests/lib/fetch.py" 7000 "n$n.example"
		assert_output --regexp "^n$n.example: (refused, )*reached $server4(, refused)*\$"
		run -0 on_client "$run" -- python3 "$root/tests/lib/fetch.py" 7001 "n$n.example"
		assert_output --regexp "^n$n.example: (refused, )*ConnectionRefusedError(, refused)*\$"
	done
}

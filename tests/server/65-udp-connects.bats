# connect() of a server's datagram socket (tests/programs/udp_connects.c).

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	hosts_up
	on_server ip route add 255.255.255.255/32 dev veth0
}
teardown() { hosts_down; }

@test "a datagram socket stays connected where a further connect() fails, and goes to the broadcast address" {
	run -0 on_server "$programs/udp_connects"
	native=$output
	assert_line 'to 203.0.113.1: ENETUNREACH, peer 127.0.0.2'
	assert_line "a stranger's datagram: -1"
	run -0 on_server "$run" -- "$programs/udp_connects"
	assert_output "$native"
}

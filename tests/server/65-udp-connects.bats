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

# Natively it goes out. Here the socket has the IPv4 address of its peer as its own (ip6_dst_lookup_tail()).
@test "a datagram to an IPv6 peer from a socket that is connected to an IPv4 peer is refused" {
	run -0 on_server "$run" -- python3 -c '
import socket
a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
a.bind(("0.0.0.0", 5065))
socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"x", ("::1", 5065))
peer = a.recvfrom(1)[1]
a.connect(("127.0.0.1", 9))
for send in a.sendto, lambda data, to: a.sendmsg([data], [], 0, to):
    print(send(b"to who asked", peer))
    try: send(b"to another port", (peer[0], 9))
    except OSError as error: print(error.strerror)'
	assert_output "$(printf '%s\n' 12 'Address family not supported by protocol' 12 'Address family not supported by protocol')"
}

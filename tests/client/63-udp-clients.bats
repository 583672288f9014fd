# Unmodified IPv4-only UDP clients. They reach a name over IPv6 if it has IPv6 addresses only, or no route to
# its IPv4 address; otherwise over IPv4.

bats_require_minimum_version 1.5.0
load ../lib/helper

# A real DNS server has the names. It is reached over IPv6, so that IPv4 can be taken away.
setup() {
	need dnsmasq
	hosts_up
	mkdir -p "/etc/netns/$client"
	echo "nameserver $server6" >"/etc/netns/$client/resolv.conf"
	start_dns --local=/example/ \
		--host-record=six.example,$server6 --host-record=four.example,$server4 \
		--host-record=both.example,$server4,$server6
	wait_until eval 'on_server ss -Hlun "sport = :53" | grep -q .'
	# Native servers of both families; they tell who asked.
	for family in 4 6; do
		start echo$family "$programs/udp_where" $family 5071
	done
	wait_until eval '[ "$(on_server ss -Hlun "sport = :5071" | wc -l)" = 2 ]'
}
teardown() { hosts_down; }

no_ipv4_route() { ip -n "$client" addr del 192.0.2.2/24 dev veth0; }

# ask_by COMMAND...: prints what comes back for each name, which replaces NAME in the command.
over() {
	local name=$1 family=$2
	shift 2
	run ip netns exec "$client" timeout 10 "${@//NAME/$name}"
	assert_success
	assert_output --partial "over IPv$family from"
}

refused_natively() {
	run ip netns exec "$client" timeout 10 "${@//NAME/six.example}"
	refute_output --partial 'over IPv'
}

by_name() {
	refused_natively "$@"
	over six.example 6 "$run" -- "$@"
	over four.example 4 "$run" -- "$@"
	over both.example 4 "$run" -- "$@"
	no_ipv4_route
	over both.example 6 "$run" -- "$@"
	over six.example 6 "$run" -- "$@"
}

@test "socat UDP4 (getaddrinfo, connect)" {
	need socat
	by_name sh -c 'echo hello | socat -t 2 - UDP4:NAME:5071'
}

@test "socat UDP4-DATAGRAM (getaddrinfo, sendto)" {
	need socat
	by_name sh -c 'echo hello | socat -t 2 - UDP4-DATAGRAM:NAME:5071'
}

@test "nc.traditional -u (gethostbyname)" {
	need nc.traditional
	by_name sh -c 'echo hello | nc.traditional -u -q 1 -w 2 NAME 5071'
}

@test "Perl, IO::Socket::INET, UDP (inet_aton)" {
	need perl
	by_name perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(PeerAddr => "NAME", PeerPort => 5071, Proto => "udp")
		or die "$@\n"; $s->send("hello\n"); $s->recv($m, 100); print $m'
}

@test "python3, AF_INET, an ephemeral port that is kept" {
	need python3
	by_name python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 0))
port = s.getsockname()[1]
s.settimeout(5)
s.sendto(b"hello\n", ("NAME", 5071))
print(s.recv(100).decode())
assert s.getsockname() == ("0.0.0.0", port), s.getsockname()
assert s.family == socket.AF_INET'
}

@test "the resolver: forms and errors" {
	run -0 on_client "$run" -- "$programs/resolve" six.example
	assert_line --regexp '^getaddrinfo AF_INET: 24[0-9.]+ port 80 socktype 1 length 16 canonical six.example$'
	assert_line --regexp '^gethostbyname: 24[0-9.]+ length 4 family 2$'
	assert_line --regexp '^gethostbyname2 AF_INET: 24[0-9.]+ length 4 family 2$'
	assert_line --regexp '^gethostbyname_r: 24[0-9.]+ length 4 family 2$'
	assert_line "getaddrinfo AF_INET6: $server6 port 80 socktype 1 length 28 canonical six.example"
	run -0 on_client "$run" -- "$programs/resolve" four.example
	assert_line "getaddrinfo AF_INET: $server4 port 80 socktype 1 length 16 canonical four.example"
	assert_line "getaddrinfo AF_INET6: ::ffff:$server4 port 80 socktype 1 length 28 canonical four.example"
	# Everything else is as without the shim.
	for name in nosuch.example both.example 192.0.2.7 2001:db8::7 127.0.0.1; do
		on_client "$programs/resolve" $name >"$BATS_TEST_TMPDIR/plain" || true
		on_client "$run" -- "$programs/resolve" $name >"$BATS_TEST_TMPDIR/shim" || true
		# Except an IPv6 literal asked for as AF_INET: that is the purpose.
		case $name in
		2001:*) sed -i '/AF_INET:\|gethostbyname/d' "$BATS_TEST_TMPDIR/plain" "$BATS_TEST_TMPDIR/shim" ;;
		esac
		assert_equal "$(cat "$BATS_TEST_TMPDIR/shim")" "$(cat "$BATS_TEST_TMPDIR/plain")"
	done
	run -0 on_client "$run" -- "$programs/resolve" 2001:db8::7
	assert_line --regexp '^getaddrinfo AF_INET: 24[0-9.]+ port 80'
}

# A program takes the 28 bytes of IPv4's and UDP's headers off the MTU. tracepath sends again until that fits.
@test "the MTU of a path over IPv6 is that of IPv4 in it: IP_MTU, the error queue, tracepath" {
	need python3
	run -0 on_client "$run" -- python3 -c '
import errno, socket, struct
IP_MTU_DISCOVER, IP_RECVERR, IP_MTU, ALWAYS, MSG_ERRQUEUE = 10, 11, 14, 2, 0x2000
for name in "four.example", "six.example":
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, ALWAYS)
    s.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    s.connect((name, 9))
    mtu = s.getsockopt(socket.IPPROTO_IP, IP_MTU)
    try:
        s.send(bytes(mtu - 27))
    except OSError as e:
        print(errno.errorcode[e.errno], mtu, *struct.unpack_from("8xI", s.recvmsg(1, 500, MSG_ERRQUEUE)[1][0][2]))
    print(s.send(bytes(mtu - 28)))'
	assert_output "$(printf '%s\n' 'EMSGSIZE 1500 1500' 1472 'EMSGSIZE 1480 1480' 1452)"
	need tracepath
	run -0 on_client timeout 10 "$run" -- tracepath -4 -n -m 3 six.example
	assert_output --partial 'pmtu 1480 hops 1'
}

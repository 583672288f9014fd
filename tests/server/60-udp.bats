# What an IPv4-only UDP server sees over both families, in the styles in which such servers are written
# (tests/programs/udp_serve.c).

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	hosts_up
	link_local=$(ip -n "$server" -6 -o addr show dev veth0 scope link | awk '{ sub("/.*", "", $4); print $4 }')%veth0
}
teardown() { hosts_down; }

synthetic='2(4[0-9]|5[0-5])\.[0-9]+\.[0-9]+\.[0-9]+'
bound() { on_server ss -Hlun "sport = :$1" | grep -q .; }

serve() {
	start udp "$run" -- "$programs/udp_serve" "$@" 5000
	wait_until bound 5000
}

# answer_to HOST ADDR PATTERN
answer_to() {
	run -0 ip netns exec "$1" "$programs/udp_ask" "$2" 5000
	assert_output --regexp "^$3\$"
}

@test "recvfrom and sendto, over IPv4, ::1, a global and a link-local address" {
	serve plain
	answer_to "$server" 127.0.0.1 'hello from 127\.0\.0\.1 length 16 family 2 ntop 127\.0\.0\.1 \[127\.0\.0\.1\]'
	answer_to "$client" $server4 "hello from 192\.0\.2\.2 length 16 family 2 ntop 192\.0\.2\.2 \[$server4\]"
	answer_to "$server" ::1 "hello from $synthetic length 16 family 2 ntop ::1 \[::1\]"
	answer_to "$client" $server6 "hello from $synthetic length 16 family 2 ntop $client6 \[$server6\]"
	answer_to "$client" "$link_local" "hello from $synthetic length 16 family 2 ntop fe80:.* \[$link_local\]"
}

@test "the log has each peer and its synthetic address once" {
	start udp "$run" --log=debug -- "$programs/udp_serve" pktinfo 5000
	wait_until bound 5000
	run -0 on_client "$programs/udp_ask" $server6 5000 text 5
	wait_until grep -q "first datagram from \[$client6\]" "$BATS_TEST_TMPDIR/udp.log"
	run -0 log_of udp
	assert_line --regexp "first datagram from \[$client6\]:[0-9]+, shown as $synthetic:[0-9]+\$"
	assert_equal "$(grep -c 'first datagram' <<<"$output")" 1
}

@test "without the shim: IPv4 alone" {
	start udp "$programs/udp_serve" plain 5000
	wait_until bound 5000
	answer_to "$client" $server4 "hello from 192\.0\.2\.2 .*"
	run -1 on_client "$programs/udp_ask" $server6 5000
}

@test "recvmsg and sendmsg with control messages: answers come from the address that was asked" {
	ip -n "$server" addr add 192.0.2.11/24 dev veth0
	ip -n "$server" addr add 2001:db8:1::11/64 dev veth0 nodad
	# Four messages; their headers are shorter where size_t is.
	local room=112
	[ "$(getconf LONG_BIT)" = 64 ] || room=84
	serve pktinfo
	for address in $server4 192.0.2.11; do
		answer_to "$client" $address "hello from 192\.0\.2\.2 length 16 flags 0 controllen $room pktinfo $address $address if ttl 64 tos 0 origdst $address/5000 family 2 \[$address\]"
	done
	for address in $server6 2001:db8:1::11 "$link_local"; do
		answer_to "$client" "$address" "hello from $synthetic length 16 flags 0 controllen $room pktinfo ($synthetic) \2[0-9.]* if ttl [0-9]+ tos 0 origdst $synthetic/5000 family 2 \[$address\]" ||
			answer_to "$client" "$address" "hello from $synthetic length 16 flags 0 controllen $room pktinfo $synthetic $synthetic if ttl [0-9]+ tos 0 origdst $synthetic/5000 family 2 \[$address\]"
	done
}

@test "control messages that do not fit are truncated, as for IPv4" {
	start udp "$programs/udp_serve" cut 5000
	wait_until bound 5000
	run -0 on_server "$programs/udp_ask" 127.0.0.1 5000
	native=$output
	stop "$started"
	serve cut
	run -0 on_server "$programs/udp_ask" 127.0.0.1 5000
	assert_output "$native"
	run -0 on_server "$programs/udp_ask" ::1 5000
	assert_equal "$(sed -E "s/$synthetic/127.0.0.1/g; s/::1/127.0.0.1/" <<<"$output")" "$native"
}

@test "sendmmsg leaves errno alone if some messages were sent" {
	need python3
	cat >"$BATS_TEST_TMPDIR/some.py" <<-'END'
		import ctypes, socket, struct
		libc = ctypes.CDLL(None, use_errno=True)
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("0.0.0.0", 5000))
		to = [struct.pack("=H2s4s8x", socket.AF_INET, struct.pack("!H", port), socket.inet_aton(host))
		      for port, host in ((5000, "127.0.0.1"), (0, "127.0.0.1"))]
		keep = [ctypes.create_string_buffer(a, 16) for a in to]
		data = ctypes.create_string_buffer(b"x", 1)
		iov = ctypes.create_string_buffer(struct.pack("PN", ctypes.addressof(data), 1))
		messages = b"".join(struct.pack("PIPNPNi0PI0P", ctypes.addressof(k), 16, ctypes.addressof(iov), 1, 0, 0, 0, 0) for k in keep)
		ctypes.set_errno(99)
		print(libc.sendmmsg(s.fileno(), messages, 2, 0), ctypes.get_errno())
	END
	run -0 on_server python3 "$BATS_TEST_TMPDIR/some.py"
	assert_output '1 99'
	run -0 on_server "$run" --rule='connect name=x ipv4' python3 "$BATS_TEST_TMPDIR/some.py"
	assert_output '1 99'
}

@test "recvmmsg and sendmmsg, with more messages than are translated at a time" {
	serve many
	for address in 127.0.0.1 ::1; do
		run -0 on_server "$programs/udp_ask" $address 5000 text 100
		assert_equal "$(sort -u <<<"$output" | wc -l)" 1
		assert_equal "$(wc -l <<<"$output")" 100
	done
}

# With IPv6 it is shown as an MTU is, without the 20 bytes by which the header is longer.
@test "IP_RECVFRAGSIZE tells the size of fragments, for both families" {
	need python3
	cat >"$BATS_TEST_TMPDIR/fragments.py" <<-'END'
		import socket, struct, sys
		s = socket.socket(type=socket.SOCK_DGRAM)
		s.setsockopt(socket.IPPROTO_IP, 25, 1)
		s.bind(("", 5000))
		s.settimeout(5)
		for address in sys.argv[1:]:
		    c = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
		    c.sendto(bytes(4000), (address, 5000))
		    data, control, _, _ = s.recvmsg(5000, 100)
		    print(len(data), *[(level, kind, struct.unpack("=I", data)[0]) for level, kind, data in control])
	END
	ip -n "$server" link set lo mtu 1500
	run -0 on_server python3 "$BATS_TEST_TMPDIR/fragments.py" 127.0.0.1
	assert_output '4000 (0, 25, 1500)'
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/fragments.py" 127.0.0.1 ::1
	assert_output $'4000 (0, 25, 1500)\n4000 (0, 25, '$((1496 - 20))')'
}

@test "sendmsg with IP_TTL, IP_TOS and UDP_SEGMENT, to both families" {
	serve sending
	for address in $server4 $server6; do
		HOPS=1 run -0 on_client "$programs/udp_ask" $address 5000 x 3
		assert_equal "$(sort <<<"$output" | uniq -c | sed 's/^ *//')" '3 10 bytes hops 33 class 32'
	done
}

@test "sendfile() to a datagram socket, of more than the file has" {
	need python3
	cat >"$BATS_TEST_TMPDIR/file.py" <<-'END'
		import os, socket, sys
		CORK = 1
		def send(file):
		    os.lseek(file.fileno(), 0, os.SEEK_SET)
		    return os.sendfile(s.fileno(), file.fileno(), None, 9999)
		for host in sys.argv[1:]:
		    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    s.bind(("0.0.0.0", 5000))
		    peer = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
		    peer.settimeout(5)
		    peer.sendto(b"", (host, 5000))
		    s.connect(s.recvfrom(9)[1])
		    with open(sys.argv[0], "rb") as file:
		        print(host, send(file) == len(peer.recv(9999)))
		        s.setsockopt(socket.IPPROTO_UDP, CORK, 1)
		        sent = send(file) + send(file)
		        s.setsockopt(socket.IPPROTO_UDP, CORK, 0)
		        print(host, sent == len(peer.recv(9999)))
		    s.close()
	END
	run -0 on_server python3 "$BATS_TEST_TMPDIR/file.py" 127.0.0.1
	assert_output $'127.0.0.1 True\n127.0.0.1 True'
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/file.py" 127.0.0.1 ::1
	assert_output $'127.0.0.1 True\n127.0.0.1 True\n::1 True\n::1 True'
}

@test "UDP_GRO tells the size of the segments, for both families" {
	serve gro
	for address in 127.0.0.1 ::1; do
		SEGMENT=10 run -0 on_server "$programs/udp_ask" $address 5000 012345678901234567890123456789
		assert_output "30 bytes, segments of 10 [$address]"
	done
}

@test "broadcast and multicast can be sent from a widened socket, as before" {
	ip -n "$server" route add 224.0.0.0/4 dev veth0
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		run -0 on_server $prefix "$programs/steps" a=udp4 a.bind:0.0.0.0/5000 b=udp4 b.reuseaddr b.bind:192.0.2.255/5009 \
			a.to:192.0.2.255/5009 a.set:socket:6:1 a.to:192.0.2.255/5009 b.got a.to:224.1.1.1/5009
		assert_output "$(cat <<-END
			a=udp4 ok
			a.bind:0.0.0.0/5000 ok
			b=udp4 ok
			b.reuseaddr ok
			b.bind:192.0.2.255/5009 ok
			a.to:192.0.2.255/5009 EACCES
			a.set:socket:6:1 ok
			a.to:192.0.2.255/5009 ok
			b.got $server4/5000
			a.to:224.1.1.1/5009 ok
		END
		)"
	done
}

@test "compiled with _FORTIFY_SOURCE, as distributions do" {
	run -0 nm -u "$programs/udp_fortified"
	assert_output --partial __recvfrom_chk
	start udp "$run" -- "$programs/udp_fortified" plain 5000
	wait_until bound 5000
	answer_to "$client" $server4 "hello from 192\.0\.2\.2 length 16 .*"
	answer_to "$client" $server6 "hello from $synthetic length 16 family 2 ntop $client6 .*"
}

@test "every buffer, length and flag: the same as natively" {
	run -0 on_server "$programs/udp_buffers" 5000 4
	native=$output
	assert [ "${#lines[@]}" -gt 200 ]
	run -0 on_server "$run" -- "$programs/udp_buffers" 5001 4
	assert_equal "$output" "$native"
	run -0 on_server "$run" -- "$programs/udp_buffers" 5002 6
	assert_equal "$output" "$native"
}

@test "a child per datagram, with a socket bound to the address that was asked and connected to the peer" {
	serve transfer
	for way in "$server 127.0.0.1" "$server ::1" "$client $server4" "$client $server6" "$client $link_local"; do
		# shellcheck disable=SC2086 # two words
		answer_to $way "hello bind ok connect ok peer as shown yes local as shown yes \[${way#* }\]"
	done
}

@test "connect() to both kinds of address, and back, filters as for IPv4" {
	run -0 on_server "$run" -- "$programs/steps" a=udp4 a.bind:0.0.0.0/5000 tell:::1/5000 a.connect:127.0.0.1/7 a.peer \
		tell:::1/5000 tell:127.0.0.1/5000 a.disconnect a.name tell:::1/5000 a.domain
	assert_line --regexp "^tell:::1/5000 got by a, family 2, $synthetic\$"
	assert_line 'a.peer family 2 length 16 127.0.0.1/7'
	assert_equal "$(grep -c 'nobody here' <<<"$output")" 2
	assert_line 'a.name family 2 length 16 0.0.0.0/5000'
	assert_equal "$(grep -c "got by a" <<<"$output")" 2
}

# The kernel leaves an AF_INET6 socket its peer's IPv6 address, and takes nothing over IPv6 that is not from there.
@test "a server that connects to a peer, and dissolves that, hears all peers again" {
	need python3
	cat >"$BATS_TEST_TMPDIR/dissolve.py" <<-'END'
		import ctypes, socket, sys
		server = socket.socket(type=socket.SOCK_DGRAM)
		server.bind(("", 5000))
		server.settimeout(5)
		def ask(address):
		    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as client:
		        client.sendto(address.encode(), (address, 5000))
		    data, peer = server.recvfrom(99)
		    print("heard", data.decode(), server.sendto(b"", peer), server.getsockname())
		    return peer
		for first in "127.0.0.1", "2001:db8:1::1", "::1":
		    server.connect(ask(first))
		    assert ctypes.CDLL(None).connect(server.fileno(), bytes(16), 16) == 0
		    for address in "127.0.0.1", "192.0.2.1", "::1", "2001:db8:1::1":
		        ask(address)
	END
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/dissolve.py"
	assert_equal "$(grep -cx "heard .* 0 ('0.0.0.0', 5000)" <<<"$output")" 15
}

# Natively it is the newest of them from then on.
@test "a server that dissolves its association hears all peers again if it shares the port by SO_REUSEADDR" {
	run -0 on_server "$run" -- "$programs/steps" a=udp4 a.reuseaddr a.bind:0.0.0.0/5000 b=udp4 b.reuseaddr \
		b.bind:0.0.0.0/5000 a.connect:127.0.0.1/7 a.disconnect "tell:$server6/5000" tell:127.0.0.1/5000
	assert_equal "$(grep -c "got by a" <<<"$output")" 2
}

# The number of a widened socket that fclose() closed inside the C library: the next socket there is asked anew,
# or the kernel says that it is another one.
@test "a descriptor whose number was a widened socket's" {
	need python3
	cat >"$BATS_TEST_TMPDIR/numbers.py" <<'END'
import ctypes, os, socket, sys

libc = ctypes.CDLL(None)
server, peer = socket.socket(type=socket.SOCK_DGRAM), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
server.bind(("", 5001))
peer.bind(("::1", 5002))
for _ in range(2):
    peer.sendto(b"x", ("::1", 5001))
    _, who = server.recvfrom(10)
    server.sendto(b"x", who)
    print("the server's answer comes from port", peer.recvfrom(10)[1][1])

number = server.detach()
libc.__close(number)
plain = socket.socket(type=socket.SOCK_DGRAM)
plain.sendto(b"y", who)
print("a client's datagram is from", peer.recvfrom(10)[1][0], plain.fileno() == number)
plain.settimeout(10)
peer.sendto(b"z", ("::1", plain.getsockname()[1]))
print("and the answer", plain.recvfrom(10)[1] == who)

libc.__close(plain.detach())
own = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
own.bind(("::", 5003))
peer.sendto(b"x", ("::1", 5003))
print("a socket of the program's own sees", own.recvfrom(10)[1][0], own.fileno() == number)
peer.sendto(b"x", ("::1", 5003))
name = ctypes.create_string_buffer(16)
libc.recvfrom(own.fileno(), ctypes.create_string_buffer(9), 9, 0, name, ctypes.byref(ctypes.c_uint(16)))
print("and that with little room for it:", int.from_bytes(name[:2], sys.byteorder) == socket.AF_INET6)

# As an IPv4-only program has it: 16 bytes for the name, and room for as few descriptors as there can be.
class Message(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("namelen", ctypes.c_uint), ("iov", ctypes.c_void_p), ("iovlen", ctypes.c_size_t),
                ("control", ctypes.c_char_p), ("controllen", ctypes.c_size_t), ("flags", ctypes.c_int)]

server = socket.socket(type=socket.SOCK_DGRAM)
server.bind(("", 5004))
peer.sendto(b"x", ("::1", 5004))
buffers = [ctypes.create_string_buffer(16) for _ in range(2)]
libc.recvfrom(server.fileno(), buffers[0], 16, 0, buffers[1], ctypes.byref(ctypes.c_uint(16)))
unix = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
os.dup2(unix[0].fileno(), server.fileno())
socket.send_fds(unix[1], [b"x"], [0] * 20)
before = len(os.listdir("/proc/self/fd"))
control = ctypes.create_string_buffer(socket.CMSG_LEN(8))
message = Message(ctypes.cast(buffers[0], ctypes.c_char_p), 16, None, 0, ctypes.cast(control, ctypes.c_char_p), len(control))
libc.recvmsg(server.fileno(), ctypes.byref(message), 0)
print("descriptors received:", len(os.listdir("/proc/self/fd")) - before)
END
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/numbers.py"
	assert_output - <<'END'
the server's answer comes from port 5001
the server's answer comes from port 5001
a client's datagram is from ::1 True
and the answer True
a socket of the program's own sees ::1 True
and that with little room for it: True
descriptors received: 2
END
}

# A widened socket has the library's filter (shim/socket/spoof_filter.h).
@test "a program finds no filter that it has not attached, also after its socket is narrowed" {
	need python3
	cat >"$BATS_TEST_TMPDIR/filter.py" <<'END'
import ctypes, socket

SO_DONTROUTE, SO_GET_FILTER, SO_DETACH_FILTER = 5, 26, 27
libc = ctypes.CDLL(None, use_errno=True)

def look(s):
    steps = ctypes.c_uint(0)
    libc.getsockopt(s.fileno(), socket.SOL_SOCKET, SO_GET_FILTER, None, ctypes.byref(steps))
    try:
        s.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
        print(steps.value, "detached")
    except OSError as e:
        print(steps.value, e)

s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("", 5001))
look(s)
s.setsockopt(socket.SOL_SOCKET, SO_DONTROUTE, 1)
look(s)
END
	run -0 on_server python3 "$BATS_TEST_TMPDIR/filter.py"
	plain=$output
	run -0 --separate-stderr on_server "$run" --log=info -- python3 "$BATS_TEST_TMPDIR/filter.py"
	assert_equal "$output" "$plain"
	assert_regex "$stderr" 'widened to .*narrowed to IPv4'
}

@test "IP_RECVERR: the errors of both families are told as ICMP" {
	run -0 on_server "$run" -- "$programs/udp_error" 127.0.0.1
	assert_output 'refused: origin 2 type 3 code 3 offender 127.0.0.1 family 2, errno ECONNREFUSED'
	run -0 on_server "$programs/udp_error" 127.0.0.1
	assert_output 'refused: origin 2 type 3 code 3 offender 127.0.0.1 family 2, errno ECONNREFUSED'
	run -0 on_server "$run" -- "$programs/udp_error" peer
	assert_output --regexp "^refused: origin 2 type 3 code 3 offender $synthetic family 2, errno ECONNREFUSED\$"
}

@test "falls back: IPv6 forbidden" {
	need_filters
	run -0 on_server "$programs/deny" socket,0=10:EAFNOSUPPORT -- "$run" -- "$programs/steps" a=udp4 \
		a.bind:0.0.0.0/5000 tell:127.0.0.1/5000 'sh:ss -Hlun'
	assert_line 'tell:127.0.0.1/5000 got by a, family 2, 127.0.0.1'
	assert_line --regexp '0\.0\.0\.0:5000 '
}

@test "falls back: the port taken in IPv6, a multicast receiver" {
	# With SO_REUSEADDR both could bind, and one would take the other's datagrams.
	for option in '' reuseaddr; do
		start other "$programs/steps" a=udp6 a.v6only ${option:+a.$option} a.bind:::/5001 hold
		wait_until bound 5001
		run -0 on_server "$run" -- "$programs/steps" a=udp4 ${option:+a.$option} a.bind:0.0.0.0/5001 tell:127.0.0.1/5001 \
			tell:::1/5001
		assert_line 'a.bind:0.0.0.0/5001 ok'
		assert_line 'tell:127.0.0.1/5001 got by a, family 2, 127.0.0.1'
		assert_line 'tell:::1/5001 nobody here'
		stop "$started"
	done
	ip -n "$server" route add 224.0.0.0/4 dev veth0
	run -0 on_server "$run" -- "$programs/steps" a=udp4 a.join:224.1.1.1 a.bind:0.0.0.0/5002 'sh:ss -Hlun'
	assert_line --regexp '0\.0\.0\.0:5002 '
}

@test "multicast and broadcast still arrive at a widened socket" {
	ip -n "$server" route add 224.0.0.0/4 dev veth0
	run -0 on_server "$run" -- "$programs/steps" a=udp4 a.bind:0.0.0.0/5000 a.join:224.1.1.1 a.domain 'sh:ss -Hlun' \
		tell:224.1.1.1/5000 tell:192.0.2.255/5000
	assert_line --regexp '\*:5000 '
	assert_line --regexp '^tell:224.1.1.1/5000 got by a, family 2, '
	assert_line --regexp '^tell:192.0.2.255/5000 got by a, family 2, '
}

# Linux gives an AF_INET socket what comes to a group that anybody on the host has joined (IP_MULTICAST_ALL).
@test "what goes to IPv4 groups of others reaches a server as before" {
	need python3
	cat >"$BATS_TEST_TMPDIR/groups.py" <<-'END'
		import socket
		server, other, sender = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3))
		server.bind(("", 5000))
		server.settimeout(5)
		here = socket.inet_aton("127.0.0.1")
		other.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.1.2.3") + here)
		sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
		sender.sendto(b"x", ("239.1.2.3", 5000))
		print(server.recv(9).decode())
	END
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		run -0 on_server $prefix python3 "$BATS_TEST_TMPDIR/groups.py"
		assert_output x
	done
}

# Linux gives a socket what comes to a group that anybody on the host has joined, unless told otherwise (IPV6_MULTICAST_ALL).
@test "what goes to IPv6 groups of others does not reach a server or a client" {
	need python3
	cat >"$BATS_TEST_TMPDIR/groups.py" <<-'END'
		import socket, struct
		interface = socket.if_nametoindex("veth0")
		server, client, far, other = (socket.socket(f, socket.SOCK_DGRAM)
		                              for f in (socket.AF_INET, socket.AF_INET, socket.AF_INET6, socket.AF_INET6))
		server.bind(("", 5000))
		client.bind(("", 0))
		for s in server, client, far:
		    s.settimeout(5)
		far.sendto(b"x", ("::1", 5000))
		client.sendto(b"y", server.recvfrom(9)[1])
		far.recv(9)
		other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, "ff02::42") + struct.pack("=I", interface))
		other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, interface)
		for s in server, client:
		    for group in "ff02::42", "ff02::1":
		        other.sendto(group.encode(), (group, s.getsockname()[1]))
		    other.sendto(b"to itself", ("::1", s.getsockname()[1]))
		    print(s.recv(99).decode())
	END
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/groups.py"
	assert_output $'to itself\nto itself'
}

@test "a flood from a /64: memory stays constant, regular peers are served, nobody gets another's answer" {
	ip -n "$client" -6 route add local 2001:db8:1:ffff::/64 dev lo
	ip -n "$server" -6 route add 2001:db8:1:ffff::/64 via $client6
	serve plain
	on_client "$programs/udp_ask" $server6 5000 warm-up
	# Memory in KiB that is not of files.
	dirty() { awk '/^Anonymous/ { sum += $2 } END { print sum }' "/proc/$pid/smaps_rollup"; }
	pid=$(on_server ss -Hlunp 'sport = :5000' | grep -o 'pid=[0-9]*' | cut -d= -f2)
	before=$(dirty)
	run -0 on_client "$programs/udp_flood" $server6 5000 2001:db8:1:ffff:: "${FLOOD:-1000000}"
	assert_line "regular: every answer right"
	assert_line 'flood: no answer to anybody else'
	# The tables are full now, of peers and of what they asked: 128 and 64 KiB, and nothing beyond.
	assert [ $(($(dirty) - before)) -le 204 ]
	full=$(dirty)
	run -0 on_client "$programs/udp_flood" $server6 5000 2001:db8:1:ffff:8000:: 100000
	assert [ $(($(dirty) - full)) -le 8 ]
	run -0 on_client "$programs/udp_ask" $server6 5000 still-there
	assert_output --partial "ntop $client6"
}

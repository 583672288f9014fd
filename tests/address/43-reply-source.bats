# Where a UDP server's answers leave from that never heard of IP_PKTINFO: the address that was asked. Clients have connected
# their sockets, and take no answer from elsewhere.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	need python3
	hosts_up
	more_addresses
	ip -n "$server" addr add 2001:db8:1::11/64 dev veth0 nodad
	link_local=$(ip -n "$server" -6 -o addr show dev veth0 scope link | awk '{ sub("/.*", "", $4); print $4 }')
	# Of each style of receiving and sending: takes datagrams and answers each; those that say "late", of which there are 96,
	# after all others.
	cat >"$BATS_TEST_TMPDIR/server.py" <<-'END'
		import ctypes, os, socket, struct, sys
		libc = ctypes.CDLL(None, use_errno=True)
		MSG_ERRQUEUE, MSG_CTRUNC = 0x2000, 8
		receive, send = sys.argv[1:3]
		s = socket.socket(socket.AF_INET6 if sys.argv[3:] else socket.AF_INET, socket.SOCK_DGRAM)
		if sys.argv[3:]:
		    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
		s.bind((*sys.argv[3:], "0.0.0.0")[:1] + (5000,))
		class Vector(ctypes.Structure):
		    _fields_ = [("base", ctypes.c_char_p), ("size", ctypes.c_size_t)]
		class Message(ctypes.Structure):
		    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint), ("iov", ctypes.POINTER(Vector)), ("iovlen", ctypes.c_size_t),
		                ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t), ("flags", ctypes.c_int)]
		class Several(ctypes.Structure):
		    _fields_ = [("message", Message), ("size", ctypes.c_uint)]
		def sockaddr(name):
		    return struct.pack("=HH4s8x", socket.AF_INET, socket.htons(name[1]), socket.inet_aton(name[0]))
		def several(data, name):
		    data, name = ctypes.create_string_buffer(data), ctypes.create_string_buffer(name, 16)
		    vector = Vector(ctypes.cast(data, ctypes.c_char_p), len(data) - 1)
		    return Several(Message(ctypes.cast(name, ctypes.c_void_p), 16, ctypes.pointer(vector), 1)), data, name, vector
		def take():
		    if receive == "recvfrom":
		        return s.recvfrom(100)
		    if receive == "recvmsg":
		        data, control, flags, name = s.recvmsg(100, 500)
		        assert not control and not flags, (control, flags)
		        return data, name
		    if receive == "bare": # no room for control messages, which are not cut either
		        data, control, flags, name = s.recvmsg(100, 0)
		        assert not control and not flags, (control, flags)
		        return data, name
		    m, data, name, _ = several(bytes(100), bytes(16))
		    assert libc.recvmmsg(s.fileno(), ctypes.byref(m), 1, 0, None) == 1 and not m.message.flags
		    port, address = struct.unpack("=2xH4s8x", name.raw)
		    return data.raw[:m.size], (socket.inet_ntoa(address), socket.ntohs(port))
		def answer(data, name):
		    if send == "sendto":
		        s.sendto(data, name)
		    elif send == "sendmsg":
		        s.sendmsg([data], [], 0, name)
		    elif send == "control":
		        s.sendmsg([data], [(socket.IPPROTO_IP, socket.IP_TTL, struct.pack("i", 33))], 0, name)
		    else:
		        m, *kept = several(data, sockaddr(name))
		        assert libc.sendmmsg(s.fileno(), ctypes.byref(m), 1, 0) == 1
		late = []
		print("serving", flush=True)
		while len(late) < 96:
		    data, name = take()
		    if data.startswith(b"late"):
		        late.append((data, name))
		    else:
		        answer(data, name)
		for l in late:
		    answer(*l)
	END
	# From one port, at each address, in turn and all at once.
	cat >"$BATS_TEST_TMPDIR/ask.py" <<-'END'
		import socket, sys
		def client(address, port=0):
		    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
		    s.bind(("", port))
		    s.connect(socket.getaddrinfo(address, 5000)[0][4])
		    s.settimeout(9)
		    return s
		def heard(s, text):
		    return s.recv(100) == text
		addresses = sys.argv[1:]
		for address in addresses:
		    s = client(address)
		    for text in b"one", b"two":
		        s.send(text)
		        assert heard(s, text), address
		# The same peer, another address: the latest counts.
		for family in True, False:
		    own = [a for a in addresses if (":" in a) == family]
		    port = 0
		    for address in own + own[:1]:
		        s = client(address, port)
		        port = s.getsockname()[1]
		        s.send(b"moved")
		        assert heard(s, b"moved"), address
		        s.close()
		late = [(client(a), ("late %s %d" % (a, i)).encode()) for i in range(16) for a in addresses]
		for s, text in late:
		    s.send(text)
		print(sum(heard(s, text) for s, text in late), "heard", flush=True)
	END
}
teardown() { hosts_down; }

@test "answers leave from the address that was asked, however a server receives and sends" {
	for style in "recvfrom sendto" "recvmsg sendmsg" "bare sendmmsg" "recvmmsg control" "recvfrom sendto ::ffff:0.0.0.0" \
		"recvfrom sendmsg ::ffff:0.0.0.0"; do
		# shellcheck disable=SC2086 # words
		start server "$run" -- python3 "$BATS_TEST_TMPDIR/server.py" $style
		wait_until grep -q serving "$BATS_TEST_TMPDIR/server.log"
		run -0 on_client python3 "$BATS_TEST_TMPDIR/ask.py" 2001:db8:1::11 $server6 $server4 $other4 $secondary4 "$link_local%veth0"
		assert_output '96 heard'
		wait_until eval "! kill -0 $started"
		run -0 log_of server
		assert_output serving
	done
}

@test "real servers, each asked by many connected clients at once, at each address" {
	local dir=$BATS_TEST_TMPDIR quake=/usr/lib/ioquake3 name port question answer command
	# Debian 13 has minetest's game devtest in another place.
	export HOME=$dir QT_QPA_PLATFORM=offscreen MINETEST_GAME_PATH=/usr/share/luanti/autopkgtest/games
	printf '%s\n' log_stderror=yes children=1 disable_tcp=yes auto_aliases=no listen=udp:0.0.0.0:5001 'loadmodule "sl.so"' \
		'request_route { sl_send_reply("200", "OK"); exit; }' >"$dir/kamailio.cfg"
	printf 'connection: &a\n  accepter: udp,ipv4,0.0.0.0,5003\n  connector: stdio,/bin/cat\n  options:\n    max-connections: 99\n' >"$dir/ser2net.yaml"
	printf '%s\n' server: 'interface: 0.0.0.0' 'port: 5006' 'do-ip6: no' 'do-daemonize: no' 'username: ""' 'chroot: ""' 'pidfile: ""' \
		'use-syslog: no' "directory: $dir" 'access-control: 0.0.0.0/0 allow' 'local-data: "x. A 192.0.2.80"' >"$dir/unbound.conf"
	printf 'name = here\nport = 5009\nenable_ipv6 = false\nserver_announce = false\nnum_emerge_threads = 1\n' >"$dir/minetest.conf"
	printf '%s\n' "$(printf 'dualstack-test-hash!' | od -An -v -tx1 | tr -d ' \n')" >"$dir/white"
	mkdir "$dir/world"
	# Its package has no game data. A map and a configuration of our own do.
	need $quake/ioq3ded
	mkdir -p "$dir/game/maps"
	python3 "$BATS_TEST_DIRNAME/../lib/quake_map.py" "$dir/game/maps/empty.bsp"
	cp $quake/baseq3/qagame*.so "$dir/game"
	echo >"$dir/game/default.cfg"
	chmod 711 "$BATS_RUN_TMPDIR" "$dir"
	chmod 644 "$dir/white"
	cat >"$dir/ask.py" <<-'END'
		import socket, sys
		def sip(method, host, port):
		    here = ("[%s]:%d" if ":" in host else "%s:%d") % (host.split("%")[0], port)
		    return "\r\n".join((f"{method} sip:x@example.org SIP/2.0", f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{port}",
		        "From: <sip:a@b>;tag=1", "To: <sip:x@b>", f"Call-ID: {here}@b", f"CSeq: 1 {method}", f"Contact: <sip:a@{here}>",
		        "Max-Forwards: 9", "Content-Length: 0", "", "")).encode()
		sockets = []
		for row in open(sys.argv[1]):
		    name, port, at_once, question, answer = row.split("|")[:5]
		    for address in sys.argv[2:] * {"single": 1, "few": 2}.get(at_once, 6):
		        s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
		        s.settimeout(9)
		        s.connect(socket.getaddrinfo(address, int(port))[0][4])
		        sockets.append((name, address, s, answer))
		        s.send(sip(question, *s.getsockname()[:2]) if question.isupper() else bytes.fromhex(question))
		        if at_once == "one":
		            s.recv(2000, socket.MSG_PEEK)
		for name, address, s, answer in sockets:
		    try:
		        got = s.recv(2000)
		    except TimeoutError:
		        got = b"nothing"
		    assert got.hex().startswith(answer) or got.startswith(answer.encode()), (name, address, got)
		print(len(sockets), "answers")
	END
	# ser2net mixes up what many send at once, natively as well. Minetest from 5.10 on takes 30 new clients in a second;
	# ioq3ded answers 10 questions at once (SVC_RateLimit()).
	cat >"$dir/servers" <<-END
		kamailio|5001|all|OPTIONS|SIP/2.0 200 OK|-DD -E -f $dir/kamailio.cfg -P $dir/kamailio.pid
		sipp|5002|all|INVITE|SIP/2.0 180|-sn uas -i 0.0.0.0 -p 5002 -nostdin
		ser2net|5003|one|68656c6c6f|hello|-n -c $dir/ser2net.yaml
		socat|5004|all|68656c6c6f|hello|UDP4-RECVFROM:5004,fork EXEC:cat
		opentracker|5005|all|000004172710198000000000feedbeef|00000000feedbeef|-i 0.0.0.0 -P 5005 -d $dir -u nobody -w /white
		unbound|5006|all|beef0100000100000000000001780000010001|beef8|-d -c $dir/unbound.conf
		Jamulus|5007|all|0000e903000400000000006f60|0000|-s -n -p 5007
		/usr/games/openttd|5008|all|030000|030001|-D 0.0.0.0:5008 -c $dir/openttd.cfg
		/usr/games/minetestserver|5009|few|4f45740300000001|4f457403|--config $dir/minetest.conf --world $dir/world --gameid devtest
		$quake/ioq3ded|5021|single|ffffffff676574696e666f2078|ffffffff696e666f526573706f6e7365|+set com_basegame game +set fs_basepath $dir +set fs_homepath $dir +set net_enabled 1 +set net_port 5021 +set sv_pure 0 +set vm_game 0 +set bot_enable 0 +set dedicated 1 +map empty
	END
	while IFS='|' read -r name port _ _ _ command; do
		need "$name"
		# shellcheck disable=SC2086 # words
		start "${name##*/}" "$run" -- "$name" $command
	done <"$dir/servers"
	while IFS='|' read -r _ port _; do
		wait_until eval '[ -n "$(on_server ss -Hlun "sport = :$port")" ]'
	done <"$dir/servers"
	run on_client python3 "$dir/ask.py" "$dir/servers" $server4 $other4 $server6 2001:db8:1::11 "$link_local%veth0"
	assert_output "255 answers"
	run on_server python3 "$dir/ask.py" "$dir/servers" 127.0.0.1 ::1 $server4 $other4 $server6 2001:db8:1::11
	assert_output "306 answers"
}

# A server for each: iperf 2.1.8 breaks down after its first client, natively as well.
@test "iperf over UDP, at each address" {
	need iperf
	local address port=5010
	for address in $server4 $other4 $server6 2001:db8:1::11 "$link_local%veth0"; do
		case $address in *:*) set -- -V ;; *) set -- ;; esac
		port=$((port + 1))
		start iperf "$run" -- iperf -s -u -p $port
		wait_until eval '[ -n "$(on_server ss -Hlun "sport = :$port")" ]'
		run -0 on_client iperf "$@" -c "$address" -u -p $port -n 20K -b 50M
		assert_output --partial 'Server Report'
	done
}

# The one that it has received from, as iperf 2 does, or another one, as servers of DTLS and TFTP do.
@test "a server with a socket for each client, connected or not: answers leave from the address that was asked" {
	cat >"$BATS_TEST_TMPDIR/connecting.py" <<-'END'
		import socket, sys
		def bound(port):
		    s = socket.socket(socket.AF_INET6 if sys.argv[2:] else socket.AF_INET, socket.SOCK_DGRAM)
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		    if sys.argv[2:]:
		        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
		    s.bind((*sys.argv[2:], "0.0.0.0")[:1] + (port,))
		    return s
		style, kept, s = sys.argv[1], [], bound(5000)
		while True:
		    print("serving", flush=True)
		    if style == "same":
		        data, peer = s.recvfrom(100, socket.MSG_PEEK)
		        s.connect(peer)
		        s.send(s.recv(100))
		        answers, s = s, bound(5000)
		    else:
		        data, peer = s.recvfrom(100)
		        answers = bound(0 if style == "port" else 5000)
		        if style != "connected":
		            answers.sendto(data, peer)
		            answers.close() # would get further questions
		            continue
		        answers.connect(peer)
		        answers.send(data)
		    assert answers.getpeername() == peer
		    kept.append(answers)
	END
	cat >"$BATS_TEST_TMPDIR/ask.py" <<-'END'
		import socket, sys
		for address in sys.argv[2:]:
		    at = socket.getaddrinfo(address, 5000)[0][4]
		    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
		    s.settimeout(1)
		    if sys.argv[1] != "port":
		        s.connect(at)
		    for _ in range(9): # a question may reach the socket that the server closes
		        s.sendto(b"one", at) if sys.argv[1] == "port" else s.send(b"one")
		        try:
		            data, peer = s.recvfrom(100)
		            break
		        except TimeoutError:
		            data = peer = b""
		    print(address, data == b"one" and peer[::3] == at[::3])
	END
	local address style count=0
	start server "$run" -- python3 "$BATS_TEST_TMPDIR/connecting.py" same
	for address in $server4 $other4 $server6 2001:db8:1::11 $server6 "$link_local%veth0" $server4; do
		count=$((count + 1))
		wait_until eval '[ "$(grep -c serving "$BATS_TEST_TMPDIR/server.log")" = $count ]'
		run -0 on_client python3 "$BATS_TEST_TMPDIR/ask.py" same "$address"
		assert_output "$address True"
	done
	for style in connected another port "connected ::ffff:0.0.0.0"; do
		set -- $server6 2001:db8:1::11 $server6 "$link_local%veth0" $server4
		# A plain IPv4 socket sends as natively.
		[ $style = port ] || set -- $other4 "$@"
		kill "$started"
		wait_until eval "! kill -0 $started"
		# shellcheck disable=SC2086 # words
		start server "$run" -- python3 "$BATS_TEST_TMPDIR/connecting.py" $style
		wait_until grep -q serving "$BATS_TEST_TMPDIR/server.log"
		run -0 on_client python3 "$BATS_TEST_TMPDIR/ask.py" "${style%% *}" "$@"
		assert_output "$(printf '%s True\n' "$@")"
	done
}

@test "sendmmsg() of many answers, some with a control message, to peers of both families" {
	cat >"$BATS_TEST_TMPDIR/several.py" <<-'END'
		import ctypes, socket, struct
		libc = ctypes.CDLL(None, use_errno=True)
		class Vector(ctypes.Structure):
		    _fields_ = [("base", ctypes.c_char_p), ("size", ctypes.c_size_t)]
		class Several(ctypes.Structure):
		    _fields_ = [("name", ctypes.c_char_p), ("namelen", ctypes.c_uint), ("iov", ctypes.POINTER(Vector)), ("iovlen", ctypes.c_size_t),
		                ("control", ctypes.c_char_p), ("controllen", ctypes.c_size_t), ("flags", ctypes.c_long), ("size", ctypes.c_uint)]
		ttl = struct.pack("@Niii", socket.CMSG_LEN(4), socket.IPPROTO_IP, socket.IP_TTL, 33).ljust(socket.CMSG_SPACE(4), b"\0")
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("0.0.0.0", 5000))
		print("serving", flush=True)
		asked = [s.recvfrom(100) for i in range(20)]
		messages = (Several * 20)()
		for i, (data, peer) in enumerate(asked):
		    control = ttl if i % 5 == 4 else None
		    name = struct.pack("=HH4s8x", socket.AF_INET, socket.htons(peer[1]), socket.inet_aton(peer[0]))
		    messages[i] = Several(name, 16, ctypes.pointer(Vector(data, len(data))), 1, control, len(control or b""))
		print("sent", libc.sendmmsg(s.fileno(), messages, 20, 0), set(m.size for m in messages), flush=True)
	END
	start server "$run" -- python3 "$BATS_TEST_TMPDIR/several.py"
	wait_until grep -q serving "$BATS_TEST_TMPDIR/server.log"
	run -0 on_client python3 -c '
import socket, sys
clients = []
for i in range(20):
    address = sys.argv[1:][i % 4]
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((address, 5000))
    s.settimeout(9)
    s.send(b"%03d" % i)
    clients.append(s)
print(*[s.recv(9).decode() for s in clients])' $server4 2001:db8:1::11 $other4 $server6
	assert_output "$(seq -s ' ' -f %03g 0 19)"
	run -0 log_of server
	assert_line 'sent 20 {3}'
}

@test "asked at a broadcast address, the kernel chooses where the answer leaves from" {
	start server "$run" -- python3 "$BATS_TEST_TMPDIR/server.py" recvfrom sendto
	wait_until grep -q serving "$BATS_TEST_TMPDIR/server.log"
	run -0 on_client python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"veth0")
s.settimeout(9)
for address in sys.argv[1:]:
    s.sendto(b"x", (address, 5000))
    print(s.recvfrom(9)[1][0])' 192.0.2.255 255.255.255.255
	assert_output "$server4
$server4"
}

# The kernel has the last word: what is no address of this host any more can't be where an answer comes from.
@test "an address that is gone: the answer leaves from another" {
	cat >"$BATS_TEST_TMPDIR/gone.py" <<-'END'
		import socket, subprocess, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("0.0.0.0", 5000))
		print("serving", flush=True)
		data, name = s.recvfrom(100)
		subprocess.run(["ip", "addr", "del", sys.argv[1], "dev", "veth0"], check=True)
		print("sent", s.sendto(data, name), s.sendmsg([data], [], 0, name), flush=True)
	END
	local address
	for address in 2001:db8:1::11/64 $secondary4/24; do
		start server "$run" -- python3 "$BATS_TEST_TMPDIR/gone.py" $address
		wait_until grep -q serving "$BATS_TEST_TMPDIR/server.log"
		run -0 on_client python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(9)
s.sendto(b"x", (sys.argv[1], 5000))
print(*[s.recvfrom(9)[1][0] for _ in "12"])' ${address%/*}
		case $address in *:*) assert_output "$server6 $server6" ;; *) assert_output "$server4 $server4" ;; esac
		run -0 log_of server
		assert_line 'sent 1 1'
	done
}

@test "two sockets of one server, the same peer at two addresses: each answers from its own" {
	cat >"$BATS_TEST_TMPDIR/two.py" <<-'END'
		import os, socket
		def bound(port):
		    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    s.bind(("0.0.0.0", port))
		    return s
		one, two = bound(5000), bound(5001)
		print("serving", flush=True)
		first, second = one.recvfrom(9), two.recvfrom(9)
		one.sendto(*first)
		two.sendto(*second)
		# A third in the place of the first, which has the number that it had: the peer has asked the second last.
		number = one.fileno()
		one.close()
		three = bound(5002)
		assert three.fileno() == number
		three.sendto(*first)
	END
	start server "$run" -- python3 "$BATS_TEST_TMPDIR/two.py"
	wait_until grep -q serving "$BATS_TEST_TMPDIR/server.log"
	run -0 on_client python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("", 7000))
s.settimeout(9)
s.sendto(b"1", (sys.argv[1], 5000))
s.sendto(b"2", (sys.argv[2], 5001))
for _ in range(3): print(*s.recvfrom(9)[1][:2])' 2001:db8:1::11 $server6
	assert_line '2001:db8:1::11 5000'
	assert_line "$server6 5001"
	assert_line "$server6 5002"
}

@test "a server's socket on a number that was a plain one's, by dup2(), SCM_RIGHTS and bind(): its first answer, too" {
	cat >"$BATS_TEST_TMPDIR/numbers.py" <<-'END'
		import os, socket
		def made(address):
		    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    s.bind(address)
		    return s
		def copy(number):
		    os.dup2(server.fileno(), number)
		def hand_on(number):
		    os.close(number)
		    socket.send_fds(one, [b"x"], [server.fileno()])
		    assert socket.recv_fds(other, 9, 1)[1] == [number]
		def make(number):
		    os.close(number)
		    assert made(("0.0.0.0", 5001)).detach() == number
		one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
		server = made(("0.0.0.0", 5000))
		for become in copy, hand_on, make:
		    with made(("127.0.0.1", 0)) as s:
		        s.sendto(b"x", s.getsockname())
		        s.recvfrom(9)
		        become(s.fileno())
		        print("serving", flush=True)
		        s.sendto(*s.recvfrom(9))
	END
	start server "$run" -- python3 "$BATS_TEST_TMPDIR/numbers.py"
	local port count=0 other=2001:db8:1::11
	# Not the one that the kernel chooses.
	[[ "$(on_server ip -6 -o route get $client6)" != *"src $other "* ]] || other=$server6
	for port in 5000 5000 5001; do
		count=$((count + 1))
		wait_until eval '[ "$(grep -c serving "$BATS_TEST_TMPDIR/server.log")" = $count ]'
		run -0 on_client python3 -c 'import socket, sys; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.settimeout(9)
s.connect((sys.argv[1], int(sys.argv[2]))); s.send(b"x"); print(s.recv(9))' $other $port
		assert_output "b'x'"
	done
}

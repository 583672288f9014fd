# bats file_tags=beside
# The peer, or whoever answers for a name, is an attacker.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names

setup() {
	need python3
	hosts_up
}
teardown() { hosts_down; }

# hostile NAME ADDRESS...: gives the name these addresses.
hostile() {
	local name=$1 address
	shift
	for address; do echo "$address $name" >>"$BATS_TEST_TMPDIR/hosts"; done
}
reread() {
	kill -HUP "$(on_server ss -Hlunp 'sport = :53' | grep -o 'pid=[0-9]*' | head -n 1 | cut -d= -f2)"
	wait_until eval "on_client getent ahosts $1 | grep -q ."
}

# Public addresses: those for documentation are not public.
public4=9.9.9.9

# Private services on the client's host, and a public one on the server.
services() {
	ip -n "$server" addr add $public4/32 dev lo
	ip -n "$client" route add $public4 via $server4
	ip -n "$client" addr add 10.9.9.1/32 dev lo
	ip -n "$client" addr add fd00:9::1/128 dev lo nodad
	start public python3 "$root/tests/lib/where.py" 7000 $server4 $public4 $server6
	start public6 python3 "$root/tests/lib/where.py" 7003 $server6
	wait_port 7003
	wait_port 7000
	printf '127.0.0.1 localhost\n::1 localhost\n' >"/etc/netns/$client/hosts"
	local server=$client
	start private python3 "$root/tests/lib/where.py" 7000 127.0.0.1 ::1 10.9.9.1 fd00:9::1
	start private1 python3 "$root/tests/lib/where.py" 7001 127.0.0.1 ::1 10.9.9.1 fd00:9::1
	start only6 python3 "$root/tests/lib/where.py" 7002 ::1
	start all6 python3 "$root/tests/lib/where.py" 7003 ::1 fd00:9::1
	wait_port 7003
	wait_port 7002
	wait_port 7001
	wait_port 7000
}

fetch() { on_client "$run" -- python3 "$root/tests/lib/fetch.py" "$@"; }

@test "a name with a public IPv4 address never leads to a private or loopback IPv6 address" {
	names_up
	services
	near=(::1 ::ffff:127.0.0.1 ::127.0.0.1 :: fd00:9::1 ::ffff:10.9.9.1 64:ff9b::7f00:1 64:ff9b::a09:901 2002:7f00:1::1
		ff02::1 127.0.0.1 10.9.9.1 0.0.0.0)
	for n in "${!near[@]}"; do hostile "n$n.example" $public4 "${near[n]}"; done
	# With a default route, all of them have a route.
	ip -n "$client" -6 route add default via $server6
	reread n0.example
	mapfile -t names < <(printf 'n%d.example\n' "${!near[@]}")
	# The public service, and addresses of others only.
	run -0 fetch 7000 "${names[@]}"
	assert_equal "$(grep -cE ": (refused, )?reached $public4(, refused)?\$" <<<"$output")" ${#near[@]}
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
	# Programs are given an address in 240.0.0.0/4, which is private as well (RFC 6890). Those that don't
	# refuse that range let it in.
	assert_line 'six-private.example: reached fd00:9::1'
	assert_line '!six-loop.example: reached 127.0.0.1'
	# A program that trusts the name or number gets where it points.
	run -0 fetch 7002 '!six-loop.example' '!::1' '!localhost'
	assert_line '!six-loop.example: reached ::1'
	assert_line '!::1: reached ::1'
	assert_line '!localhost: reached ::1'
}

@test "addresses of equal reach are still tried in turn: a private network, the host itself" {
	names_up
	services
	hostile intranet.example 10.9.9.1 fd00:9::1
	hostile edge.example 10.9.9.1 $server6
	reread intranet.example
	# The program's own address is first, and the other one follows where it does not answer. Two names with one
	# IPv4 address would lead to what they have in common only: a program for each.
	fetched() {
		run -0 fetch "$1" "!$2"
		assert_output "!$2: reached $3"
	}
	fetched 7000 intranet.example 10.9.9.1
	fetched 7000 edge.example 10.9.9.1
	fetched 7000 localhost 127.0.0.1
	fetched 7003 intranet.example fd00:9::1
	fetched 7003 edge.example $server6
	fetched 7003 localhost ::1
	export DUALSTACK_PREFER=ipv6
	fetched 7000 intranet.example fd00:9::1
	fetched 7000 edge.example $server6
	fetched 7000 localhost 127.0.0.1
	unset DUALSTACK_PREFER
	# An AF_INET6 program, likewise.
	hostile six-first.example $server6 ::ffff:127.0.0.1
	reread six-first.example
	PORT=7001 run -0 on_client "$run" --log=info -- "$programs/lookups" 6 six-first.example
	assert_line 'connect: ECONNREFUSED'
	refute_output --partial ' 127.0.0.1:7001'
}

# A server with a peer looks up a name that an attacker controls.
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
	# A network that uses such addresses has hosts of its own there.
	assert_line 'other name: 240.9.9.9'
}

# Datagrams with forged sources: the server answers all, and logs their sources as it sees them.
@test "forged sources: none is shown as a trusted address, and no answer goes to this host itself" {
	cat >"$BATS_TEST_TMPDIR/server.py" <<-'END'
		import socket
		SO_DETACH_FILTER = 27
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("", 5000))
		try:
		    s.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
		except FileNotFoundError:
		    print("no filter to detach", flush=True)
		while True:
		    data, peer = s.recvfrom(100)
		    try:
		        s.sendto(b"answer", peer)
		        result = "sent"
		    except OSError as e:
		        result = type(e).__name__ + " %d" % e.errno
		    print("from", data.decode().strip(), "shown", peer[0], result, flush=True)
	END
	start server "$run" -- python3 "$BATS_TEST_TMPDIR/server.py"
	# What this host gets on port 9999.
	start victim "$programs/steps" a=udp6 a.bind:::/9999 a.got a.name hold
	wait_until eval 'on_server ss -Hlun "sport = :9999" | grep -q .'
	wait_until eval 'on_server ss -Hlun "sport = :5000" | grep -q .'
	ip -n "$server" -6 route add default via $client6
	ip -n "$server" route add default via 192.0.2.2
	run -0 on_client python3 "$root/tests/lib/forge.py" $server6,$server4 5000 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 \
		::10.0.0.1 64:ff9b::7f00:1 2002:7f00:1::1 :: ::1 fe80::7 127.0.0.1 0.0.0.0 240.0.0.0 240.3.3.3 $client6
	wait_until grep "from $client6" "$BATS_TEST_TMPDIR/server.log"
	wait_until grep 'from 240.3.3.3' "$BATS_TEST_TMPDIR/server.log"
	run -0 log_of server
	assert_line 'no filter to detach'
	# The kernel drops some itself, but not these.
	for source in ::127.0.0.1 ::10.0.0.1 64:ff9b::7f00:1 2002:7f00:1::1 fe80::7 240.3.3.3; do
		assert_line --partial "from $source shown 24"
	done
	refute_output --regexp ' shown [^2]'
	# As V4MAPPED, these would be IPv4 hosts, and :: would be this host.
	refute_output --regexp 'from (::ffff|:: )'
	# No peer is behind it.
	refute_line --partial 'shown 240.0.0.0'
	assert_line 'from 240.3.3.3 shown 240.3.3.3 sent'
	run -0 log_of victim
	refute_line --regexp '^a\.got [^E]'
}

# The client is the server's router, too, and gets the answers to whatever source it forges.
@test "forged sources over TCP, with a whole handshake: none is shown as a trusted address, or as none" {
	cat >"$BATS_TEST_TMPDIR/server.py" <<-'END'
		import socket, sys
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		s.bind(("", 5000))
		s.listen()
		libc = __import__("ctypes").CDLL(None)
		while True:
		    c, name = s.accept() if len(sys.argv) < 2 else (socket.socket(fileno=libc.accept(s.fileno(), None, None)), None)
		    peer = c.getpeername()
		    print("from", c.recv(99).decode(), "shown", peer[0], "" if name in (None, peer) else name, flush=True)
	END
	cat >"$BATS_TEST_TMPDIR/handshake.py" <<-'END'
		import select, socket, struct, sys, time
		def packed(address):
		    return socket.inet_pton(socket.AF_INET6, address)
		def checksum(data):
		    data += b"\0" * (len(data) % 2)
		    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
		    while total >> 16:
		        total = (total & 0xFFFF) + (total >> 16)
		    return ~total & 0xFFFF
		def segment(source, sequence, acknowledged, flags, data=b""):
		    tcp = struct.pack("!HHIIBBHHH", int(sys.argv[2]), 5000, sequence, acknowledged, 5 << 4, flags, 65535, 0, 0) + data
		    ends = packed(source) + packed(sys.argv[1])
		    tcp = tcp[:16] + struct.pack("!H", checksum(ends + struct.pack("!II", len(tcp), 6) + tcp)) + tcp[18:]
		    raw.sendto(struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) + ends + tcp, (sys.argv[1], 0))
		raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
		seen = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x86DD))
		seen.bind(("veth0", 0x86DD))
		for source in sys.argv[3:]:
		    segment(source, 1, 0, 2)
		    # Nothing comes from those that the kernel drops, but the last connections' ends do.
		    end = time.monotonic() + (0.3 if "ffff" in source or source == "::" else 9)
		    while select.select([seen], [], [], max(0, end - time.monotonic()))[0]:
		        packet = seen.recv(2000)
		        if packet[6] == 6 and packet[24:40] == packed(source) and packet[53] == 0x12:
		            segment(source, 2, struct.unpack("!I", packet[44:48])[0] + 1, 0x18, source.encode())
		            break
	END
	ip -n "$server" -6 route add default via $client6
	on_client nft 'add table ip6 t; add chain ip6 t out { type filter hook output priority 0; };
		add rule ip6 t out tcp sport 7777-7778 tcp flags rst drop'
	port=7777
	for unasked in '' unasked; do
		start server "$run" -- python3 "$BATS_TEST_TMPDIR/server.py" $unasked
		wait_port 5000
		run -0 on_client python3 "$BATS_TEST_TMPDIR/handshake.py" $server6 $((port++)) ::ffff:127.0.0.1 ::ffff:10.0.0.1 :: ::127.0.0.1 \
			64:ff9b::7f00:1 2002:7f00:1::1 $client6
		wait_until grep "from $client6" "$BATS_TEST_TMPDIR/server.log"
		run -0 log_of server
		for source in ::127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::1 $client6; do
			assert_line --regexp "^from $source shown 2[45]"
		done
		assert_equal "${#lines[@]}" 4
		stop "$started"
	done
}

# Some networks have hosts in 240.0.0.0/4, and anybody can forge such a source.
@test "an IPv4 host with an IPv6 peer's synthetic address is another peer, over UDP and TCP" {
	ip -n "$client" addr add 240.7.7.7/32 dev veth0
	ip -n "$server" route add 240.0.0.0/4 via 192.0.2.2
	# The protocols, and where the answer says how the server saw the client.
	cat >"$BATS_TEST_TMPDIR/twins.py" <<-'END'
		import socket, subprocess, sys
		kind = socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM
		server = {socket.AF_INET: sys.argv[2], socket.AF_INET6: sys.argv[3]}
		class Client:
		    def __init__(self, address, port=0):
		        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
		        self.at = address, port
		        self.socket = kind == socket.SOCK_DGRAM and self.open()
		    def open(self):
		        s = socket.socket(self.family, kind)
		        s.settimeout(9)
		        s.bind(self.at)
		        return s
		    def ask(self, text):
		        s = self.socket or self.open()
		        if kind == socket.SOCK_STREAM:
		            s.connect((server[self.family], 5000))
		            words = s.makefile().readline().split()
		            assert words[0] == "accept" and words[1] == words[3], words
		            return words[1]
		        s.sendto(text, (server[self.family], 5000))
		        words = s.recv(1000).decode().split()
		        assert words[0] == text.decode() and words[1] == "from", words
		        return words[2]
		six = Client(sys.argv[4])
		shown = six.ask(b"first")
		subprocess.run(["ip", "addr", "add", shown + "/32", "dev", "veth0"], check=True)
		four = Client(shown, six.socket.getsockname()[1] if six.socket else 0)
		other = Client("240.7.7.7")
		# Each gets its own answers, and looks the same each time.
		asked = [(c, c.ask(b"again%d" % i)) for i, c in enumerate([six, four, other] * 2)]
		assert [a for _, a in asked[:3]] == [a for _, a in asked[3:]], asked
		assert len({a for _, a in asked}) == 3, asked
		assert asked[0][1] == shown and asked[2][1] == "240.7.7.7", asked
	END
	for way in "udp udp_serve plain" "udp udp_serve pktinfo" "tcp serve blocking" "tcp serve threads"; do
		set -- $way
		start server "$run" -- "$programs/$2" "$3" 5000
		pid=$started
		wait_until eval 'on_server ss -Hltun "sport = :5000" | grep -q .'
		run -0 on_client python3 "$BATS_TEST_TMPDIR/twins.py" "$1" $server4 $server6 $client6
		stop "$pid"
	done
}

@test "what keeps forged sources out is not in a program's way" {
	run -0 on_server "$run" -- "$programs/steps" a=udp4 a.bind:0.0.0.0/5000 tell:127.0.0.1/5000 tell:::1/5000 \
		a.filter tell:127.0.0.1/5000 tell:::1/5000
	assert_line --regexp '^tell:::1/5000 got by a'
	assert_line 'a.filter ok'
	assert_line 'tell:::1/5000 ECONNREFUSED' || assert_line 'tell:::1/5000 nobody here'
	assert_equal "$(grep -c '^tell:127.0.0.1/5000 got by a' <<<"$output")" 2
}

# The client has a whole /64, 2001:db8:9:9::/64, and walks through it.
walk_up() {
	ip -n "$client" -6 route add local 2001:db8:9:9::/64 dev lo
	ip -n "$server" -6 route add 2001:db8:9:9::/64 via $client6
	# Else the kernel would answer.
	ip -n "$server" route add default via 192.0.2.2
}
# Memory in KiB that is not of files: on a tmpfs, these are dirty, too, and private while no other process has them.
dirty() { awk '/^Anonymous/ { sum += $2 } END { print sum }' "/proc/$1/smaps_rollup"; }

@test "a walk through a /64 over UDP: a late answer to a forgotten peer is an error, and reaches nobody else" {
	walk_up
	cat >"$BATS_TEST_TMPDIR/server.py" <<-'END'
		import socket
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("", 5000))
		peers, said = [], {"sent": 0}
		while True:
		    data, peer = s.recvfrom(100)
		    if data == b"late":
		        break
		    peers.append((data, peer))
		    s.sendto(data, peer)
		for data, peer in peers:
		    try:
		        s.sendto(data, peer)
		        said["sent"] += 1
		    except OSError as e:
		        said[e.errno] = said.get(e.errno, 0) + 1
		print(len(peers), "peers,", len(set(peers)), "shown:", *said.items(), flush=True)
	END
	start server "$run" -- python3 "$BATS_TEST_TMPDIR/server.py"
	wait_until eval 'on_server ss -Hlun "sport = :5000" | grep -q .'
	run -0 on_client python3 "$root/tests/lib/walk.py" udp $server6 5000 2001:db8:9:9:: 6000
	assert_output --regexp '^[6-9][0-9]{3} right, 0 wrong$|^1[0-9]{4} right, 0 wrong$'
	run -0 log_of server
	# 101 is ENETUNREACH.
	assert_output --regexp "^6000 peers, 6000 shown: \('sent', [0-9]+\) \(101, [0-9]+\)\$"
	assert [ "$(sed 's/.*(101, \([0-9]*\)).*/\1/' <<<"$output")" -ge $((6000 - 4096)) ]
}

@test "a walk through a /64 over TCP: memory stays constant, connections keep their address, connecting back reaches the peer" {
	walk_up
	cat >"$BATS_TEST_TMPDIR/server.py" <<-'END'
		import socket
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		s.bind(("", 5000))
		s.listen(1000)
		held, first = s.accept()
		changed = 0
		while True:
		    c, peer = s.accept()
		    line = c.recv(100)
		    changed += c.getpeername() != peer
		    if line.strip() == b"back":
		        back = socket.socket()
		        back.settimeout(9)
		        back.connect((peer[0], 5001))
		        c.sendall(back.recv(100))
		        back.close()
		    elif line.strip() == b"end":
		        changed += held.getpeername() != first
		        break
		    else:
		        c.sendall(line)
		    c.close()
		c.sendall(("changed %d\n" % changed).encode())
	END
	start server "$run" -- python3 "$BATS_TEST_TMPDIR/server.py"
	wait_port 5000
	pid=$(on_server ss -Hltnp 'sport = :5000' | grep -o 'pid=[0-9]*' | cut -d= -f2)
	on_client "$programs/steps" a=tcp6 a.connect:$server6/5000 hold >"$BATS_TEST_TMPDIR/held" 3>&- &
	wait_until grep 'connect.* ok' "$BATS_TEST_TMPDIR/held"
	run -0 on_client python3 "$root/tests/lib/walk.py" tcp $server6 5000 2001:db8:9:9:: 1000
	before=$(dirty "$pid")
	run -0 on_client python3 "$root/tests/lib/walk.py" tcp $server6 5000 2001:db8:9:9:1:: 5000
	assert_output '5000 right, 0 wrong'
	# The rest of a table of 128 KiB, and the allocator's variation.
	assert [ $(($(dirty "$pid") - before)) -le 160 ]
	run -0 on_client "$programs/ask" $server6/5000 end
	assert_output 'changed 0'
}

@test "peers that reset at every stage: a server sees the same as of IPv4 peers without the library" {
	resets() {
		local address=$1
		shift
		start server "$@" python3 "$root/tests/lib/resets.py" serve 5000
		wait_port 5000
		run -0 on_client python3 "$root/tests/lib/resets.py" reset "$address" 5000
		wait_until eval "! kill -0 $started"
		run -0 log_of server
	}
	resets $server4
	native=$output
	assert_equal "$(tail -n 2 <<<"$native")" $'send ECONNREFUSED\nsend 1'
	for address in $server4 $server6; do
		resets $address "$run" --
		assert_equal "$output" "$native"
	done
}

@test "servers that reset, or have no room, while a connect is in progress: the other address, or the error" {
	names_up
	# accept() and a reset at once on port 7100; nobody accepts on port 7200, and its backlog is full.
	cat >"$BATS_TEST_TMPDIR/server.py" <<-'END'
		import socket, struct, sys
		def listener(address, port, backlog):
		    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
		    s.bind((address, port))
		    s.listen(backlog)
		    return s
		resets, full = listener(sys.argv[1], 7100, 10), listener(sys.argv[1], 7200, 0)
		filler = []
		for _ in range(3):
		    c = socket.socket(full.family)
		    c.setblocking(False)
		    c.connect_ex((sys.argv[1], 7200))
		    filler.append(c)
		fine = listener(sys.argv[2], 7200, 10)
		other = listener(sys.argv[2], 7100, 10)
		ready = listener(sys.argv[2], 7300, 1)
		while True:
		    c, _ = resets.accept()
		    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		    c.close()
	END
	# The own address, IPv4, is first; the IPv6 one works.
	start server python3 "$BATS_TEST_TMPDIR/server.py" $server4 $server6
	wait_port 7300
	cat >"$BATS_TEST_TMPDIR/client.py" <<-'END'
		import errno, select, socket, sys
		address = socket.getaddrinfo("both.example", int(sys.argv[1]), socket.AF_INET, socket.SOCK_STREAM)[0][4]
		s = socket.socket()
		s.setblocking(False)
		s.connect_ex(address)
		select.select([], [s], [], 9)
		print("SO_ERROR", s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
		try:
		    print("peer", s.getpeername())
		except OSError as e:
		    print("peer", errno.errorcode[e.errno])
	END
	# The second address, the IPv6 one; nothing is left to wait for.
	run -0 on_client "$run" --log=info -- python3 "$BATS_TEST_TMPDIR/client.py" 7200
	assert_line 'SO_ERROR 0'
	assert_line --regexp "peer \('2[45][0-9]\..*', 7200\)"
	assert_output --partial "[$server6]:7200 connected"
	# A connection that was established and then reset is the program's, as with a single address.
	cat >>"$BATS_TEST_TMPDIR/client.py" <<-'END'
		select.select([s], [], [], 9)
		try:
		    print("recv", s.recv(9))
		except OSError as e:
		    print("recv", errno.errorcode[e.errno])
	END
	for i in {1..5}; do
		run -0 on_client "$run" -- python3 "$BATS_TEST_TMPDIR/client.py" 7100
		refute_line --regexp '^peer .2[45][0-9]\.'
		assert_line --regexp 'SO_ERROR 104|recv ECONNRESET'
	done
}

# An answer that is left empty (240.0.0.0 stands for no peer) is freed with its canonical name.
@test "names with nothing but a synthetic address take no memory" {
	mkdir -p "/etc/netns/$server"
	echo "240.0.0.0 peer.with.a.name.so.long.that.it.shows.example" >"/etc/netns/$server/hosts"
	cat >"$BATS_TEST_TMPDIR/lookups.py" <<-'END'
		import ctypes, socket
		class Heap(ctypes.Structure):
		    _fields_ = [(name, ctypes.c_size_t) for name in "arena free fast maps mapped max fastfree used unused top".split()]
		libc = ctypes.CDLL(None)
		libc.mallinfo2.restype = Heap
		def look(times):
		    for _ in range(times):
		        try:
		            socket.getaddrinfo("peer.with.a.name.so.long.that.it.shows.example", 80, socket.AF_INET, flags=socket.AI_CANONNAME)
		            return False
		        except socket.gaierror:
		            pass
		    return libc.mallinfo2().used
		before = look(100)
		after = look(1000)
		# A name has 64 bytes.
		print("grown" if after - before > 32000 else "constant", before > 0)
	END
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/lookups.py"
	assert_output 'constant True'
}

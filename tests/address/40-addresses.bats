# What an IPv4-only server sees, in the styles in which servers are written (tests/programs/serve.c): one
# process, a forked child, an executed one with a cleaned environment, one that is passed the connection over a
# Unix socket, threads, signal handlers.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() { hosts_up; }
teardown() { hosts_down; }

synthetic='24[0-7]\.[0-9]+\.[0-9]+\.[0-9]+'

# answer_to HOST ADDR PATTERN: the one line that the server answers.
answer_to() {
	run -0 ip netns exec "$1" "$programs/ask" "$2/5000"
	assert_output --regexp "^$3\$"
}

serves() {
	local style=$1 accept=${2:-}
	start serve "$run" -- "$programs/serve" "$style" 5000
	wait_port 5000
	# What accept() itself gave, in styles that ask it.
	local a4=127.0.0.1 a2=192.0.2.2 as=$synthetic
	[ -z "$accept" ] || a4=- a2=- as=-
	answer_to "$server" 127.0.0.1 "accept $a4 peer 127.0.0.1 length 16 local 127.0.0.1 domain 2 ntop 127.0.0.1 nameinfo 127.0.0.1"
	answer_to "$server" ::1 "accept $a4 peer 127.0.0.1 length 16 local 127.0.0.1 domain 2 ntop 127.0.0.1 nameinfo 127.0.0.1"
	answer_to "$client" $server4 "accept $a2 peer 192.0.2.2 length 16 local 192.0.2.1 domain 2 ntop 192.0.2.2 nameinfo 192.0.2.2"
	answer_to "$client" $server6 "accept $as peer $synthetic length 16 local $synthetic domain 2 ntop $client6 nameinfo $client6"
	# One peer has one address; another peer has another.
	first=$(on_client "$programs/ask" $server6/5000 | grep -oE "peer $synthetic")
	assert_equal "$(on_client "$programs/ask" $server6/5000 | grep -oE "peer $synthetic")" "$first"
	assert_not_equal "$(on_server "$programs/ask" $server6/5000 | grep -oE "peer $synthetic")" "$first"
}

@test "blocking" { serves blocking; }
@test "accept() without an address" { serves null null; }
@test "fork" { serves fork; }
@test "prefork" { serves prefork; }
@test "fork and exec with a cleaned environment" { serves exec null; }
@test "vfork and exec with a cleaned environment" { serves vfork null; }
@test "posix_spawn with a cleaned environment" { serves spawn null; }
@test "passed over a Unix socket" { serves pass null; }
@test "taken out of another process, by pidfd_getfd(2)" {
	cat >"$BATS_TEST_TMPDIR/take.py" <<-'END'
		import ctypes, os, socket
		libc, kinds = ctypes.CDLL(None), (socket.SOCK_STREAM, socket.SOCK_DGRAM)
		if not hasattr(libc, "pidfd_getfd"):
		    raise SystemExit("none")
		numbers, done = os.pipe(), os.pipe()
		owner = os.fork()
		if owner == 0:
		    sockets = [socket.socket(socket.AF_INET, kind) for kind in kinds]
		    for s in sockets:
		        s.bind(("0.0.0.0", 5000))
		    sockets[0].listen()
		    os.write(numbers[1], bytes(s.fileno() for s in sockets))
		    os.read(done[0], 1)
		    os._exit(0)
		process = os.pidfd_open(owner)
		stream, datagrams = (socket.socket(socket.AF_INET, kind, 0, libc.pidfd_getfd(process, number, 0))
		                     for kind, number in zip(kinds, os.read(numbers[0], 2)))
		for client in (socket.socket(socket.AF_INET6, kind) for kind in kinds):
		    client.connect(("2001:db8:1::1", 5000))
		    client.send(b"x")
		peers = stream.accept()[1][0], datagrams.recvfrom(9)[1][0]
		print(stream.getsockname(), peers[0] == peers[1], *peers)
		os.write(done[1], b"x")
	END
	run on_server "$run" -- python3 "$BATS_TEST_TMPDIR/take.py"
	[ "$output" != none ] || skip 'no pidfd_getfd() in this C library'
	assert_output --regexp "^\('0.0.0.0', 5000\) True $synthetic $synthetic\$"
}
@test "threads" { serves threads; }
@test "poll" { serves poll; }
@test "select" { serves select; }
@test "epoll" { serves epoll; }
@test "epoll, edge-triggered" { serves epoll-et; }
@test "signal handlers that accept" { serves signal; }

@test "an IPv4 connection is AF_INET for the kernel, too" {
	need strace
	run -0 on_server "$run" -- strace -f -e trace=getpeername -o "$BATS_TEST_TMPDIR/trace" \
		"$programs/steps" a=tcp4 a.bind:0.0.0.0/5000 a.listen "sh:$programs/ask 127.0.0.1/5000 & " b=accept:a b.peer
	assert_line --regexp 'b.peer family 2 length 16 127.0.0.1/'
	# The last is the program's own; the one before is made by accept(), which has to look.
	run -0 sh -c "grep getpeername '$BATS_TEST_TMPDIR/trace' | tail -n 1"
	assert_output --partial AF_INET,
	refute_output --partial AF_INET6
}

@test "accept's rules for short, long, missing and wrong buffers are the kernel's" {
	for address in 127.0.0.1 ::1; do
		start plain "$programs/buffers" 5000
		wait_port 5000
		on_server "$programs/flood" 127.0.0.1/5000 11
		wait_until grep -q '^done' "$BATS_TEST_TMPDIR/plain.log"
		start shim "$run" -- "$programs/buffers" 5001
		wait_port 5001
		on_server "$programs/flood" $address/5001 11
		wait_until grep -q '^done' "$BATS_TEST_TMPDIR/shim.log"
		assert_equal "$(log_of shim)" "$(log_of plain)"
		hosts_down
		hosts_up
	done
}

@test "names: gethostbyaddr, gethostbyaddr_r, getnameinfo" {
	# It does not fit into a buffer for IPv4 addresses.
	client6=2001:db8:1:0:1111:2222:3333:4444
	ip -n "$client" addr replace $client6/64 dev veth0 nodad
	ip -n "$client" addr del 2001:db8:1::2/64 dev veth0
	mkdir -p "/etc/netns/$server"
	echo "$client6 client.example.org alias.example.org" >"/etc/netns/$server/hosts"
	start names "$run" -- "$programs/names" 5000
	wait_port 5000
	run -0 on_client "$programs/ask" $server6/5000
	assert_line --regexp "^gethostbyaddr client.example.org family 2 length 4 $synthetic shown yes, 1 address"
	assert_line --regexp "^gethostbyaddr_r client.example.org family 2 length 4 $synthetic shown yes, 1 address"
	assert_line 'gethostbyaddr_r, 60 bytes: ERANGE'
	assert_line --regexp "^mapped gethostbyaddr client.example.org family 10 length 16 ::ffff:$synthetic shown yes, 1 address"
	assert_line --regexp "^mapped gethostbyaddr_r client.example.org family 10 length 16 ::ffff:$synthetic shown yes, 1 address"
	assert_line 'getnameinfo client.example.org'
	assert_line "getnameinfo numeric $client6"
	assert_line --regexp "^getnameinfo numeric, 16 bytes $synthetic\$"
	assert_line --regexp "^inet_ntop, 16 bytes $synthetic\$"
	assert_line "inet_ntop, 46 bytes $client6"
	assert_line --regexp "^inet_ntoa $synthetic\$"
}

@test "DUALSTACK_TEXT=ipv4: text is the synthetic address, also in child processes" {
	for style in blocking exec; do
		DUALSTACK_TEXT=ipv4 start serve "$run" -- "$programs/serve" $style 5000
		wait_port 5000
		run -0 on_client "$programs/ask" $server6/5000
		assert_output --regexp "ntop $synthetic nameinfo $synthetic\$"
		refute_output --partial "$client6"
		hosts_down
		hosts_up
	done
}

@test "in a cleaned environment, a program is preloaded only if it inherits a widened socket" {
	show='echo "preload [$LD_PRELOAD] key [$DUALSTACK_KEY]"'
	run -0 on_server "$run" -- env -i sh -c "$show"
	assert_output 'preload [] key []'
	run -0 on_server "$run" -- "$programs/steps" a=tcp4 a.bind:0.0.0.0/5000 "sh:exec env -i sh -c '$show'"
	assert_line --regexp "^preload \\[$build/libdualstack.so\\] key \\[[0-9a-f]{32}\\]\$"
	run -0 on_server "$run" -- "$programs/steps" a=tcp4 a.bind:127.0.0.1/5001 "sh:exec env -i sh -c '$show'"
	assert_line 'preload [] key []'
}

@test "interface requests, which only AF_INET sockets answer, are answered" {
	for type in tcp4 udp4; do
		run -0 on_server "$run" -- "$programs/steps" a=$type a.bind:0.0.0.0/5000 a.domain a.ifaddr:veth0
		assert_line 'a.domain 2'
		assert_line "a.ifaddr:veth0 $server4"
	done
}

@test "interface requests reach an alias, and no other namespace than that of the socket" {
	on_server ip addr add 192.0.2.33/32 dev veth0 label veth0:1
	run -0 on_server "$run" -- "$programs/steps" a=udp4 a.bind:0.0.0.0/5000 a.ifdown:veth0:1 a.ifaddr:veth0 a.ifaddr:veth0:1 \
		unshare a.ifaddr:lo
	assert_line 'a.ifdown:veth0:1 ok'
	assert_line "a.ifaddr:veth0 $server4"
	assert_line 'a.ifaddr:veth0:1 EADDRNOTAVAIL'
	assert_line 'a.ifaddr:lo ENOTTY'
	run -0 on_server ip -o link show up dev veth0
	assert_output
}

@test "SO_PEERNAME, which begins with the family; and connect(AF_UNSPEC) of a socket that is not connected" {
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		run -0 on_server $prefix "$programs/steps" a=udp4 a.reuseaddr a.bind:0.0.0.0/5000 a.get:socket:28 a.connect:127.0.0.1/7 \
			a.get:socket:28 a.disconnect b=udp4 b.reuseaddr b.bind:0.0.0.0/5000 tell:127.0.0.1/5000 a.disconnect \
			tell:127.0.0.1/5000
		assert_line "a.get:socket:28 $((0x07000000 + 2))"
		assert_equal "$(grep -c 'got by b' <<<"$output")" 2
		[ -z "$prefix" ] || assert_output "$plain"
		plain=$output
	done
}

@test "storm: threads accept from both families, and no address is wrong" {
	start storm "$run" -- "$programs/serve" threads 5000
	wait_port 5000
	on_client "$programs/flood" $server6/5000 3000 >"$BATS_TEST_TMPDIR/six" &
	six=$!
	on_client "$programs/flood" $server4/5000 3000 >"$BATS_TEST_TMPDIR/four"
	wait $six
	assert_equal "$(grep -c "ntop $client6" "$BATS_TEST_TMPDIR/six")" 3000
	assert_equal "$(grep -c "peer 192.0.2.2 .*ntop 192.0.2.2" "$BATS_TEST_TMPDIR/four")" 3000
}

@test "no datagram leaves for an address of the pool that was not given out here; an IPv4 host that has one is answered" {
	need nft
	on_server ip route add 240.0.0.0/4 dev veth0
	on_server nft 'table ip t { chain o { type filter hook output priority 0; ip daddr 240.0.0.0/5 counter; }; }'
	run -0 on_server "$run" -- "$programs/steps" a=udp4 a.bind:0.0.0.0/5000 a.to:243.1.2.3/9 a.connect:243.1.2.3/9 \
		b=udp4 b.to:243.1.2.3/9 b.connect:243.1.2.3/9
	assert_line 'a.to:243.1.2.3/9 ENETUNREACH'
	assert_line 'a.connect:243.1.2.3/9 ENETUNREACH'
	assert_line 'b.to:243.1.2.3/9 ENETUNREACH'
	run -0 on_server nft list table ip t
	assert_output --partial 'packets 0 '
	on_server ip addr add 243.1.2.3/32 dev lo
	run -0 on_server "$run" -- "$programs/steps" a=udp4 a.bind:0.0.0.0/5000 b=udp4 b.bind:243.1.2.3/5001 \
		b.to:127.0.0.1/5000 a.got a.to:243.1.2.3/5001 b.got
	assert_line 'a.got 243.1.2.3/5001'
	assert_line --regexp '^b.got '
}

@test "IP_PKTOPTIONS: an IPv6 connection does not look like one to this machine's loopback network" {
	cat >"$BATS_TEST_TMPDIR/server.py" <<-'END'
		import socket, struct
		header = struct.calcsize("Nii")  # struct cmsghdr
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		s.bind(("", 5000))
		s.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
		s.listen()
		print("listening", flush=True)
		for _ in range(2):
		    c, _ = s.accept()
		    for room in header + 12, 100:  # IP_PKTOPTIONS
		        told = c.getsockopt(socket.IPPROTO_IP, 9, room)[header + 4:header + 12]
		        print(told == 2 * socket.inet_aton(c.getsockname()[0]), flush=True)
	END
	second=::ffff:$server4
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		start server $prefix python3 "$BATS_TEST_TMPDIR/server.py"
		wait_port 5000
		on_client "$programs/steps" a=tcp4 a.connect:$server4/5000
		on_client "$programs/steps" a=tcp6 "a.connect:$second/5000"
		wait_until eval '[ "$(log_of server | grep -c True)" -eq 4 ]'
		stop "$started"
		second=$server6
	done
}

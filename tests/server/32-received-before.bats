# What a UDP socket has received before it is widened, marked or narrowed: nothing of it is shown as what it is not.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() { hosts_up; }
teardown() { hosts_down; }

forge() { on_client python3 "$root/tests/lib/forge.py" "$@"; }

# Otherwise a datagram that comes between the two stays in the queue.
@test "the spoof filter is there before the socket has a port, of a server and of a client" {
	need python3
	need strace
	cat >"$BATS_TEST_TMPDIR/both.py" <<-'END'
		import socket
		server, client = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2))
		server.bind(("", 5000))
		client.bind(("", 0))
		peer = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		peer.sendto(b"x", ("::1", 5000))
		_, who = server.recvfrom(10)
		client.sendto(b"y", who)
		print(peer.recvfrom(10)[1][:2] == ("::1", client.getsockname()[1]))
	END
	run -0 on_server "$run" -- strace -f -e trace=setsockopt,bind,dup3 -o "$BATS_TEST_TMPDIR/trace" \
		python3 "$BATS_TEST_TMPDIR/both.py"
	assert_output True
	# Of what takes the place of the program's sockets: whether it had a filter when it was bound.
	run -0 awk '{ fd = $2; gsub(/[^0-9]/, "", fd) }
		/SO_ATTACH_FILTER/ { filter[fd] = "filtered" }
		/ bind\(/ { bound[fd] = filter[fd]; filter[fd] = "" }
		/ dup3\(/ { fd = $2; gsub(/dup3\(|,/, "", fd); print bound[fd] }' "$BATS_TEST_TMPDIR/trace"
	assert_output $'filtered\nfiltered'
}

@test "peer = synthetic: spoofed datagrams that an activated socket has received before the start are dropped" {
	need python3
	# LISTEN_PID is the service's own, which only a shell that becomes it knows.
	cat >"$BATS_TEST_TMPDIR/manager.py" <<-'END'
		import os, socket, subprocess, sys
		s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		s.bind(("::", 5000))
		os.dup2(s.fileno(), 3)
		os.set_inheritable(3, True)
		print("bound", flush=True)
		sys.stdin.readline()
		os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()), DUALSTACK_PEER="synthetic")
		os.execvp(sys.argv[1], sys.argv[1:])
	END
	cat >"$BATS_TEST_TMPDIR/service.py" <<-'END'
		import ctypes, socket, struct
		libc = ctypes.CDLL(None)
		while True:
		    data, name = ctypes.create_string_buffer(99), ctypes.create_string_buffer(28)
		    if libc.recvfrom(3, data, 99, socket.MSG_DONTWAIT, name, ctypes.byref(ctypes.c_uint(28))) < 0:
		        break
		    family = struct.unpack_from("=H", name)[0]
		    print(data.value.decode().strip(), "shown as", family, socket.inet_ntoa(name[4:8]))
	END
	for first in "$client6 192.0.2.2" "::ffff:127.0.0.1 192.0.2.2 ::ffff:10.0.0.1 $client6 192.0.2.2"; do
		mkfifo "$BATS_TEST_TMPDIR/go"
		on_server python3 "$BATS_TEST_TMPDIR/manager.py" "$run" --log=info:"$BATS_TEST_TMPDIR/log" -- \
			python3 "$BATS_TEST_TMPDIR/service.py" >"$BATS_TEST_TMPDIR/seen" 2>&1 3>&- <"$BATS_TEST_TMPDIR/go" &
		service=$!
		exec 8>"$BATS_TEST_TMPDIR/go"
		wait_until grep -q bound "$BATS_TEST_TMPDIR/seen"
		# shellcheck disable=SC2086 # a list of addresses
		forge $server6,$server4 5000 $first
		echo >&8
		exec 8>&-
		wait "$service"
		run -0 cat "$BATS_TEST_TMPDIR/seen"
		assert_equal "${#lines[@]}" 3
		assert_line --index 1 --regexp "^$client6 shown as 2 2[45][0-9]\."
		assert_line --index 2 '192.0.2.2 shown as 2 192.0.2.2'
		rm "$BATS_TEST_TMPDIR/go"
	done
}

# The IPv4 receiver would read the source where IPv4 has it: the sender's network would choose it.
@test "narrowing: IPv6 datagrams that wait are dropped, IPv4 ones behind them stay, in their order" {
	need python3
	cat >"$BATS_TEST_TMPDIR/narrow.py" <<-'END'
		import socket, sys
		four, six = socket.socket(type=socket.SOCK_DGRAM), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		four.bind(("", 5000))
		for text, address in (c.split("@") for c in sys.argv[1:]):
		    family = socket.AF_INET6 if ":" in address else socket.AF_INET
		    socket.socket(family, socket.SOCK_DGRAM).sendto(text.encode(), (address, 5000))
		    four.recv(99, socket.MSG_PEEK)
		six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
		six.bind(("::", 5000))
		four.setblocking(False)
		try:
		    while True:
		        data, peer = four.recvfrom(99)
		        print(data.decode(), peer[0])
		except BlockingIOError:
		    print(four.getsockname()[0])
		socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"later", ("::1", 5000))
		print(six.recv(99).decode())
	END
	on_server ip -6 addr add 2001:db8:7f00:1::1/128 dev lo nodad
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/narrow.py" a@2001:db8:7f00:1::1 b@::1 c@127.0.0.1 @127.0.0.1 d@127.0.0.1
	assert_output $'c 127.0.0.1\n 127.0.0.1\nd 127.0.0.1\n0.0.0.0\nlater'
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/narrow.py" a@127.0.0.1 b@127.0.0.1
	assert_output $'a 127.0.0.1\nb 127.0.0.1\n0.0.0.0\nlater'
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/narrow.py" a@127.0.0.1 b@2001:db8:7f00:1::1 c@127.0.0.1
	assert_output $'c 127.0.0.1\n0.0.0.0\nlater'
	# The kernel passes over an empty datagram that the program has looked at.
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/narrow.py" @2001:db8:7f00:1::1 c@127.0.0.1
	assert_output $'c 127.0.0.1\n0.0.0.0\nlater'
}

@test "narrowing keeps memberships, the interface for multicast, the device, and what was received" {
	need python3
	cat >"$BATS_TEST_TMPDIR/groups.py" <<-'END'
		import socket, sys
		group, own, device = "239.255.42.42", "192.0.2.1", sys.argv[1].encode()
		def new(family):
		    s = socket.socket(family, socket.SOCK_DGRAM)
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		    s.setblocking(False)
		    return s
		four = new(socket.AF_INET)
		if device:
		    four.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
		four.bind(("", 5000))
		four.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
		four.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(own))
		sender = new(socket.AF_INET)
		sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
		sender.sendto(b"before", (group, 5000))
		six = new(socket.AF_INET6)
		six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
		six.bind(("::", 5000))
		sender.sendto(b"after", (group, 5000))
		# By another device: gets in only where there is none.
		sender.sendto(b"beside", ("127.0.0.1", 5000))
		try:
		    while True:
		        print(four.recv(99).decode())
		except BlockingIOError:
		    pass
		print(socket.inet_ntoa(four.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, 4)))
		print(four.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).rstrip(b"\0").decode(), four.getsockname())
	END
	for device in '' veth0; do
		run -0 on_server python3 "$BATS_TEST_TMPDIR/groups.py" "$device"
		native=$output
		assert_line before
		assert_line after
		run -0 --separate-stderr on_server "$run" --log=info -- python3 "$BATS_TEST_TMPDIR/groups.py" "$device"
		assert_output "$native"
		assert_regex "$stderr" 'narrowed to IPv4'
	done
}

@test "narrowing on a host without any IPv4 address" {
	run -0 unshare -n "$run" -- "$programs/steps" a=udp4 a.bind:0.0.0.0/5000 b=udp6 b.v6only b.bind:::/5000 a.name b.name
	assert_line 'b.bind:::/5000 ok'
	assert_line 'a.name family 2 length 16 0.0.0.0/5000'
}

# Sockets that are replaced or narrowed while another thread or process uses them (tests/programs/races.c).

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() { hosts_up; }
teardown() { hosts_down; }

@test "a thread that waits in accept() goes on waiting, on the new socket" {
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		run -0 on_server $prefix "$programs/races" accept
		assert_equal "$(sort <<<"$output")" $'accept: ok\nconnect: ok\nlisten on IPv6: ok'
		hosts_down
		hosts_up
	done
}

@test "a thread that waits in accept() has nothing of the next listener with the same number" {
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		run -0 on_server $prefix "$programs/races" stop
		assert_equal "$(sort <<<"$output" | uniq -c | sed 's/^ *//')" '10 accept: EINVAL'
	done
}

@test "a thread that waits in recvfrom() gets the answer that comes over IPv6" {
	run -0 on_server "$run" -- "$programs/races" receive
	assert_output $'sendto: 5\nrecvfrom: 6 length 16 from the peer: yes'
}

@test "a thread that waits in recvfrom() while another binds the socket gets what comes to its port" {
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		run -0 on_server timeout 10 $prefix "$programs/races" bind
		assert_equal "$(sort <<<"$output")" $'recvfrom: 5 length 16 from the peer: yes\nsend: 5'
	done
}

@test "two threads send first at the same time" {
	need strace
	run -0 on_server "$run" -- "$programs/races" send
	assert_output '0 sends failed, few rounds from two ports'
	# While one has the port to look if anybody has it.
	run -0 on_server "$run" -- strace -f -e trace=bind -e inject=bind:delay_exit=1000 -o /dev/null "$programs/races" send
	assert_output '0 sends failed, few rounds from two ports'
}

@test "a child that waits in recvfrom() keeps its socket when the parent narrows it" {
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		run -0 on_server $prefix "$programs/races" fork
		assert_output 'child: 1 length 16 family 2'
	done
}

@test "bind() and setsockopt() are no cancellation points where they narrow a socket" {
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		run -0 on_server $prefix "$programs/races" cancel
		assert_output $'bind: returned\nsetsockopt: returned'
	done
}

@test "a sandbox that forbids getsockopt() after the socket is widened" {
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		run -0 on_server $prefix "$programs/races" sandbox
		assert_output 'from 127.0.0.1 family 2 length 16, answered: 1'
	done
}

# The mark of a stream is an option of IPv6, that of a datagram socket is not.
@test "a sandbox that forbids getsockopt() of IPv6 options, before the socket is bound and after" {
	local steps=(a=tcp4 a.bind:0.0.0.0/5002 a.listen who:127.0.0.1/5002 a.name b=udp4 b.bind:0.0.0.0/5001 tell:127.0.0.1/5001)
	run -0 on_server "$programs/deny" getsockopt,1=41:EPERM -- "$run" -- "$programs/steps" "${steps[@]}"
	assert_line 'who:127.0.0.1/5002 accepted by a, family 2, 127.0.0.1'
	assert_line 'a.name family 2 length 16 0.0.0.0/5002'
	assert_line 'tell:127.0.0.1/5001 got by b, family 2, 127.0.0.1'
	run -0 on_server "$run" -- "$programs/races" sandbox-in6
	assert_output 'from 127.0.0.1 family 2 length 16'
}

@test "a thread that waits in any call that receives goes on waiting, and gets the answer" {
	need python3
	cat >"$BATS_TEST_TMPDIR/waits.py" <<-'END'
		import ctypes as c, os, socket, sys, threading, time
		libc = c.CDLL(None)

		class Piece(c.Structure):
		    _fields_ = [("at", c.c_void_p), ("size", c.c_size_t)]
		class Message(c.Structure):
		    _fields_ = [("name", c.c_void_p), ("namelen", c.c_uint), ("iov", c.POINTER(Piece)), ("iovlen", c.c_size_t),
		                ("control", c.c_void_p), ("controllen", c.c_size_t), ("flags", c.c_int)]
		class Several(c.Structure):
		    _fields_ = [("message", Message), ("size", c.c_uint)]

		data, name = c.create_string_buffer(99), c.create_string_buffer(16)
		piece = Piece(c.addressof(data), 99)
		def message(named):
		    return Message(c.addressof(name) if named else None, 16 if named else 0, c.pointer(piece), 1, None, 0, 0)
		def recvmmsg(fd, named):
		    several = (Several * 3)(*(Several(message(named)) for _ in range(3)))
		    got = libc.recvmmsg(fd, several, 3, socket.MSG_WAITALL | 0x10000, None)  # MSG_WAITFORONE
		    return several[0].size if got == 1 else (got, "messages")
		calls = {
		    "recv": lambda fd: libc.recv(fd, data, 99, 0),
		    "__recv_chk": lambda fd: libc.__recv_chk(fd, data, c.c_size_t(99), c.c_size_t(99), 0),
		    "read": lambda fd: libc.read(fd, data, 99),
		    "__read_chk": lambda fd: libc.__read_chk(fd, data, c.c_size_t(99), c.c_size_t(99)),
		    "readv": lambda fd: libc.readv(fd, c.pointer(piece), 1),
		    "recvfrom": lambda fd: libc.recvfrom(fd, data, 99, 0, None, None),
		    "recvfrom, named": lambda fd: libc.recvfrom(fd, data, 99, 0, name, c.byref(c.c_uint(16))),
		    "recvmsg": lambda fd: libc.recvmsg(fd, c.byref(message(False)), 0),
		    "recvmsg, named": lambda fd: libc.recvmsg(fd, c.byref(message(True)), 0),
		    "recvmmsg": lambda fd: recvmmsg(fd, False),
		    "recvmmsg, named": lambda fd: recvmmsg(fd, True),
		}

		# Asleep, and not for want of the interpreter, which this thread has.
		def waits(thread):
		    return open("/proc/self/task/%d/syscall" % thread.native_id).read().split()[0] in receiving
		receiving = set(sys.argv[1:])

		server, far = socket.socket(type=socket.SOCK_DGRAM), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		server.bind(("", 5000))
		far.settimeout(10)
		far.sendto(b"x", ("::1", 5000))
		_, peer = server.recvfrom(9)
		for call, receive in calls.items():
		    s = socket.socket(type=socket.SOCK_DGRAM)
		    s.bind(("", 0))
		    libc.setsockopt(s.fileno(), socket.SOL_SOCKET, socket.SO_RCVTIMEO, (c.c_long * 2)(10, 0), 16)
		    got = []
		    # An empty datagram is one, before and after.
		    socket.socket(type=socket.SOCK_DGRAM).sendto(b"", ("127.0.0.1", s.getsockname()[1]))
		    got.append(receive(s.fileno()))
		    thread = threading.Thread(target=lambda: got.append(receive(s.fileno())))
		    thread.start()
		    while not waits(thread):
		        time.sleep(0.001)
		    s.sendto(b"question", peer)
		    far.sendto(b"answer", far.recvfrom(99)[1])
		    thread.join()
		    far.sendto(b"", ("::1", s.getsockname()[1]))
		    got.append(receive(s.fileno()))
		    print(call, *got)

		# Other sockets are widened meanwhile, more than the library remembers: an empty datagram is one.
		got = []
		thread = threading.Thread(target=lambda: got.append(libc.recv(server.fileno(), data, 99, 0)))
		thread.start()
		while not waits(thread):
		    time.sleep(0.001)
		for _ in range(300):
		    with socket.socket(type=socket.SOCK_DGRAM) as other:
		        other.bind(("", 0))
		        other.sendto(b"question", peer)
		far.sendto(b"", ("::1", 5000))
		thread.join(10)
		print("an empty datagram:", *got, flush=True)
		os._exit(0)
	END
	numbers=$(call_numbers SYS_read SYS_readv SYS_recvfrom SYS_recvmsg SYS_recvmmsg SYS_recvmmsg_time64 SYS_socketcall)
	# shellcheck disable=SC2086 # a list
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/waits.py" $numbers
	[ "$(grep -cE ' 0 6 0$' <<<"$output")" = 11 ] || fail "$output"
	assert_line 'an empty datagram: 0'
}

# Firefox's sandbox reports each getsockopt() of its web processes.
@test "a sandbox without getsockopt() is asked once" {
	need strace
	run -0 "$run" -- strace -f -e trace=getsockopt -o "$BATS_TEST_TMPDIR/trace" "$programs/deny" getsockopt:38 -- perl -MSocket -e '
		socket(my $socket, AF_INET, SOCK_DGRAM, 0) or die;
		for (1 .. 10) {
			open(my $copy, "+<&", $socket) or die;
			send($copy, "x", 0, pack_sockaddr_in(9, INADDR_LOOPBACK));
		}'
	run -0 grep -c 'getsockopt([0-9]' "$BATS_TEST_TMPDIR/trace"
	assert_output 1
}

@test "bind(), listen() and recvmmsg() do with a signal handler's small stack" {
	for call in recvmmsg bind listen; do
		run -0 on_server "$programs/handler_stack" $call
		plain=$output
		run -0 on_server "$run" -- "$programs/handler_stack" $call
		assert_output "$plain"
	done
}

# bats file_tags=beside
# Answers that leave from the address that was asked (43-reply-source.bats) change nothing else: not what other sockets of the
# process send and receive, nor whether the program can answer at all.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	need python3
	hosts_up
	more_addresses
	cat >"$BATS_TEST_TMPDIR/common.py" <<-'END'
		import ctypes, os, socket, struct
		libc = ctypes.CDLL(None, use_errno=True)
		def bound(port, address="0.0.0.0"):
		    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    s.bind((address, port))
		    return s
		def sockaddr(name):
		    return struct.pack("=HH4s8x", socket.AF_INET, socket.htons(name[1]), socket.inet_aton(name[0]))
		class Vector(ctypes.Structure):
		    _fields_ = [("base", ctypes.c_char_p), ("size", ctypes.c_size_t)]
		class Several(ctypes.Structure):
		    _fields_ = [("name", ctypes.c_char_p), ("namelen", ctypes.c_uint), ("iov", ctypes.POINTER(Vector)), ("iovlen", ctypes.c_size_t),
		                ("control", ctypes.c_char_p), ("controllen", ctypes.c_size_t), ("flags", ctypes.c_long), ("size", ctypes.c_uint)]
		def several(messages):
		    return (Several * len(messages))(*[Several(sockaddr(name), 16, ctypes.pointer(Vector(data, len(data))), 1) for data, name in messages])
	END
}
teardown() { hosts_down; }

# serve NAME [OPTION...]: a program from standard input, with the above, under the library.
serve() {
	local name=$1
	shift
	cat "$BATS_TEST_TMPDIR/common.py" - >"$BATS_TEST_TMPDIR/$name.py"
	start "$name" "$run" -- python3 "$BATS_TEST_TMPDIR/$name.py" "$@"
	wait_until grep -q serving "$BATS_TEST_TMPDIR/$name.log"
}

# asks ADDRESS N: asks port 5000 at ADDRESS, and prints where N answers come from.
asks() {
	on_client python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(9)
s.sendto(b"x", (sys.argv[1], 5000))
for _ in range(int(sys.argv[2])): print(*s.recvfrom(9)[1])' "$1" "$2"
}

@test "the program's own IPv6 socket, which sends to the same peer by its IPv4 address, keeps its own address" {
	serve server <<-'END'
		server, own = bound(5000), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		own.bind(("::ffff:192.0.2.1", 5001))
		print("serving", flush=True)
		data, peer = server.recvfrom(9)
		server.sendto(data, peer)
		assert libc.sendto(own.fileno(), b"x", 1, 0, sockaddr(peer), 16) == 1
		# And where it has the number that the server's had.
		number = server.fileno()
		server.close()
		assert os.dup(own.fileno()) == number
		assert libc.sendto(number, b"x", 1, 0, sockaddr(peer), 16) == 1
	END
	run -0 asks $other4 3
	assert_output "$other4 5000
$server4 5001
$server4 5001"
}

# close() of a file would give up the process's locks on it (fcntl(2)).
@test "recvfrom() of a Unix socket drops descriptors without opening them, as natively" {
	serve server <<-'END'
		import fcntl, sys
		sys.stdout.reconfigure(line_buffering=True)
		name = os.environ["BATS_TEST_TMPDIR"] + "/locked"
		server = bound(5000)
		def check(receiver, sender):
		    locked = open(name, "w")
		    fcntl.lockf(locked, fcntl.LOCK_EX)
		    other, before = os.open(name, os.O_RDONLY), os.listdir("/proc/self/fd")
		    socket.send_fds(sender, [b"x"], [other])
		    assert receiver.recvfrom(9)[0] == b"x" and os.listdir("/proc/self/fd") == before
		    child = os.fork()
		    if child == 0:
		        try:
		            fcntl.lockf(open(name, "w"), fcntl.LOCK_EX | fcntl.LOCK_NB)
		            print("lost")
		        except OSError:
		            print("kept")
		        os._exit(0)
		    os.waitpid(child, 0)
		    os.close(other)
		check(*socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
		# On the number of the server's socket, which has received.
		server.sendto(b"x", ("127.0.0.1", 5000))
		server.recvfrom(9)
		number = server.fileno()
		server.close()
		pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
		assert pair[0].fileno() == number
		check(*pair)
		print("serving")
	END
	run -0 log_of server
	assert_output 'kept
kept
serving'
}

@test "a rule forbids routes from the address that was asked: the kernel chooses, as natively" {
	local rule
	for rule in prohibit unreachable blackhole; do
		on_server ip rule add from $other4 $rule
		serve server <<-'END'
			s = bound(5000)
			print("serving", flush=True)
			data, peer = s.recvfrom(9)
			s.sendto(data, peer)
			s.sendmsg([data], [], 0, peer)
			assert libc.sendmmsg(s.fileno(), several([(data, peer)]), 1, 0) == 1
			s.connect(peer)
			s.send(data)
		END
		run -0 asks $other4 4
		assert_output "$(printf "$server4 5000\n%.0s" 1 2 3 4)"
		on_server ip rule del from $other4 $rule
		wait_until eval "! kill -0 $started"
	done
}

@test "connect() to a peer that asked where the kernel answers from: the kernel's call alone, so that no datagram is missed" {
	need strace
	printf '%s\n' 'import socket' 's = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)' 's.bind(("0.0.0.0", 5000))' \
		'print("serving", flush=True)' 's.connect(s.recvfrom(9)[1])' 's.send(b"x")' >"$BATS_TEST_TMPDIR/connecting.py"
	start server strace -f -e trace=connect,recvmsg -o "$BATS_TEST_TMPDIR/trace" "$run" -- python3 "$BATS_TEST_TMPDIR/connecting.py"
	wait_until grep -q serving "$BATS_TEST_TMPDIR/server.log"
	run -0 asks $server4 1
	assert_output "$server4 5000"
	wait_until eval "! kill -0 $started"
	run -0 awk '/connect\(/ { n += received } /recvmsg\(/ { received = 1 } END { print n }' "$BATS_TEST_TMPDIR/trace"
	assert_output 1
}

# A program that asks for errors (IP_RECVERR) learns of one from the call that follows it.
@test "sendmmsg() of answers fails once if their peer has gone, as natively" {
	cat >"$BATS_TEST_TMPDIR/failing.py" <<-'END'
		import select
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.setsockopt(socket.IPPROTO_IP, 11, 1)
		s.bind(("0.0.0.0", 5000))
		client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		client.sendto(b"x", ("192.0.2.11", 5000))
		peer = s.recvfrom(9)[1]
		client.close()
		m = several([(b"x", peer)] * 3)
		s.sendto(b"x", peer)
		assert select.select([s], [], [], 9)[0]
		print(libc.sendmmsg(s.fileno(), m, 3, 0), ctypes.get_errno(), [x.size for x in m])
	END
	cat "$BATS_TEST_TMPDIR/common.py" "$BATS_TEST_TMPDIR/failing.py" >"$BATS_TEST_TMPDIR/fails.py"
	run -0 on_server python3 "$BATS_TEST_TMPDIR/fails.py"
	assert_output '-1 111 [0, 0, 0]'
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/fails.py"
	assert_output '-1 111 [0, 0, 0]'
}

@test "a sandbox that forbids getsockopt() once the program serves: answers leave from the address that was asked" {
	need_filters
	serve server "$(call_numbers SYS_getsockopt)" <<-'END'
		import sys
		LOAD, JUMP_IF, RETURN, ALLOW, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 0x20, 0x15, 6, 0x7fff0000, 38, 22
		s = bound(5000)
		code = [(LOAD, 0, 0, 0), (JUMP_IF, 0, 1, int(sys.argv[1])), (RETURN, 0, 0, 0x50000 | 1), (RETURN, 0, 0, ALLOW)]
		code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in code))
		program = ctypes.create_string_buffer(struct.pack("@HP", 4, ctypes.addressof(code)))
		assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 and libc.prctl(PR_SET_SECCOMP, 2, program, 0, 0) == 0
		print("serving", flush=True)
		s.sendto(*s.recvfrom(9))
	END
	run -0 asks $other4 1
	assert_output "$other4 5000"
}

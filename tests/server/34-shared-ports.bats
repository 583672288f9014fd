# Ports that several sockets have: of this process, of one without the library, of another user. IPv4 goes where it natively
# goes, and nobody gets what is not his.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	hosts_up
	need python3
	cat >"$BATS_TEST_TMPDIR/own.py" <<-'END'
		import os, socket, subprocess, sys

		def new(*options, port=5000, kind=socket.SOCK_DGRAM):
		    s = socket.socket(type=kind)
		    for option in options:
		        s.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)
		    s.bind(("", port))
		    s.setblocking(False)
		    if kind == socket.SOCK_STREAM:
		        s.listen(99)
		    return s

		# A program without the library, which goes on once it has said that it is there.
		def stranger(code):
		    without = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"} | {"DUALSTACK_DISABLE": "1"}
		    code = "import os, socket, sys\n" + code + "\nprint('there', flush=True)\nsys.stdin.read()"
		    p = subprocess.Popen([sys.executable, "-c", code], env=without, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
		    p.stdout.readline()
		    return p

		# Which of the sockets gets how many of 20 datagrams, or connections, to this address.
		def ask(address, *sockets, kind=socket.SOCK_DGRAM):
		    asking = []
		    for _ in range(20):
		        s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
		        asking.append(s)
		        s.settimeout(1)
		        try:
		            s.connect((address, 5000))
		            kind == socket.SOCK_DGRAM and s.send(b"x")
		        except OSError:
		            pass
		    got = [0] * len(sockets)
		    for i, s in enumerate(sockets):
		        try:
		            while True:
		                s.accept() if kind == socket.SOCK_STREAM else s.recvfrom(9)
		                got[i] += 1
		        except OSError:
		            pass
		    print(address, *got)
	END
}
teardown() { hosts_down; }

# Runs standard input, after own.py, in the server: "native" without the library.
program() {
	cat "$BATS_TEST_TMPDIR/own.py" - >"$BATS_TEST_TMPDIR/program.py"
	if [ "$1" = native ]; then
		on_server python3 "$BATS_TEST_TMPDIR/program.py"
	else
		on_server "$run" "$@" -- python3 "$BATS_TEST_TMPDIR/program.py"
	fi
}

reload='
old = new("SO_REUSEADDR")
for _ in range(3):
    ask("127.0.0.1", old)
    ask("::1", old)
    other = new("SO_REUSEADDR")
    ask("127.0.0.1", old, other)
    ask("::1", old, other)
    old.close()
    old = other
'

@test "a new socket, then the old one closed: both families go to the newest" {
	run -0 program --log=off <<<"$reload"
	assert_equal "$(sort <<<"$output" | uniq -c | sed 's/^ *//')" $'3 127.0.0.1 0 20\n3 127.0.0.1 20\n3 ::1 0 20\n3 ::1 20'
}

@test "a connected socket for each client, on the server's port" {
	run -0 program --log=off <<-'END'
		server = new("SO_REUSEADDR")
		clients, ends = [], []
		for address in ("127.0.0.1", "::1") * 2:
		    client = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
		    client.settimeout(5)
		    client.sendto(b"a", (address, 5000))
		    server.settimeout(5)
		    end, who = server, server.recvfrom(9)[1]
		    server = new("SO_REUSEADDR")
		    end.connect(who)
		    clients.append((client, address))
		    ends.append(end)
		for (client, address), end in zip(clients, ends):
		    client.sendto(b"b", (address, 5000))
		    end.send(end.recv(9))
		    print(address, client.recvfrom(9)[0])
	END
	assert_output "$(printf "127.0.0.1 b'b'\n::1 b'b'\n%.0s" 1 2)"
}

# A process without the library, from before the library's or from between two of its sockets.
@test "another process has the port in IPv4: it is shared as natively" {
	for options in '"SO_REUSEADDR"' '"SO_REUSEPORT"' '"SO_REUSEADDR", "SO_REUSEPORT"'; do
		for order in 'o = stranger(code); s = [new(*options)]' 's = [new(*options)]; o = stranger(code); s += [new(*options)]'; do
			for prefix in native --log=off; do
				run -0 program $prefix <<-END
					options = [$options]
					code = "\n".join(["s = socket.socket(type=socket.SOCK_DGRAM)",
					                  *("s.setsockopt(socket.SOL_SOCKET, socket." + o + ", 1)" for o in options),
					                  "s.bind(('', 5000))"])
					$order
					ask("127.0.0.1", s[-1])
				END
				case $prefix,$options in
				native,*) native=$output ;;
				*PORT*) assert_output --regexp '^127.0.0.1 ([1-9]|1[0-9])$' ;; # chosen by ports, which differ
				*) assert_output "$native" ;;
				esac
			done
		done
	done
}

@test "another process listens on the port in IPv4 with SO_REUSEPORT: connections are shared as natively, also without /proc" {
	for prefix in native --log=off; do
		for hide in False True; do
			run -0 program $prefix <<-END
				import ctypes
				o = stranger("s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1); s.bind(('', 5000)); s.listen(99)")
				$hide and ctypes.CDLL(None).mount(b"none", b"/proc", b"tmpfs", 0, None)
				ask("127.0.0.1", new("SO_REUSEPORT", kind=socket.SOCK_STREAM), kind=socket.SOCK_STREAM)
			END
			assert_output --regexp '^127.0.0.1 ([1-9]|1[0-9])$'
		done
	done
}

@test "another process serves both families on the port with SO_REUSEPORT: all that comes over IPv4 is the IPv4 server's" {
	for kind in STREAM DGRAM; do
		for prefix in native --log=off; do
			run -0 program $prefix <<-END
				kind = socket.SOCK_$kind
				o = stranger("""s = socket.socket(socket.AF_INET6, socket.SOCK_$kind)
				s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
				s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
				s.bind(('::', 5000))
				'$kind' == 'STREAM' and s.listen(99)""")
				ask("127.0.0.1", new("SO_REUSEPORT", kind=kind), kind=kind)
			END
			assert_output '127.0.0.1 20'
		done
	done
}

@test "workers that share a port by SO_REUSEPORT, each with a socket of its own, share both families" {
	for kind in STREAM DGRAM; do
		run -0 program --log=off <<-END
			kind = socket.SOCK_$kind
			there, here = socket.socketpair()
			if not os.fork():
			    here.close()
			    worker = new("SO_REUSEPORT", kind=kind)
			    there.send(b"x")
			    there.recv(9)
			    os._exit(0)
			there.close()
			here.recv(9)
			own = new("SO_REUSEPORT", kind=kind)
			for address in "127.0.0.1", "::1":
			    ask(address, own, kind=kind)
		END
		assert_line --index 0 --regexp '^127.0.0.1 ([1-9]|1[0-9])$'
		assert_line --index 1 --regexp '^::1 ([1-9]|1[0-9])$'
	done
}

# Restart by overlap. Another user's is no older instance: it keeps what comes over IPv6.
@test "a newer instance shares a UDP port by SO_REUSEADDR with the older one: it gets both families, and keeps them" {
	for user in 0 65534; do
		run -0 program --log=off <<-END
			older = subprocess.Popen([sys.executable, "-c", """if True:
			    import os, socket, sys
			    os.setuid($user)
			    s = socket.socket(type=socket.SOCK_DGRAM)
			    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
			    s.bind(("", 5000))
			    print("there", flush=True)
			    sys.stdin.read()"""], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
			older.stdout.readline()
			newer = new("SO_REUSEADDR")
			for end in False, True:
			    end and older.communicate(b"")
			    ask("127.0.0.1", newer)
			    ask("::1", newer)
		END
		case $user in
		0) assert_output $'127.0.0.1 20\n::1 20\n127.0.0.1 20\n::1 20' ;;
		*) assert_output $'127.0.0.1 20\n::1 0\n127.0.0.1 20\n::1 0' ;;
		esac
	done
}

# Of two AF_INET sockets, the newer one gets all; of two AF_INET6 ones with SO_REUSEPORT, the older.
@test "another user shares a UDP port by SO_REUSEADDR and SO_REUSEPORT: the newer socket gets what comes over IPv4" {
	for prefix in native --log=off; do
		run -0 program $prefix <<-END
			older = subprocess.Popen([sys.executable, "-c", """if True:
			    import os, socket, sys
			    os.setuid(65534)
			    s = socket.socket(type=socket.SOCK_DGRAM)
			    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
			    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
			    s.bind(("", 5000))
			    print("there", flush=True)
			    sys.stdin.read()"""], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
			older.stdout.readline()
			ask("127.0.0.1", new("SO_REUSEADDR", "SO_REUSEPORT"))
			older.communicate(b"")
		END
		assert_output '127.0.0.1 20'
	done
}

# The port's second socket of the process looks, too.
@test "another process has taken IPv6 of the port since: it keeps it" {
	run -0 program --log=off <<-'END'
		older = new("SO_REUSEADDR")
		o = stranger("""s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		s.bind(('::', 5000))""")
		newer = new("SO_REUSEADDR")
		ask("127.0.0.1", older, newer)
		ask("::1", older, newer)
	END
	assert_output $'127.0.0.1 0 20\n::1 0 0'
}

# As Knot and dnsdist have one for each thread.
@test "sockets that share a port by SO_REUSEPORT share IPv4 after the program's own IPv6 sockets have come, too" {
	for prefix in native --log=off; do
		for kind in DGRAM STREAM; do
			run -0 program $prefix <<-END
				kind = socket.SOCK_$kind
				own = [new("SO_REUSEPORT", kind=kind) for _ in range(2)]
				for _ in range(2):
				    in6 = socket.socket(socket.AF_INET6, kind)
				    in6.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
				    in6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
				    in6.bind(("::", 5000))
				    kind == socket.SOCK_STREAM and in6.listen(99)
				    in6.setblocking(False)
				    own.append(in6)
				ask("127.0.0.1", *own, kind=kind)
			END
			assert_output --regexp '^127.0.0.1 ([1-9]|1[0-9]) ([1-9]|1[0-9]) 0 0$'
		done
	done
}

# It would get the answers; or the client what is that user's.
@test "a client does not share its port with another user" {
	cat >"$BATS_TEST_TMPDIR/client" <<-'END'
		server, client, far = new(), new(port=0), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		far.sendto(b"x", ("::1", 5000))
		server.settimeout(5)
		_, peer = server.recvfrom(9)
		port = client.getsockname()[1]
		def send():
		    try:
		        print(client.sendto(b"y", peer))
		    except OSError as e:
		        print(e.strerror)
	END
	run -0 program --log=off <<-END
		$(cat "$BATS_TEST_TMPDIR/client")
		o = stranger("os.setuid(65534); s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); "
		             "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); "
		             "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1); "
		             "s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1); s.bind(('::', %d))" % port)
		send()
		o.communicate(b"")
		send()
	END
	assert_output $'Network is unreachable\n1'
	# Nor is there a moment in which another user could take it.
	need strace
	cat "$BATS_TEST_TMPDIR/own.py" "$BATS_TEST_TMPDIR/client" - <<<'send()' >"$BATS_TEST_TMPDIR/program.py"
	run -0 on_server "$run" -- strace -f -e trace=setsockopt -o "$BATS_TEST_TMPDIR/trace" python3 "$BATS_TEST_TMPDIR/program.py"
	assert_output 1
	run -0 grep -c 'SO_REUSEPORT, \[1\]' "$BATS_TEST_TMPDIR/trace"
	run -1 grep 'SO_REUSEADDR, \[1\]' "$BATS_TEST_TMPDIR/trace"
}

@test "a client whose port others have in IPv4, too, stays IPv4" {
	run -0 program --log=off <<-'END'
		server, far = new(port=5001), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		far.settimeout(5)
		far.sendto(b"x", ("::1", 5001))
		server.settimeout(5)
		_, peer = server.recvfrom(9)
		for option in "SO_REUSEADDR", "SO_REUSEPORT":
		    o = stranger("s = socket.socket(type=socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.%s, 1); s.bind(('', 5000))" % option)
		    client = new(option)
		    try:
		        print(client.sendto(b"y", peer))
		    except OSError as e:
		        print(e.strerror)
		    o.communicate(b"")
		    print(client.sendto(b"y", peer), far.recvfrom(9)[1][1])
		    client.close()
	END
	assert_output $'Network is unreachable\n1 5000\nNetwork is unreachable\n1 5000'
}

@test "several sockets at ::ffff:0.0.0.0 share as natively, by SO_REUSEPORT, or the newest has all" {
	for prefix in native --log=off; do
		run -0 program $prefix <<-'END'
			def mapped(option, kind):
			    s = socket.socket(socket.AF_INET6, kind)
			    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
			    s.setsockopt(socket.SOL_SOCKET, option, 1)
			    s.bind(("::ffff:0.0.0.0", 5000))
			    s.setblocking(False)
			    kind == socket.SOCK_STREAM and s.listen(99)
			    return s
			ask("127.0.0.1", *[mapped(socket.SO_REUSEPORT, socket.SOCK_STREAM) for _ in range(2)], kind=socket.SOCK_STREAM)
			both = [mapped(socket.SO_REUSEADDR, socket.SOCK_DGRAM) for _ in range(2)]
			ask("127.0.0.1", *both)
			ask("::1", *both)
		END
		assert_line --index 0 --regexp '^127.0.0.1 ([1-9]|1[0-9]) ([1-9]|1[0-9])$'
		assert_line --index 1 '127.0.0.1 0 20'
	done
	assert_line --index 2 '::1 0 20'
}

@test "bind() with SO_REUSEADDR looks at no other descriptor while nobody has the port" {
	need strace
	cat >"$BATS_TEST_TMPDIR/many.py" <<-'END'
		import os, socket, sys
		open_ones = [socket.socket() for _ in range(int(sys.argv[1]))]
		for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
		    with socket.socket(type=kind) as s:
		        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		        os.access("/begin", os.F_OK)
		        s.bind(("", 5000))
		        os.access("/end", os.F_OK)
		        print(s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))
	END
	local many calls=
	for many in 0 500; do
		run -0 on_server "$run" -- strace -o "$BATS_TEST_TMPDIR/trace" python3 "$BATS_TEST_TMPDIR/many.py" "$many"
		assert_output $'1\n1'
		run -0 sed -n '/"\/begin"/,/"\/end"/{s/(.*//;p}' "$BATS_TEST_TMPDIR/trace"
		assert_line bind
		[ "$many" = 0 ] || assert_output "$calls"
		calls=$output
	done
}

@test "bind() of a server with a connected socket for each client costs the same however many there are" {
	need strace
	cat >"$BATS_TEST_TMPDIR/clients.py" <<-'END'
		import os, socket, sys
		def new():
		    s = socket.socket(type=socket.SOCK_DGRAM)
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		    s.bind(("", 5000))
		    return s
		listener, clients = new(), []
		for i in range(int(sys.argv[1])):
		    clients.append(new())
		    clients[-1].connect(("127.0.0.1", 6000 + i))
		os.access("/begin", os.F_OK)
		clients.append(new())
		os.access("/end", os.F_OK)
		with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
		    s.sendto(b"x", ("::1", 5000))
		print(clients[-1].recv(9))
	END
	local many calls=
	for many in 1 200; do
		run -0 on_server "$run" -- strace -o "$BATS_TEST_TMPDIR/trace" python3 "$BATS_TEST_TMPDIR/clients.py" "$many"
		assert_output "b'x'"
		run -0 sed -n '/"\/begin"/,/"\/end"/{s/(.*//;p}' "$BATS_TEST_TMPDIR/trace"
		assert_line bind
		[ "$many" = 1 ] || assert_output "$calls"
		calls=$output
	done
}

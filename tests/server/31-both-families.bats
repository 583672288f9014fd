# Programs that serve both families themselves. Every order of their binds and listens, with every mix of
# SO_REUSEADDR and SO_REUSEPORT, gives the same with and without the shim: the calls that succeed, and the
# socket that gets each connection.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup_file() {
	export port_file=$BATS_FILE_TMPDIR/port
	echo 10000 >"$port_file"
}
setup() { hosts_up; }
teardown() { hosts_down; }

# A port that no other run has had, so that no TIME_WAIT is in the way.
next_port() {
	port=$(($(cat "$port_file") + 1))
	echo $port >"$port_file"
}

# Runs the steps with a fresh port for PORT, and prints what they gave with PORT for that port again, and any
# for a port of the kernel's choice.
observe() {
	local steps=() step
	next_port
	for step in "${@:2}"; do steps+=("${step//PORT/$port}"); done
	# shellcheck disable=SC2086 # nothing, or the launcher
	on_server $1 "$programs/steps" "${steps[@]}" | sed "s/\<$port\>/PORT/g; s|/[0-9]\{5\}\$|/any|"
}

# If nobody takes an IPv6 connection natively, somebody may under the shim: that is its purpose.
compare() {
	local plain shim
	plain=$(observe '' "$@")
	shim=$(observe "$run" "$@")
	if grep -qE '^(who:::1/PORT ECONNREFUSED|tell:::1/PORT nobody here)$' <<<"$plain"; then
		plain=$(sed -E '/^(who|tell):::1/d' <<<"$plain")
		shim=$(sed -E '/^(who|tell):::1/d' <<<"$shim")
	fi
	[ "$plain" = "$shim" ] || fail "steps: $*
without the shim:
$plain
with it:
$shim"
	compared=$((compared + 1))
}

who='who:127.0.0.1/PORT who:::1/PORT a.name b.name'

# All orders, for the options that are given for both sockets.
# shellcheck disable=SC2086 # lists of steps
all_orders() {
	local a b own
	compared=0
	for own in 'b.v6only b.bind:::/PORT' 'b.bind:::1/PORT' 'b.v6only b.bind:::1/PORT' 'b.dual b.bind:::/PORT'; do
		a='a=tcp4' b='b=tcp6'
		for option in "$@"; do
			a+=" a.$option"
			b+=" b.$option"
		done
		a+=' a.bind:0.0.0.0/PORT'
		b+=" $own"
		compare $a $b a.listen b.listen $who
		compare $a $b b.listen a.listen $who
		compare $a a.listen $b b.listen $who
		compare $b $a a.listen b.listen $who
		compare $b $a b.listen a.listen $who
		compare $b b.listen $a a.listen $who
	done
	assert_equal "$compared" 24
}

# Datagrams have no listen().
# shellcheck disable=SC2086 # lists of steps
all_datagram_orders() {
	local a b own
	local tell='tell:127.0.0.1/PORT tell:::1/PORT a.name b.name'
	compared=0
	for own in 'b.v6only b.bind:::/PORT' 'b.bind:::1/PORT' 'b.v6only b.bind:::1/PORT' 'b.dual b.bind:::/PORT'; do
		a='a=udp4' b='b=udp6'
		for option in "$@"; do
			a+=" a.$option"
			b+=" b.$option"
		done
		compare $a a.bind:0.0.0.0/PORT $b $own $tell
		compare $b $own $a a.bind:0.0.0.0/PORT $tell
	done
	assert_equal "$compared" 8
}

@test "UDP, neither option" { all_datagram_orders; }
@test "UDP, SO_REUSEADDR" { all_datagram_orders reuseaddr; }
@test "UDP, SO_REUSEPORT" { all_datagram_orders reuseport; }
@test "UDP, both options" { all_datagram_orders reuseaddr reuseport; }

@test "neither option" { all_orders; }
@test "SO_REUSEADDR" { all_orders reuseaddr; }
@test "SO_REUSEPORT" { all_orders reuseport; }
@test "both options" { all_orders reuseaddr reuseport; }

# varnishd binds both as root, drops its privileges, and then listens.
@test "both bound, then privileges dropped, then listen()" {
	for order in '' reverse; do
		for prefix in '' "$run"; do
			run -0 on_server $prefix python3 -c '
import os, socket, sys
def make(family, address):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind((address, 80))
    return s
wanted = [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")]
made = [make(*w) for w in (reversed(wanted) if sys.argv[1:] else wanted)]
os.setuid(65534)
for s in made:
    s.listen(5)
print("listening", sorted(s.getsockname()[0] for s in made))' $order
			assert_output "listening ['0.0.0.0', '::']"
		done
	done
}

@test "the program's socket is narrowed with its backlog, its options and its registration" {
	run -0 on_server "$run" -- "$programs/steps" a=tcp4 a.reuseaddr a.set:ip:1:16 a.set:tcp:1:1 a.register \
		a.bind:0.0.0.0/5000 a.listen 'sh:ss -Hltn' b=tcp6 b.v6only b.reuseaddr b.bind:::/5000 b.listen \
		'sh:ss -Hltn' a.backlog a.get:ip:1 a.get:tcp:1 a.get:socket:2 a.get:socket:15 a.name a.domain \
		who:127.0.0.1/5000 who:::1/5000 "sh:$programs/ask 127.0.0.1/5000 & " wait
	assert_line --regexp '^LISTEN .* \*:5000 '
	assert_line --regexp '^LISTEN .* 0\.0\.0\.0:5000 '
	assert_line --regexp '^LISTEN .* \[::\]:5000 '
	assert_line 'a.backlog 17'
	assert_line 'a.get:ip:1 16'
	assert_line 'a.get:tcp:1 1'
	assert_line 'a.get:socket:2 1'
	assert_line 'a.get:socket:15 0'
	assert_line 'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1'
	assert_line 'who:::1/5000 accepted by b, family 10, ::1'
	assert_line 'wait a events 1'
}

# The kernel gives a new socket the memory of one that was closed, with the times that the library has put there.
@test "a program's own IPv6 socket stays its own in the memory of a widened one" {
	run -0 on_server "$run" -- python3 -c '
import ctypes, os, socket, struct, time
accept_all = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0xffffffff))
program = struct.pack("HP", 1, ctypes.addressof(accept_all))
SO_ATTACH_FILTER = 26
found, end = [], time.monotonic() + 10
while not found and time.monotonic() < end:
    widened = [socket.create_server(("0.0.0.0", 0)) for _ in range(64)]
    for s in widened: s.close()
    time.sleep(0.05)
    own = [socket.socket(socket.AF_INET6) for _ in range(64)]
    found = [s for s in own if int(os.fstat(s.fileno()).st_mtime) == os.getpid()]
print("found" if found else "no memory was used again")
for s in found[:1]:
    s.bind(("::", 5000))
    s.listen()
    s.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
    print(s.getsockname()[0])'
	assert_output $'found\n::'
}

@test "MPTCP is narrowed as well" {
	run -0 on_server "$programs/steps" a=mptcp4
	[ "$output" = 'a=mptcp4 ok' ] || skip "this kernel has no MPTCP"
	compare a=mptcp4 a.reuseaddr a.bind:0.0.0.0/PORT a.listen b=tcp6 b.v6only b.reuseaddr b.bind:::/PORT b.listen \
		a.backlog a.get:ip:51 who:127.0.0.1/PORT who:::1/PORT a.name a.domain
}

# Natively the workers get all that comes over IPv4, whatever the master opens beside. To be killed: it runs for good.
@test "a master that has workers, and then binds IPv6 itself, takes nothing from them" {
	need python3
	cat >"$BATS_TEST_TMPDIR/master.py" <<-'END'
		import ctypes, os, socket, subprocess, sys
		def new(family, address):
		    s = socket.socket(family)
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		    family == socket.AF_INET6 and s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
		    s.bind((address, 5000))
		    s.listen(9)
		    return s
		def ask(address):
		    c = socket.create_connection((address, 5000), 5)
		    return c.recv(9).decode()
		four = new(socket.AF_INET, "0.0.0.0") if sys.argv[1] != "worker" else socket.socket(fileno=int(sys.argv[2]))
		os.set_inheritable(four.fileno(), True)
		work = [sys.executable, sys.argv[0], "worker", str(four.fileno())]
		worker = 0
		if sys.argv[1] == "fork":
		    worker = os.fork()
		elif sys.argv[1] == "vfork":
		    worker = subprocess.Popen(work, close_fds=False).pid
		elif sys.argv[1] == "posix_spawn":
		    worker = os.posix_spawn(work[0], work, os.environ)
		elif sys.argv[1] == "_Fork":
		    worker = ctypes.CDLL(None)._Fork() or os.execv(work[0], work)
		if not worker:
		    while True:
		        try:
		            four.accept()[0].send(b"worker")
		        except OSError as e:
		            os._exit(e.errno)
		print(ask("127.0.0.1"))
		try:
		    six = new(socket.AF_INET6, "::")
		except OSError as e:
		    print(ask("::1"), "serves IPv6")
		print(ask("127.0.0.1"))
		os.kill(worker, 9)
	END
	for how in fork vfork posix_spawn _Fork; do
		run -0 on_server python3 "$BATS_TEST_TMPDIR/master.py" $how
		assert_output $'worker\nworker'
		run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/master.py" $how
		assert_output $'worker\nworker serves IPv6\nworker'
	done
}

# Sockets that come and go, and many that stay, and a child beside. One that was passed on is another's, too: it stays.
@test "a server of both families with a hundred ports" {
	need python3
	cat >"$BATS_TEST_TMPDIR/many.py" <<-'END'
		import os, socket
		def new(family, address, port):
		    s = socket.socket(family)
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		    family == socket.AF_INET6 and s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
		    s.bind((address, port))
		    s.listen(9)
		    return s
		before = new(socket.AF_INET, "0.0.0.0", 4000)
		os.fork() or os._exit(0)
		fours = [new(socket.AF_INET, "0.0.0.0", 5000 + i) for i in range(100)]
		for i in range(100):
		    socket.socket(type=socket.SOCK_DGRAM).bind(("", 5000 + i))
		sixes = [new(socket.AF_INET6, "::", 5000 + i) for i in range(100)]
		passed, there, here = new(socket.AF_INET, "0.0.0.0", 6000), *socket.socketpair()
		socket.send_fds(there, [b"x"], [passed.fileno()])
		worker = socket.socket(fileno=socket.recv_fds(here, 9, 1)[1][0])
		sent = new(socket.AF_INET, "0.0.0.0", 6001) # to whoever has not received it yet
		socket.send_fds(there, [b"x"], [sent.fileno()])
		for s in before, passed, sent:
		    try:
		        print(bool(new(socket.AF_INET6, "::", s.getsockname()[1])))
		    except OSError as e:
		        print(e.strerror)
	END
	run -0 on_server python3 "$BATS_TEST_TMPDIR/many.py"
	assert_output $'True\nTrue\nTrue'
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/many.py"
	assert_output $'Address already in use\nAddress already in use\nAddress already in use'
}

# The narrowed socket would not listen in the daemon.
@test "a daemon that is bound before it forks, and can listen in IPv4 alone" {
	need python3
	cat >"$BATS_TEST_TMPDIR/daemon.py" <<-'END'
		import os, socket, subprocess, sys
		four, six = socket.socket(), socket.socket(socket.AF_INET6)
		for s in four, six:
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
		without = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
		four.bind(("", 5000))
		if os.fork():
		    os.wait()
		    sys.exit()
		other = subprocess.Popen([sys.executable, "-c", """if True:
		    import socket, sys
		    six = socket.socket(socket.AF_INET6)
		    six.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
		    six.bind(("::", 5000))
		    six.listen(9)
		    print("there", flush=True)
		    sys.stdin.read()"""], env=without, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
		other.stdout.readline()
		four.listen(9)
		c = socket.create_connection(("127.0.0.1", 5000), 5)
		print(four.accept()[0].getpeername() == c.getsockname())
	END
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		run -0 on_server $prefix python3 "$BATS_TEST_TMPDIR/daemon.py"
		assert_output True
	done
}

# Which programs that know IPv6 bind AF_INET6 sockets to.
@test "::ffff:0.0.0.0 is widened as 0.0.0.0 is, and makes room for the program's own [::]" {
	need python3
	cat >"$BATS_TEST_TMPDIR/mapped.py" <<-'END'
		import socket, sys
		reuse, own = int(sys.argv[1]), sys.argv[2:] == ["own"]
		def new(kind, address, only):
		    s = socket.socket(socket.AF_INET6, kind)
		    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
		    s.bind((address, 5000))
		    s.settimeout(0.5)
		    kind == socket.SOCK_STREAM and s.listen(9)
		    return s
		def ask(address, s):
		    c = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, s.type)
		    try:
		        c.connect((address, 5000))
		        c.send(b"x")
		        print(s.type.name, address, (s.accept()[1] if s.type == socket.SOCK_STREAM else s.recvfrom(9)[1])[0])
		    except OSError:
		        print(s.type.name, address, "nobody")
		for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
		    four = new(kind, "::ffff:0.0.0.0", 0)
		    six = new(kind, "::", 1) if own else four
		    ask("127.0.0.1", four)
		    ask("::1", six)
	END
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/mapped.py" 1
	assert_output "$(printf 'SOCK_%s 127.0.0.1 ::ffff:127.0.0.1\nSOCK_%s ::1 ::1\n' STREAM STREAM DGRAM DGRAM)"
	run -0 on_server "$run" --rule='bind ipv4' -- python3 "$BATS_TEST_TMPDIR/mapped.py" 1
	assert_equal "$(grep -c '::1 nobody' <<<"$output")" 2
	for reuse in 1 0; do
		run -0 on_server python3 "$BATS_TEST_TMPDIR/mapped.py" $reuse own
		native=$output
		hosts_down
		hosts_up
		run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/mapped.py" $reuse own
		assert_output "$native"
		hosts_down
		hosts_up
	done
}

@test "what bound ::ffff:0.0.0.0 sees no spoofed datagram" {
	need python3
	cat >"$BATS_TEST_TMPDIR/mapped.py" <<-'END'
		import socket
		s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
		s.bind(("::ffff:0.0.0.0", 5000))
		s.settimeout(10)
		data = b""
		while data.strip() != b"192.0.2.2":
		    data, who = s.recvfrom(99)
		    print(data.decode().strip(), who[0], flush=True)
	END
	start mapped "$run" -- python3 "$BATS_TEST_TMPDIR/mapped.py"
	wait_until eval 'on_server ss -Hlun "sport = :5000" | grep -q .'
	on_client python3 "$root/tests/lib/forge.py" $server6,$server4 5000 ::ffff:127.0.0.1 ::ffff:10.0.0.1 $client6 192.0.2.2
	wait_until grep -q 192.0.2.2 "$BATS_TEST_TMPDIR/mapped.log"
	run -0 log_of mapped
	assert_output "$client6 $client6"$'\n'"192.0.2.2 ::ffff:192.0.2.2"
}

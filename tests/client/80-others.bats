# What other threads, later calls and copies of a descriptor see of a connect by name.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names

setup() {
	need python3
	hosts_up
	names_up
	WAITING=$(call_numbers SYS_epoll_wait SYS_epoll_pwait)
	export WAITING
}
teardown() { hosts_down; }

# client PROGRAM... [in Python, under the library]
client() { on_client "$run" -- python3 -c "$common$1" "${@:2}"; }
natively() { on_client python3 -c "$common$1" "${@:2}"; }
common='
import os, select, socket, sys, threading, time
def address(name, kind=socket.SOCK_STREAM, port=7000):
    return socket.getaddrinfo(name, port, socket.AF_INET, kind)[0][4]
def begun(name):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(address(name))
    return s
def sleeps(thread, call):
    task = "/proc/self/task/%d/" % thread.native_id
    while call not in open(task + "wchan").read() and \
            open(task + "syscall").read().split()[0] not in os.environ["WAITING"].split():
        time.sleep(0.001)
'

@test "a thread that has waited in epoll_wait() since the last connect ended drives the next one" {
	greet $server6
	drop_in $mute4
	run -0 client '
set = select.epoll()
events = []
first = begun("mute.example")
waits = threading.Thread(target=lambda: events.extend(set.poll(20)))
waits.start()
sleeps(waits, "ep_poll")
first.close()
time.sleep(0.6)
s = begun("mute.example")
set.register(s, select.EPOLLOUT)
waits.join()
print(events == [(s.fileno(), select.EPOLLOUT)])'
	assert_output True
}

# It has waited for most of that time already.
@test "epoll_wait() ends in time, also if another thread begins a connect meanwhile" {
	drop_in6 $server6
	drop_in $mute4
	run -0 client '
set = select.epoll()
waits = threading.Thread(target=lambda: set.poll(2))
waits.start()
sleeps(waits, "ep_poll")
time.sleep(1.7)
s = begun("mute.example")
set.register(s, select.EPOLLOUT)
waits.join(1.8)
print(waits.is_alive())'
	assert_output False
}

@test "a program that waits for a connection by TCP_INFO gets there" {
	greet $server6
	run -0 client '
s = begun("only6.example")
syn_sent, closed, state, end = 2, 7, 2, time.monotonic() + 20
while state == syn_sent and time.monotonic() < end:
    state = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
print(state not in (syn_sent, closed))'
	assert_output True
}

# A connection sends no larger segments, so that TCP_MAXSEG of a socket on its way is not what the program has set.
@test "TCP_MAXSEG goes to the other addresses as it was set, and not at all if it was not" {
	greet $server6
	for size in 1000 0; do
		run -0 client '
other = socket.socket()
s = other if int(sys.argv[1]) else socket.socket()
other.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1000)
s.connect(address("only6.example"))
print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG))' $size
		# Twelve bytes are for the timestamp.
		assert_output "$((${size/#0/1440} - 12))"
	done
}

@test "an AF_INET6 socket is not connected to an AF_INET address, whatever is preferred" {
	greet $server4 $server6
	for prefer in own ipv6; do
		DUALSTACK_PREFER=$prefer run -0 client '
s = socket.socket(socket.AF_INET6)
to = address("both.example")
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(libc.connect(s.fileno(), b"\2\0" + to[1].to_bytes(2, "big") + socket.inet_aton(to[0]) + bytes(8), 16),
      os.strerror(ctypes.get_errno()))'
		assert_output '-1 Invalid argument'
	done
}

# Natively one that is shut down ends with ECONNRESET.
@test "shutdown() by another thread ends a connect() that blocks; after close(), another socket of that number is left alone" {
	drop_in6 $dead6
	drop_in $mute4
	local how
	for how in 'shutdown 0.05' 'shutdown 0.6' 'close 0.05' 'close 0.6' 'dup2 0.05' 'dup2 0.6'; do
		# shellcheck disable=SC2086 # two words
		run -0 client '
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
s = socket.socket()
number = s.detach()
to = address("mute.example")
name = b"\2\0" + to[1].to_bytes(2, "big") + socket.inet_aton(to[0]) + bytes(8)
said = []
def connect():
    result = libc.connect(number, name, 16)
    said.append((result, os.strerror(ctypes.get_errno())))
other_thread = threading.Thread(target=connect)
other_thread.start()
syn_sent, state = 2, ctypes.c_ubyte(0)
while state.value != syn_sent:
    libc.getsockopt(number, socket.IPPROTO_TCP, socket.TCP_INFO, ctypes.byref(state), ctypes.byref(ctypes.c_int(1)))
time.sleep(float(sys.argv[2]))
if sys.argv[1] == "shutdown":
    libc.shutdown(number, 2)
elif sys.argv[1] == "dup2":
    other = socket.socket(type=socket.SOCK_DGRAM)
    os.dup2(other.fileno(), number)
else:
    os.close(number)
    other = socket.socket()
    assert other.fileno() == number
other_thread.join(5)
print(said)
if sys.argv[1] == "close":
    print("state", other.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1))
elif sys.argv[1] == "dup2":
    print("bound", other.getsockname()[1] != 0)
sys.stdout.flush()
os._exit(0)' $how
		# What has the number now is closed (TCP_CLOSE) still.
		case $how in
		shutdown*) assert_line "[(-1, 'Connection reset by peer')]" ;;
		close*) assert_line "state b'\\x07'" ;;
		dup2*) assert_line 'bound False' ;;
		esac
	done
}

@test "with DUALSTACK_DELAY=0, a connect() whose address does not answer ends with SO_SNDTIMEO, as natively" {
	greet $server6
	drop_in $mute4
	DUALSTACK_DELAY=0 run -0 client '
import struct
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 1, 0))
print(os.strerror(s.connect_ex(address("mute.example"))))'
	assert_output 'Operation now in progress'
}

@test "a program that calls connect() again until its server listens gets there" {
	on_client "$run" -- python3 -c "$common"'
s = socket.socket()
s.setblocking(False)
for i in range(4000):
    if s.connect_ex(address("both.example")) in (0, 106):
        print("connected")
        break
    if i == 20:
        open(sys.argv[1], "w").close()
    time.sleep(0.005)' "$BATS_TEST_TMPDIR/now" >"$BATS_TEST_TMPDIR/said" 3>&- &
	local connecting=$!
	wait_until test -e "$BATS_TEST_TMPDIR/now"
	greet $server4
	wait $connecting
	run -0 cat "$BATS_TEST_TMPDIR/said"
	assert_output connected
}

@test "a name of a group: its address is given as it is, beside an IPv4 address, too" {
	mkdir -p "/etc/netns/$client"
	printf '%s\n' 'ff02::1 group.test' 'ff02::1 mixed.test' "$server4 mixed.test" >"/etc/netns/$client/hosts"
	local ask='print(*[[a[4][0] for a in socket.getaddrinfo(n, 7, f, socket.SOCK_DGRAM)]
		for n, f in (("group.test", 10), ("mixed.test", 10), ("mixed.test", 2))])'
	run -0 natively "$ask"
	native=$output
	run -0 client "$ask"
	assert_output "$native"
}

@test "a name with an address of nobody only gives the error that the program's own question gives" {
	mkdir -p "/etc/netns/$client"
	printf '%s\n' 'ff02::1 group.org' ':: none.org' >"/etc/netns/$client/hosts"
	local ask='
for name in "group.org", "none.org":
    try:
        print(address(name))
    except socket.gaierror as e:
        print(e)'
	run -0 natively "$ask"
	native=$output
	run -0 client "$ask"
	assert_output "$native"
}

@test "a datagram socket that does not block goes from an IPv6 peer to an IPv4 one" {
	start echo socat UDP4-RECVFROM:7000,fork EXEC:cat
	start echo6 socat "UDP6-RECVFROM:7001,bind=[$server6],fork" EXEC:cat
	wait_until eval '[ -n "$(on_server ss -Hlun "sport = :7000")" ] && [ -n "$(on_server ss -Hlun "sport = :7001")" ]'
	run -0 client '
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setblocking(False)
for name, port in ("six.example", 7001), ("both.example", 7000):
    s.connect(address(name, socket.SOCK_DGRAM, port))
    s.send(b"hello")
    print(name, select.select([s], [], [], 5)[0] == [s] and s.recv(9))'
	assert_line "six.example b'hello'"
	assert_line "both.example b'hello'"
}

@test "through a copy of its descriptor, a connect in progress is in progress" {
	drop_in6 $server6
	run -0 client '
s = begun("both.example")
copy = os.dup(s.fileno())
for call in (lambda: os.write(copy, b"x")), (lambda: os.read(copy, 1)):
    try:
        print(call())
    except OSError as e:
        print(e.strerror)'
	assert_equal "$output" "$(printf 'Resource temporarily unavailable\n%.0s' 1 2)"
}

# glibc tells nobody of such a fork. It has _Fork() since 2.34.
@test "a child of _Fork() waits for its parent's connect as the kernel does" {
	need strace
	drop_in $mute4
	drop_in6 $server6
	run -0 on_client "$run" -- strace -f -e trace=ppoll,poll -o "$BATS_TEST_TMPDIR/trace" python3 -c "$common"'
import ctypes
fork = getattr(ctypes.CDLL(None), "_Fork", os.fork)
s = begun("mute.example")
if fork() == 0:
    p = select.poll()
    p.register(s, select.POLLOUT)
    p.poll(1000)
    os._exit(0)
os.wait()
print("ended")'
	assert_output ended
	assert [ "$(grep -c '=' "$BATS_TEST_TMPDIR/trace")" -lt 100 ]
}

@test "a socket that the program has bound keeps SO_REUSEADDR, however its connect ends" {
	greet $server4
	for blocks in True False; do
		run -0 client '
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", 0))
s.setblocking(sys.argv[1] == "True")
s.connect_ex(address("both.example"))
select.select([], [s], [])
print(s.getpeername()[1], s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))' $blocks
		assert_output '7000 1'
	done
}

@test "a one-shot registration reports once that all addresses have failed" {
	run -0 client '
set = select.epoll()
s = begun("nobody.example")
set.register(s, select.EPOLLOUT | select.EPOLLONESHOT)
print(len(set.poll(20)), set.poll(0), s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))'
	assert_output "1 [] 111"
}

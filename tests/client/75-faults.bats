# What connects by name must not do to a program, each with a name that shows it. Where the order of addresses
# matters, both are tried: the program's own IPv4 address first, and, with prefer = ipv6, IPv6 first.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names

setup() {
	need python3
	hosts_up
	names_up
	drop_in6 $dead6
	drop_in $mute4
	cat >>"$BATS_TEST_TMPDIR/hosts" <<-END
		$mute4 silent.example
		$dead6 silent.example
		192.0.2.8 late.example
		$dead6 late.example
		$mute4 early.example
		2001:db8:1::99 early.example
		192.0.2.8 pair.example
		$server4 pair.example
		192.0.2.8 nodes.example
		192.0.2.10 nodes.example
		2001:db8:1::81 nodes.example
		2001:db8:1::82 nodes.example
		$server6 www.a.example
		192.0.2.8 www.b.example
		$server4 last.example
	END
	ip -n "$server" addr add 192.0.2.10/24 dev veth0
	kill -HUP "$(on_server ss -Hlunp 'sport = :53' | grep -o 'pid=[0-9]*' | head -n 1 | cut -d= -f2)"
	wait_until eval 'on_client getent ahosts last.example | grep -q .'
}
teardown() { hosts_down; }

by_name() { run -0 on_client timeout 70 "$run" -- "$programs/by_name" "$@"; }

# listens ADDRESS...: a server on port 7000 that tells where it was reached.
listens() {
	start where python3 "$root/tests/lib/where.py" 7000 "$@"
	wait_until eval '[ "$(on_server ss -Hltn "sport = :7000" | wc -l)" = '$#' ]'
}

# each NAME: connects to each IPv4 address of NAME in turn, and prints what becomes of it.
each() {
	run -0 on_client timeout 30 "$run" -- python3 -c '
import socket, sys
for a in socket.getaddrinfo(sys.argv[1], 7000, socket.AF_INET, socket.SOCK_STREAM):
    s = socket.socket()
    try:
        s.connect(a[4])
        print(a[4][0], s.recv(99).decode().strip())
    except OSError as e:
        print(a[4][0], type(e).__name__)' "$1"
}

@test "a child of fork() ends at once, whatever another thread's connects are doing" {
	run -0 on_client timeout 100 "$run" -- "$programs/by_name_forks" close silent.example
	assert_output 'forks 4000'
}

@test "fork(), malloc() and a handler that closes a descriptor don't wait for one another" {
	run -0 on_client timeout 100 "$run" -- "$programs/by_name_forks" handler silent.example
	assert_output 'forks 4000'
}

@test "two names with one IPv4 address: a rule for either holds, whichever was asked for last" {
	greet $server4 $server6
	local asked
	for asked in 'other.example both.example' 'both.example other.example'; do
		# shellcheck disable=SC2086 # two names
		PORT=7000 run -0 on_client "$run" --rule='connect name=other.example ipv4' --rule='connect ipv6-first' -- "$programs/lookups" 4 $asked
		assert_output --partial 'over IPv4'
	done
}

@test "two names with one IPv4 address: neither's IPv6 address is taken for the other's" {
	greet $server6
	PORT=7000 run -0 on_client "$run" -- "$programs/lookups" 4 other.example both.example
	assert_line 'connect: ECONNREFUSED'
}

@test "a name with an address for each host: a connect to one that is down does not end at another" {
	listens $server4
	each pair.example
	assert_line '192.0.2.8 ConnectionRefusedError'
	assert_line "$server4 $server4"
}

@test "a name with several addresses of both families: each IPv4 address has an IPv6 address of its own" {
	listens 2001:db8:1::81 2001:db8:1::82
	each nodes.example
	assert_line --regexp '^192\.0\.2\.8 2001:'
	assert_line --regexp '^192\.0\.2\.10 2001:'
	assert_line --regexp '::81$'
	assert_line --regexp '::82$'
}

@test "epoll_wait() tells of no attempt that another one follows, when another thread moves on" {
	listens $server4 $server6
	by_name events only6.example
	assert_output 'wrong 0'
	DUALSTACK_PREFER=ipv6 by_name events eight.example
	assert_output 'wrong 0'
}

@test "poll() tells of no attempt that has failed, when another thread has seen the next one succeed" {
	listens $server6
	DUALSTACK_DELAY=3 by_name polls both.example
	assert_output 'wrong 0'
}

@test "a signal interrupts a connect() that blocks, in a process with threads" {
	by_name alarm silent.example
	assert_output 'interrupted 10'
}

@test "with a search list, a name's addresses are those of one name" {
	printf 'nameserver %s\nsearch a.example b.example\n' "$server6" >"/etc/netns/$client/resolv.conf"
	listens $server6
	# Natively, it is www.b.example, as www.a.example has no IPv4 address.
	run -0 on_client getent ahostsv4 www
	assert_output --partial 192.0.2.8
	PORT=7000 run -0 on_client "$run" --log=info -- "$programs/lookups" 4 www
	assert_line 'connect: ECONNREFUSED'
	refute_output --partial "$server6"
}

@test "a process with one thread still has one after it has asked for a name" {
	compgen -G '/usr/include/*-linux-gnu*/sys/single_threaded.h' >/dev/null || [ -e /usr/include/sys/single_threaded.h ] ||
		skip 'needs glibc 2.32'
	by_name single both.example
	assert_output $'before 1\nafter 1'
}

# calls COUNT: how many system calls a hundred epoll_wait() and a close() make, with COUNT connects in progress.
calls() {
	on_client strace -o "$BATS_TEST_TMPDIR/trace" "$run" -- "$programs/by_name_many" "$1" silent.example >&2
	awk '/^sched_yield\(/ { on = !on; next } on { calls++ } END { print calls }' "$BATS_TEST_TMPDIR/trace"
}

@test "an event loop makes as many system calls with hundreds of connects in progress as with a few" {
	need strace
	few=$(calls 3)
	many=$(calls 300)
	[ "$few" -ge 100 ]
	[ "$many" -le $((few + 100)) ]
}

@test "a child that closes its copy of a socket on its way leaves SO_LINGER to its parent" {
	listens $server4 $server6
	by_name linger both.example
	assert_output 'linger 1 0'
	by_name linger mute.example
	assert_output 'linger 1 0'
	DUALSTACK_PREFER=ipv6 by_name linger dead.example
	assert_output 'linger 1 0'
}

@test "a name with more IPv6 addresses than are remembered: those that are get their turn" {
	local i
	echo 'hosts: files' >"/etc/netns/$client/nsswitch.conf"
	echo '192.0.2.8 crowd.example' >"/etc/netns/$client/hosts"
	for i in {1..20}; do
		ip -n "$server" addr add "2001:db8:1::2:$i/64" dev veth0 nodad
		echo "2001:db8:1::2:$i crowd.example" >>"/etc/netns/$client/hosts"
	done
	listens 2001:db8:1::2:3
	PORT=7000 run -0 on_client "$run" -- "$programs/lookups" 4 crowd.example
	assert_output --partial '2001:db8:1::2:3'
}

@test "sendfile(), splice(), pwritev2(), sendmmsg(), recvmmsg() and stdio don't meet an attempt that another one follows" {
	by_name transfer late.example
	refute_output --partial ECONNREFUSED
	refute_output --partial 'Broken pipe'
	assert_line 'sendfile EAGAIN'
	assert_line 'splice EAGAIN'
	assert_line 'splice from it EAGAIN'
	assert_line 'sendmmsg EAGAIN'
	assert_line 'recvmmsg EAGAIN'
	assert_line 'fflush EAGAIN'
	DUALSTACK_PREFER=ipv6 by_name transfer early.example
	assert_line 'sendfile EAGAIN'
	assert_line 'splice EAGAIN'
	assert_line 'fflush EAGAIN'
}

# The library's own clock, as it logs it. A busy machine may make any one of them late.
@test "once the address that was asked for is refused, the others have a second" {
	for _ in 1 2 3; do
		PORT=7000 run -0 on_client "$run" --log=info -- "$programs/lookups" 4 late.example
		assert_line 'connect: ECONNREFUSED'
		ms=$(sed -n "s/.*\[$dead6\]:7000 ETIMEDOUT after \([0-9]*\) ms.*/\1/p" <<<"$output")
		[ "$ms" -ge 1000 ]
		[ "$ms" -ge 1500 ] || return 0
	done
	false
}

# The thread in poll() goes on with the connects of all.
@test "a thread that blocks in connect() gets the error of the address asked for, also if another one drives it" {
	PORT=7000 run -0 on_client timeout 60 "$run" -- python3 -c '
import collections, errno, select, socket, threading
to = socket.getaddrinfo("late.example", 7000, socket.AF_INET, socket.SOCK_STREAM)[0][4]
silent = socket.getaddrinfo("silent.example", 7000, socket.AF_INET, socket.SOCK_STREAM)[0][4]
errors = collections.Counter()
def connect():
    s = socket.socket()
    errors[errno.errorcode[s.connect_ex(to)]] += 1
threads = [threading.Thread(target=connect) for _ in range(40)]
other = socket.socket()
other.setblocking(False)
other.connect_ex(silent)
poll = select.poll()
poll.register(other, select.POLLOUT)
for t in threads: t.start()
while any(t.is_alive() for t in threads): poll.poll(1)
print(dict(errors))'
	assert_output "{'ECONNREFUSED': 40}"
}

# Its IPv4 address fails at once, and its IPv6 address does not answer.
@test "what is left a second after that ends for who waits, too, blocking or not" {
	ip -n "$client" route add unreachable 203.0.113.0/24
	printf '203.0.113.1 nowhere.example\n%s nowhere.example\n' $dead6 >>"$BATS_TEST_TMPDIR/hosts"
	kill -HUP "$(on_server ss -Hlunp 'sport = :53' | grep -o 'pid=[0-9]*' | head -n 1 | cut -d= -f2)"
	wait_until eval 'on_client getent ahosts nowhere.example | grep -q .'
	run -0 on_client timeout 30 "$run" -- python3 -c '
import errno, select, socket
to = socket.getaddrinfo("nowhere.example", 7000, socket.AF_INET, socket.SOCK_STREAM)[0][4]
blocks, waits = socket.socket(), socket.socket()
print(errno.errorcode[blocks.connect_ex(to)])
waits.setblocking(False)
print(errno.errorcode[waits.connect_ex(to)])
poll = select.poll()
poll.register(waits, select.POLLOUT)
print(bool(poll.poll(20000)), waits.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0)'
	assert_line --index 0 EHOSTUNREACH
	assert_line --index 1 EINPROGRESS
	assert_line --index 2 'True True'
}

@test "poll() of thousands of descriptors needs no more stack than a thread's smallest, while a connect is in progress" {
	listens $server4 $server6
	by_name stack mute.example
	assert_output 'poll 1, events 0x4'
	DUALSTACK_PREFER=ipv6 by_name stack dead.example
	assert_output 'poll 1, events 0x4'
}

@test "a connect that nobody waits for reaches a listener of the same process" {
	mkdir -p "/etc/netns/$server"
	printf '%s self.example\n' $server4 $server6 >"/etc/netns/$server/hosts"
	echo 'hosts: files' >"/etc/netns/$server/nsswitch.conf"
	run -0 on_server timeout 70 "$run" -- "$programs/by_name" unwatched self.example
	assert_output 'accepted ok'
	DUALSTACK_PREFER=ipv6 run -0 on_server timeout 70 "$run" -- "$programs/by_name" unwatched self.example
	assert_output 'accepted ok'
}

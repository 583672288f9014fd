# What a program does while a connect of its is in progress, and the library has sockets and an epoll set of its own.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names

setup() {
	need python3
	need nft
	hosts_up
	names_up
}
teardown() { hosts_down; }

meanwhile() { on_client "${@:2}" "$programs/meanwhile" "$1" both.example 7000; }

# silent ip|ip6...: the server does not answer to what is connected to over that family.
silent() {
	local family
	for family; do
		on_server nft "add table $family lost; add chain $family lost in { type filter hook input priority 0; }
			add rule $family lost in tcp dport 7000 drop"
	done
}

@test "a second connect() tells how the first has failed" {
	run -0 meanwhile again env
	native=$output
	assert_line 'again: ECONNREFUSED'
	run -0 meanwhile again "$run" --
	assert_output "$native"
}

@test "where this host itself refuses all addresses, a second connect() says so" {
	local tries
	# A loaded machine may deliver the second refusal later.
	for tries in 1 2 3 4 5 6 7 8 9; do
		run -0 on_client "$run" -- "$programs/meanwhile" refused own.example 7000
		[[ $output != *ECONNREFUSED ]] || return 0
	done
	fail "not told at once, in $tries tries"
}

@test "a program that asks for the peer again and again sees a refused address followed by the next" {
	greet $server6
	cat >"$BATS_TEST_TMPDIR/peer.py" <<-'END'
		import socket, time
		s = socket.socket()
		s.setblocking(False)
		s.connect_ex((socket.gethostbyname("both.example"), 7000))
		end = time.monotonic() + 10
		while time.monotonic() < end:
		    try:
		        s.getpeername()
		        print("connected")
		        break
		    except OSError:
		        time.sleep(0.01)
	END
	run -0 on_client "$run" --delay=60000 -- python3 "$BATS_TEST_TMPDIR/peer.py"
	assert_output connected
}

@test "a connect() that fails at once, to all addresses, leaves the socket as it was" {
	cat >"$BATS_TEST_TMPDIR/far.py" <<-'END'
		import select, socket
		address = socket.getaddrinfo("far.example", 7000, socket.AF_INET, socket.SOCK_STREAM)[0][4]
		s = socket.socket()
		s.setblocking(False)
		e = select.epoll()
		e.register(s, select.EPOLLOUT | select.EPOLLET)
		print(len(e.poll(0)), s.connect_ex(address), e.poll(0))
	END
	run -0 on_client python3 "$BATS_TEST_TMPDIR/far.py"
	assert_output '1 101 []'
	run -0 on_client "$run" -- python3 "$BATS_TEST_TMPDIR/far.py"
	assert_output '1 101 []'
}

@test "a socket that knows IPv6, and that all addresses have refused, can connect again" {
	cat >"$BATS_TEST_TMPDIR/again.py" <<-'END'
		import signal, socket
		signal.alarm(20)
		address = socket.getaddrinfo("both.example", 7000, socket.AF_INET6, socket.SOCK_STREAM)[0][4]
		s = socket.socket(socket.AF_INET6)
		print(s.connect_ex(address), s.connect_ex(address))
	END
	run -0 on_client "$run" -- python3 "$BATS_TEST_TMPDIR/again.py"
	assert_output '111 111'
}

@test "a signal that comes after the address was refused does not hide that" {
	silent ip6
	cat >"$BATS_TEST_TMPDIR/late.py" <<-'END'
		import ctypes, signal, socket, struct
		signal.signal(signal.SIGALRM, lambda *_: None)
		libc = ctypes.CDLL(None, use_errno=True)
		address = socket.inet_aton(socket.gethostbyname("both.example"))
		s = socket.socket()
		signal.setitimer(signal.ITIMER_REAL, 0.4)
		libc.connect(s.fileno(), struct.pack("=H2s4s8x", socket.AF_INET, (7000).to_bytes(2, "big"), address), 16)
		print(ctypes.get_errno(), s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
	END
	run -0 on_client "$run" -- python3 "$BATS_TEST_TMPDIR/late.py"
	assert_output '111 0'
}

@test "the port of a connect() that has failed is not one that the program has bound" {
	cat >"$BATS_TEST_TMPDIR/port.py" <<-'END'
		import socket
		other, s = socket.socket(), socket.socket()
		other.bind(("127.0.0.1", 0))
		address = (socket.gethostbyname("both.example"), 7000)
		print(s.connect_ex(address), s.connect_ex(address))
		s.bind(("0.0.0.0", 0))
	END
	run -0 on_client "$run" -- python3 "$BATS_TEST_TMPDIR/port.py"
	assert_output '111 111'
}

@test "arguments that the kernel refuses are refused, and at once" {
	silent ip ip6
	run -0 meanwhile arguments env
	native=$output
	run -0 meanwhile arguments "$run" --
	assert_output "$native"
}

@test "a shutdown() in no direction is refused, and ends nothing" {
	greet $server6
	silent ip
	run -0 meanwhile shutdown "$run" --
	assert_output $'connect: EINPROGRESS\nshutdown: EINVAL\nend: connected'
}

@test "the library's epoll set is none of the program's numbers" {
	silent ip ip6
	run -0 meanwhile number "$run" --
	assert_line 'events: 4'
}

@test "with one descriptor to spare, and none for the library's epoll set, IPv6 is reached" {
	greet $server6
	silent ip
	run -0 meanwhile last "$run" --
	assert_line 'end: connected'
}

@test "an epoll set that is closed meanwhile is not looked for" {
	greet $server6
	run -0 meanwhile gone "$run" --
	assert_line 'end: connected'
}

@test "a socket whose number was that of another on its way is not on its way" {
	silent ip
	run -0 meanwhile reused "$run" --
	assert_output $'connect: EINPROGRESS\nreused: done\nend: connected'
}

@test "what an epoll set tells of another descriptor with the same data is told" {
	silent ip ip6
	run -0 meanwhile same "$run" --rule='connect tcp ipv6-first' --
	assert_line 'same: 1'
}

@test "a child that waits for its parent's connect takes nothing out of the parent's epoll set" {
	greet $server6
	silent ip
	run -0 meanwhile child "$run" --
	assert_line 'events: 1'
	assert_line 'end: connected'
}

@test "data with the first packet (MSG_FASTOPEN) goes to the address that answers" {
	greet $server6
	cat >"$BATS_TEST_TMPDIR/fast.py" <<-'END'
		import socket
		address = socket.gethostbyname("both.example")
		for message in 0, 1:
		    s = socket.socket()
		    s.settimeout(9 if message else None)
		    try:
		        if message:
		            sent = s.sendmsg([b"hello\n"], [], socket.MSG_FASTOPEN, (address, 7000))
		        else:
		            sent = s.sendto(b"hello\n", socket.MSG_FASTOPEN, (address, 7000))
		        print("sent", sent, s.recv(100))
		    except OSError as e:
		        print(e.strerror)
	END
	run -0 on_client python3 "$BATS_TEST_TMPDIR/fast.py"
	assert_output $'Connection refused\nOperation now in progress'
	run -0 on_client "$run" -- python3 "$BATS_TEST_TMPDIR/fast.py"
	assert_line --index 0 --partial 'sent 6'
	assert_line --index 1 'Operation now in progress'
}

@test "a thread that is woken for a connect gets what comes at the same time, if all has the same data" {
	silent ip ip6
	run -0 meanwhile woken "$run" --
	assert_line 'woken: 1'
}

@test "a signal that comes while the library makes another attempt ends the wait" {
	silent ip ip6
	run -0 meanwhile signal "$run" --
	assert_output $'connect: EINPROGRESS\nblocking: EINTR\npoll: EINTR\nselect: EINTR\nepoll: EINTR'
}

@test "a sandbox that permits poll() and epoll_wait(), but neither ppoll() nor epoll_pwait()" {
	[ "$(uname -m)" = x86_64 ] || skip 'elsewhere the C library calls ppoll() and epoll_pwait()'
	greet $server6
	cat >"$BATS_TEST_TMPDIR/waits.py" <<-'END'
		import select, socket, threading
		address = socket.getaddrinfo("both.example", 7000, socket.AF_INET, socket.SOCK_STREAM)[0][4]
		def greeted(wait):
		    s = socket.socket()
		    s.setblocking(False)
		    s.connect_ex(address)
		    wait(s)
		    s.settimeout(5)
		    return s.recv(99).decode().strip()
		def by_poll(s):
		    p = select.poll()
		    p.register(s, select.POLLOUT)
		    p.poll(5000)
		def by_epoll(s):
		    with select.epoll() as e:
		        e.register(s, select.EPOLLOUT)
		        e.poll(5)
		print(greeted(by_poll), greeted(by_epoll))
		with socket.socket() as s:
		    s.connect(address)
		    print(s.recv(99).decode().strip())
		# With another thread, each wait may be one for a connect.
		threading.Thread(target=threading.Event().wait, daemon=True).start()
		with select.epoll() as e:
		    print(e.poll(0))
	END
	run -0 on_client "$programs/deny" ppoll:EPERM epoll_pwait:EPERM -- "$run" -- timeout 20 python3 "$BATS_TEST_TMPDIR/waits.py"
	assert_line --index 0 'over IPv6 over IPv6'
	assert_line --index 1 'over IPv6'
	assert_line --index 2 '[]'
	# A signal ends the wait of a connect that nobody answers (137: only SIGKILL does).
	silent ip ip6
	sed -i 's/p.poll(5000)/p.poll()/' "$BATS_TEST_TMPDIR/waits.py"
	run -124 on_client timeout -k 5 1 "$programs/deny" ppoll:EPERM epoll_pwait:EPERM -- "$run" -- python3 "$BATS_TEST_TMPDIR/waits.py"
}

# A thread waits in another set, so the library can't tell that none waits in this one.
@test "nothing that wakes a thread reaches the program, or stays open" {
	greet $server4
	cat >"$BATS_TEST_TMPDIR/wakes.py" <<-'END'
		import os, select, socket, threading
		other = select.epoll()
		waits = threading.Thread(target=other.poll, daemon=True)
		waits.start()
		while "ep_poll" not in open("/proc/self/task/%d/wchan" % waits.native_id).read() and \
		        open("/proc/self/task/%d/syscall" % waits.native_id).read().split()[0] not in os.environ["WAITING"].split():
		    pass
		address = (socket.gethostbyname("both.example"), 7000)
		events = []
		before = len(os.listdir("/proc/self/fd"))
		for number in range(40):
		    s = socket.socket()
		    s.setblocking(False)
		    set = select.epoll()
		    set.register(s, select.EPOLLOUT | select.EPOLLET)
		    set.poll(0)
		    s.connect_ex(address)
		    p = select.poll()
		    p.register(s, select.POLLOUT)
		    p.poll()
		    s.getpeername()
		    if number % 2:
		        events += set.poll(0)
		    set.close()
		    s.close()
		print({event for fd, event in events} == {select.EPOLLOUT}, len(os.listdir("/proc/self/fd")) - before < 2)
	END
	export WAITING=$(call_numbers SYS_epoll_wait SYS_epoll_pwait)
	run -0 on_client "$run" -- python3 "$BATS_TEST_TMPDIR/wakes.py"
	assert_output 'True True'
}

# The library behind does what other threads do between the kernel's answer and the program's.
@test "a thread is not told of a refusal that others have dealt with, even if they connect again and again" {
	greet $server6
	cat >"$BATS_TEST_TMPDIR/others.c" <<-'END'
		#define _GNU_SOURCE
		#include <arpa/inet.h>
		#include <dlfcn.h>
		#include <netdb.h>
		#include <poll.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include <sys/epoll.h>
		static void wait_for(int fd)
		{
			struct pollfd p = {.fd = fd, .events = POLLOUT};
			struct sockaddr_in peer;
			socklen_t len = sizeof peer;
			poll(&p, 1, 10000);
			getpeername(fd, (struct sockaddr *)&peer, &len);
		}
		int epoll_wait(int set, struct epoll_event *events, int most, int timeout)
		{
			int (*next)(int, struct epoll_event *, int, int) = dlsym(RTLD_NEXT, "epoll_wait");
			struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7000)};
			static int done;
			int n, refused = 0;
			if (done || !timeout)
				return next(set, events, most, timeout);
			done = 1;
			memcpy(&to.sin_addr, gethostbyname("both.example")->h_addr, 4);
			connect(atoi(getenv("SOCKET")), (struct sockaddr *)&to, sizeof to);
			n = next(set, events, most, timeout);
			/* There may be one more, of the library's. */
			for (int i = 0; i < n; i++)
				refused |= events[i].events & EPOLLHUP;
			puts(refused ? "refused" : "not refused");
			fflush(stdout);
			wait_for(events->data.fd);
			for (int i = 0; i < 20; i++) {
				int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
				connect(fd, (struct sockaddr *)&to, sizeof to);
				wait_for(fd);
			}
			return n;
		}
	END
	${CC:-cc} -shared -fPIC -w -o "$BATS_TEST_TMPDIR/others.so" "$BATS_TEST_TMPDIR/others.c" -ldl
	cat >"$BATS_TEST_TMPDIR/told.py" <<-'END'
		import os, select, socket, threading
		threading.Thread(target=threading.Event().wait, daemon=True).start()
		s = socket.socket()
		s.setblocking(False)
		set = select.epoll()
		set.register(s, select.EPOLLOUT | select.EPOLLET)
		set.poll(0)
		os.environ["SOCKET"] = str(s.fileno())
		print(set.poll(10) == [(s.fileno(), select.EPOLLOUT)])
	END
	run -0 on_client env LD_PRELOAD="$build/libdualstack.so:$BATS_TEST_TMPDIR/others.so" \
		python3 "$BATS_TEST_TMPDIR/told.py"
	assert_output $'refused\nTrue'
}

@test "a connect() that a signal has interrupted goes on with the other addresses" {
	greet $server6
	silent ip
	cat >"$BATS_TEST_TMPDIR/interrupted.py" <<-'END'
		import signal, socket
		# connect() fails with EINTR, and Python polls then.
		signal.signal(signal.SIGALRM, lambda *_: print("signal"))
		s = socket.socket()
		address = (socket.gethostbyname("both.example"), 7000)
		signal.setitimer(signal.ITIMER_REAL, 0.05)
		s.connect(address)
		print(s.recv(100).decode().strip())
	END
	run -0 on_client timeout 30 "$run" -- python3 "$BATS_TEST_TMPDIR/interrupted.py"
	assert_line signal
	assert_output --partial 'over IPv6'
}

@test "connect() of a connected socket fails as natively, also to a name with IPv6 addresses only" {
	greet $server4
	cat >"$BATS_TEST_TMPDIR/connected.py" <<-'END'
		import errno, socket, sys
		s = socket.socket()
		s.connect((socket.gethostbyname("both.example"), 7000))
		print(errno.errorcode[s.connect_ex((socket.gethostbyname(sys.argv[1]), 7000))])
	END
	run -0 on_client python3 "$BATS_TEST_TMPDIR/connected.py" four.example
	assert_output EISCONN
	run -0 on_client "$run" -- python3 "$BATS_TEST_TMPDIR/connected.py" six.example
	assert_output EISCONN
}

# Widening, and every way in which it falls back to exactly the plain IPv4 result.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() { hosts_up; }
teardown() { hosts_down; }

steps() { on_server "$run" -- "$programs/steps" "$@"; }
plain() { on_server "$programs/steps" "$@"; }

# Asserts that a widened listener answers on port 5000.
serves_both=$'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1\nwho:::1/5000 accepted by a, family 2, 127.0.0.1'

@test "bind of 0.0.0.0 becomes one dual-stack socket at [::], on the same descriptor" {
	run -0 steps a=tcp4 a.bind:0.0.0.0/5000 a.listen a.name a.domain who:127.0.0.1/5000 who:::1/5000 \
		'sh:ss -Hltn'
	assert_line 'a.name family 2 length 16 0.0.0.0/5000'
	assert_line 'a.domain 2'
	assert_output --partial "$serves_both"
	assert_line --regexp '^LISTEN .*\*:5000'
	assert_equal "$(grep -c ^LISTEN <<<"$output")" 1
	run -0 plain a=tcp4 a.bind:0.0.0.0/5000 a.listen who:::1/5000
	assert_line 'who:::1/5000 ECONNREFUSED'
}

@test "MPTCP is TCP, also with IP_TOS, which it has for IPv4 alone" {
	run -0 plain a=mptcp4
	[ "$output" = 'a=mptcp4 ok' ] || skip "this kernel has no MPTCP"
	run -0 steps a=mptcp4 a.set:ip:1:16 a.bind:0.0.0.0/5000 a.listen a.domain a.name who:127.0.0.1/5000 who:::1/5000
	assert_output --partial "$serves_both"
	assert_line 'a.domain 2'
	assert_line 'a.name family 2 length 16 0.0.0.0/5000'
	run -0 plain a=mptcp4 a.bind:0.0.0.0/5000 a.listen who:::1/5000
	assert_line 'who:::1/5000 ECONNREFUSED'
}

@test "it does not depend on net.ipv6.bindv6only" {
	on_server sysctl -qw net.ipv6.bindv6only=1
	run -0 steps a=tcp4 a.bind:0.0.0.0/5000 a.listen who:127.0.0.1/5000 who:::1/5000
	assert_output --partial "$serves_both"
}

@test "listen() without a bind" {
	run -0 steps a=tcp4 a.listen a.name 'sh:ss -Hltn'
	assert_line --regexp 'a.name family 2 length 16 0.0.0.0/[1-9]'
	assert_line --regexp '^LISTEN .* \*:[1-9]'
	run -0 plain a=tcp4 a.listen 'sh:ss -Hltn'
	assert_line --regexp '^LISTEN .* 0.0.0.0:[1-9]'
}

@test "bind to port 0: one port for both families, which the program is told" {
	run -0 steps a=tcp4 a.bind:0.0.0.0/0 a.name a.listen 'sh:ss -Hltn'
	port=$(sed -n 's|^a.name family 2 length 16 0.0.0.0/||p' <<<"$output")
	assert_line --regexp "^LISTEN .* \*:$port "
}

@test "registrations in epoll sets made before bind() are there afterwards" {
	# A connection of either family is an event of the set, with the registered data.
	for from in 127.0.0.1 ::1; do
		run -0 steps a=tcp4 a.register a.bind:0.0.0.0/5000 a.listen \
			"sh:SOURCE= $programs/ask $from/5000 & " wait b=accept:a b.close
		assert_line 'wait a events 1'
		on_server ss -K "sport = :5000" >/dev/null 2>&1 || true
		hosts_down
		hosts_up
	done
}

@test "every descriptor of the socket gets the new one, each with its FD_CLOEXEC" {
	run -0 steps a=tcp4 b=dup:a b.register a.bind:0.0.0.0/5000 b.listen b.domain b.name who:::1/5000
	assert_line 'b.name family 2 length 16 0.0.0.0/5000'
	assert_line 'who:::1/5000 accepted by b, family 2, 127.0.0.1'
}

@test "a specific address stays where it is" {
	for address in 127.0.0.1 $server4; do
		run -0 steps a=tcp4 "a.bind:$address/5000" a.listen a.name 'sh:ss -Hltn' who:::1/5000 "who:$server6/5000"
		assert_line --regexp "^LISTEN .* $address:5000 "
		assert_line 'who:::1/5000 ECONNREFUSED'
		assert_line "who:$server6/5000 ECONNREFUSED"
		hosts_down
		hosts_up
	done
	run -0 steps a=tcp4 a.bind:127.0.0.1/5000 a.listen "who:$server4/5000"
	assert_line "who:$server4/5000 ECONNREFUSED"
}

@test "other sockets are left alone: UDP, a second bind, IPv6" {
	for sequence in 'a=udp4 a.bind:0.0.0.0/5000 a.name a.domain' \
		'a=tcp4 a.bind:127.0.0.1/5000 a.bind:0.0.0.0/5001 a.name' \
		'a=tcp6 a.dual a.bind:::/5000 a.name a.domain a.listen who:127.0.0.1/5000 who:::1/5000' \
		'a=tcp6 a.bind:0.0.0.0/5000' \
		'a=tcp6 a.set:ipv6:29:0 a.bind:::1/5000 a.listen who:::1/5000'; do
		# shellcheck disable=SC2086 # a list of steps
		run -0 plain $sequence
		expected=$output
		hosts_down
		hosts_up
		# shellcheck disable=SC2086
		run -0 steps $sequence
		assert_output "$expected"
	done
	run -0 steps a=tcp4 a.bind:0.0.0.0/5000 a.bind:0.0.0.0/5001 a.bind:127.0.0.1/5002 a.name
	assert_line 'a.bind:0.0.0.0/5001 EINVAL'
	assert_line 'a.bind:127.0.0.1/5002 EINVAL'
	assert_line 'a.name family 2 length 16 0.0.0.0/5000'
}

# Falls back: under DENY (see tests/programs/deny.c), the same result as without the shim.
assert_plain_under() {
	[ "$1" = dup3:EBUSY ] || need_filters
	run -0 on_server "$programs/deny" "$@" -- "$run" --log=info -- "$programs/steps" a=tcp4 a.reuseaddr \
		a.bind:0.0.0.0/5000 a.listen a.name a.domain who:127.0.0.1/5000 'sh:ss -Hltn'
	assert_line 'a.bind:0.0.0.0/5000 ok'
	assert_line 'a.listen ok'
	assert_line 'a.name family 2 length 16 0.0.0.0/5000'
	assert_line 'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1'
	assert_line --regexp '^LISTEN .* 0\.0\.0\.0:5000 '
	assert_line --partial 'stays IPv4 instead of [::]:5000'
}

# Numbers: 10 is AF_INET6, 41 IPPROTO_IPV6, 26 IPV6_V6ONLY, 29 IPV6_MULTICAST_ALL, 28 a sockaddr_in6.
@test "falls back: AF_INET6 forbidden (EAFNOSUPPORT)" { assert_plain_under socket,0=10:EAFNOSUPPORT; }
@test "falls back: AF_INET6 forbidden (EPERM)" { assert_plain_under socket,0=10:EPERM; }
@test "falls back: AF_INET6 forbidden (EACCES)" { assert_plain_under socket,0=10:EACCES; }
@test "falls back: a kernel that refuses the mark" { assert_plain_under setsockopt,1=41,2=29:ENOPROTOOPT; }
@test "falls back: IPV6_V6ONLY can't be set" { assert_plain_under setsockopt,1=41,2=26:EPERM; }
@test "falls back: the IPv6 bind is refused" { assert_plain_under bind,2=28:EACCES; }
@test "falls back: the descriptor can't be replaced" { assert_plain_under dup3:EBUSY; }

# Without getdents64(), descriptors are found by number.
@test "/proc can't be read: still widened" {
	run -0 on_server "$programs/deny" getdents64:EPERM -- "$run" -- "$programs/steps" a=tcp4 a.bind:0.0.0.0/5000 \
		a.listen a.name who:127.0.0.1/5000 who:::1/5000
	assert_line 'a.name family 2 length 16 0.0.0.0/5000'
	assert_output --partial "$serves_both"
}

@test "a program that needs no translation makes no getsockopt() or setsockopt(), for which a sandbox might kill it" {
	need strace
	start serve "$programs/serve" blocking 5000
	wait_port 5000
	run -0 on_server "$run" -- strace -f -e trace=getsockopt,setsockopt,accept,accept4 -o "$BATS_TEST_TMPDIR/trace" \
		"$programs/steps" a=tcp4 a.connect:127.0.0.1/5000 a.peer b=tcp6 b.bind:::1/5001 b.listen b.name
	run -1 grep -E 'getsockopt|setsockopt' "$BATS_TEST_TMPDIR/trace"
}

# futex() tells whether memory can be accessed; it is not called if there is nothing to translate.
@test "such a program makes no futex() either, wherever its addresses are in memory" {
	need strace
	cat >"$BATS_TEST_TMPDIR/heap.c" <<-'END'
		#include <netinet/in.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <sys/socket.h>
		#include <unistd.h>
		struct own {
			struct sockaddr_in6 name;
			struct iovec piece;
		};
		int main(void)
		{
			struct own *o = calloc(1, sizeof *o);
			struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(5001), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
			int listener = socket(AF_INET6, SOCK_STREAM, 0), client = socket(AF_INET6, SOCK_STREAM, 0), datagrams =
				socket(AF_INET6, SOCK_DGRAM, 0), result = 0;
			char data[9];

			result |= bind(listener, (struct sockaddr *)&at, sizeof at) | listen(listener, 5);
			result |= connect(client, (struct sockaddr *)&at, sizeof at);
			result |= bind(datagrams, (struct sockaddr *)&at, sizeof at);
			for (int i = 0; i < 2; i++)
				result |= sendto(datagrams, "x", 1, 0, (struct sockaddr *)&at, sizeof at) != 1;
			socklen_t size = sizeof o->name;
			result |= accept(listener, (struct sockaddr *)&o->name, &size) < 0;
			result |= getsockname(client, (struct sockaddr *)&o->name, &size);
			result |= getpeername(client, (struct sockaddr *)&o->name, &size);
			result |= recvfrom(datagrams, data, 9, 0, (struct sockaddr *)&o->name, &size) != 1;
			o->piece = (struct iovec){data, 9};
			struct msghdr message = {.msg_name = &o->name, .msg_namelen = sizeof o->name, .msg_iov = &o->piece, .msg_iovlen = 1};
			result |= recvmsg(datagrams, &message, 0) != 1;
			printf("%d %d\n", result, o->name.sin6_port == at.sin6_port);
		}
	END
	${CC:-cc} -o "$BATS_TEST_TMPDIR/heap" "$BATS_TEST_TMPDIR/heap.c"
	run -0 on_server "$run" -- strace -f -e trace=futex,recvmsg -o "$BATS_TEST_TMPDIR/trace" "$BATS_TEST_TMPDIR/heap"
	assert_output '0 1'
	grep recvmsg "$BATS_TEST_TMPDIR/trace"
	run -1 grep futex "$BATS_TEST_TMPDIR/trace"
}

@test "SO_REUSEPORT: if one of the program's sockets stays IPv4, all do, and share the connections" {
	run -0 steps a=tcp4 a.reuseport a.reuseport-bpf a.bind:0.0.0.0/5000 a.listen b=tcp4 b.reuseport \
		b.bind:0.0.0.0/5000 b.listen 'sh:ss -Hltn'
	assert_equal "$(grep -c '^LISTEN .* 0\.0\.0\.0:5000 ' <<<"$output")" 2
	run -0 steps a=tcp4 a.reuseport a.bind:0.0.0.0/5001 a.listen a.reuseport-bpf b=tcp4 b.reuseport \
		b.bind:0.0.0.0/5001 b.listen 'sh:ss -Hltn'
	assert_equal "$(grep -c '^LISTEN .* \*:5001 ' <<<"$output")" 2
}

@test "falls back: IPv6 disabled by sysctl" {
	on_server sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	run -0 steps a=tcp4 a.bind:0.0.0.0/5000 a.listen a.name who:127.0.0.1/5000
	assert_line 'a.bind:0.0.0.0/5000 ok'
	assert_line 'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1'
	# IPv6 works once it is enabled: the kernel lets [::] be bound before.
	run -0 steps a=tcp4 a.bind:0.0.0.0/5001 a.listen 'sh:sysctl -qw net.ipv6.conf.all.disable_ipv6=0' \
		who:::1/5001
	assert_line 'who:::1/5001 accepted by a, family 2, 127.0.0.1'
}

@test "falls back: no descriptor left" {
	# A widened one can still be narrowed for an option of IPv4's.
	run -0 steps a=udp4 a.bind:0.0.0.0/5001 full a.set:socket:5:1 room a.get:socket:5
	assert_line 'a.set:socket:5:1 ok'
	assert_line 'a.get:socket:5 1'
	run -0 steps a=tcp4 full a.bind:0.0.0.0/5000 a.listen room a.name who:127.0.0.1/5000 who:::1/5000
	assert_line 'a.bind:0.0.0.0/5000 ok'
	assert_line 'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1'
	assert_line 'who:::1/5000 ECONNREFUSED'
}

@test "falls back: a copy of the socket is beyond a limit that was lowered, and one descriptor is left" {
	# shellcheck disable=SC2016 # for the shell that the program starts
	run -0 steps a=tcp4 b=udp4 c=dup:a b.close \
		'sh:n=0; while [ -e /proc/$PID/fd/$n ]; do n=$((n + 1)); done; prlimit --pid $PID --nofile=$((n + 1)):' \
		a.bind:0.0.0.0/5000 'sh:prlimit --pid $PID --nofile=1024:' c.name c.listen who:127.0.0.1/5000
	assert_line 'a.bind:0.0.0.0/5000 ok'
	assert_line 'c.name family 2 length 16 0.0.0.0/5000'
	assert_line 'who:127.0.0.1/5000 accepted by c, family 2, 127.0.0.1'
}

@test "falls back: the IPv6 side belongs to another process" {
	start other "$programs/steps" a=tcp6 a.v6only a.bind:::/5000 a.listen hold
	wait_port 5000
	run -0 steps a=tcp4 a.bind:0.0.0.0/5000 a.listen a.name who:127.0.0.1/5000 who:::1/5000
	assert_line 'a.bind:0.0.0.0/5000 ok'
	assert_line 'a.name family 2 length 16 0.0.0.0/5000'
	assert_line 'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1'
	assert_line 'who:::1/5000 accepted by nobody here'
}

@test "falls back: EADDRINUSE that shows only at listen()" {
	# Both are bound with SO_REUSEADDR; then the other one listens first.
	start other "$programs/steps" a=tcp6 a.v6only a.reuseaddr a.bind:::/5000 \
		"sh:touch $BATS_TEST_TMPDIR/bound" "until:$BATS_TEST_TMPDIR/go" a.listen \
		"sh:touch $BATS_TEST_TMPDIR/listens" hold
	wait_until test -e "$BATS_TEST_TMPDIR/bound"
	run -0 steps a=tcp4 a.reuseaddr a.bind:0.0.0.0/5000 'sh:ss -Htan' \
		"sh:touch $BATS_TEST_TMPDIR/go" "until:$BATS_TEST_TMPDIR/listens" \
		a.listen a.name a.domain a.backlog a.get:socket:2 who:127.0.0.1/5000 who:::1/5000
	assert_line 'a.listen ok'
	assert_line 'a.name family 2 length 16 0.0.0.0/5000'
	assert_line 'a.backlog 17'
	assert_line 'a.get:socket:2 1'
	assert_line 'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1'
	assert_line 'who:::1/5000 accepted by nobody here'
}

@test "the port is taken in IPv4: EADDRINUSE, as without the shim" {
	start other "$programs/steps" a=tcp4 a.bind:127.0.0.1/5000 a.listen hold
	wait_port 5000
	for prefix in plain steps; do
		run -0 "$prefix" a=tcp4 a.bind:0.0.0.0/5000 a.name a.bind:0.0.0.0/5001 a.listen a.name
		assert_line 'a.bind:0.0.0.0/5000 EADDRINUSE'
		assert_line 'a.name family 2 length 16 0.0.0.0/0'
		assert_line 'a.name family 2 length 16 0.0.0.0/5001'
	done
}

@test "options set later hold for both families, or for IPv4 alone" {
	# IP_TOS, IP_TTL, IP_MINTTL are 1, 2, 21; SO_ATTACH_FILTER makes sense of IPv4 packets only.
	run -0 steps a=tcp4 a.bind:0.0.0.0/5000 a.listen a.set:ip:1:32 a.set:ip:21:5 a.get:ip:1 a.get:ip:21 \
		a.get:ipv6:26 a.set:ipv6:26:1 a.set:ip:21:999 a.filter who:::1/5000 who:127.0.0.1/5000
	assert_line 'a.get:ip:1 32'
	assert_line 'a.get:ip:21 5'
	assert_line 'a.get:ipv6:26 EOPNOTSUPP'
	assert_line 'a.set:ipv6:26:1 ENOPROTOOPT'
	assert_line 'a.set:ip:21:999 EINVAL'
	assert_line 'a.filter ok'
	assert_line 'who:::1/5000 ECONNREFUSED'
	assert_line 'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1'
}

# Each of them narrows the socket, where it has an effect.
@test "what guards a socket at ::ffff:0.0.0.0 in IPv4 keeps it from being widened, or makes it IPv4 again" {
	run -0 steps a=tcp6 a.set:ip:21:255 a.bind:::ffff:0.0.0.0/5000 a.listen who:::1/5000
	assert_line 'who:::1/5000 ECONNREFUSED'
	run -0 steps a=tcp6 a.reuseaddr a.bind:::ffff:0.0.0.0/5000 a.listen a.set:ip:21:999 who:::1/5000 a.set:ip:21:5 who:::1/5000 who:127.0.0.1/5000 \
		b=udp6 b.bind:::ffff:0.0.0.0/5001 tell:::1/5001 b.filter tell:::1/5001 tell:127.0.0.1/5001
	assert_line 'a.set:ip:21:999 EINVAL'
	assert_line 'who:::1/5000 accepted by a, family 10, ::1'
	assert_line 'a.set:ip:21:5 ok'
	assert_line 'who:::1/5000 ECONNREFUSED'
	assert_line 'who:127.0.0.1/5000 accepted by a, family 10, ::ffff:127.0.0.1'
	assert_line 'tell:::1/5001 got by b, family 10, ::1'
	assert_line 'b.filter ok'
	assert_line 'tell:::1/5001 nobody here'
	assert_line 'tell:127.0.0.1/5001 got by b, family 10, ::ffff:127.0.0.1'
}

@test "an option that is refused, or changes nothing, takes no waiting connection and leaves IPv6" {
	need python3
	cat >"$BATS_TEST_TMPDIR/refused.py" <<-'END'
		import socket, sys
		SO_DONTROUTE, SO_ATTACH_FILTER, SO_ATTACH_BPF, TCP_MD5SIG = 5, 26, 50, 14
		def attempt(s, level, name, value):
		    try:
		        s.setsockopt(level, name, value)
		        print("ok")
		    except OSError as e:
		        print(e.strerror)
		port = int(sys.argv[1])
		for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
		    s = socket.socket(type=kind)
		    s.bind(("", port))
		    clients = [socket.socket(f, kind) for f in (socket.AF_INET, socket.AF_INET6)]
		    kind == socket.SOCK_STREAM and s.listen(9)
		    def ask(client, address):
		        client.connect((address, port))
		        client.send(b"x")
		    ask(clients[0], "127.0.0.1")
		    attempt(s, socket.SOL_SOCKET, SO_DONTROUTE, 0)
		    attempt(s, socket.SOL_SOCKET, SO_ATTACH_FILTER, bytes(16))
		    attempt(s, socket.SOL_SOCKET, SO_ATTACH_BPF, -1)
		    attempt(s, socket.IPPROTO_TCP, TCP_MD5SIG, bytes(300))
		    s.settimeout(5)
		    print((s.accept()[0].recv(9) if kind == socket.SOCK_STREAM else s.recv(9)).decode())
		    try:
		        ask(clients[1], "::1")
		        print((s.accept()[0].recv(9) if kind == socket.SOCK_STREAM else s.recv(9)).decode(), "over IPv6")
		    except OSError:
		        pass
	END
	run -0 on_server python3 "$BATS_TEST_TMPDIR/refused.py" 5000
	native=$output
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/refused.py" 5001
	assert_equal "$(grep -v IPv6 <<<"$output")" "$native"
	assert_equal "$(grep -c 'x over IPv6' <<<"$output")" 2
}

@test "the log names what listens on 0.0.0.0 in IPv4 alone: by a rule, with a filter, inherited, or given" {
	run -0 --separate-stderr on_server "$run" --log=info --rule='bind port=5000 ipv4' -- "$programs/steps" \
		a=tcp4 a.bind:0.0.0.0/5000 a.listen b=tcp4 b.filter b.bind:0.0.0.0/5001 b.listen c=tcp4 c.bind:127.0.0.1/5000 c.listen \
		d=tcp4 d.bind:0.0.0.0/5002 d.listen e=udp4 e.bind:0.0.0.0/5000
	assert_regex "$stderr" 'listens on 0\.0\.0\.0:5000, in IPv4 alone'
	assert_regex "$stderr" 'stays IPv4 instead of \[::\]:5001: .*SO_ATTACH_FILTER'
	assert_regex "$stderr" 'listens on 0\.0\.0\.0:5001, in IPv4 alone'
	assert_regex "$stderr" 'is bound to 0\.0\.0\.0:5000, in IPv4 alone'
	assert_equal "$(grep -c 'in IPv4 alone' <<<"$stderr")" 3
	need python3
	cat >"$BATS_TEST_TMPDIR/give.py" <<-'END'
		import os, socket, sys
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		s.bind(("", 5003))
		s.listen(9)
		os.dup2(s.fileno(), 3)
		os.dup2(s.fileno(), 20)
		os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
		os.execvp(sys.argv[1], sys.argv[1:])
	END
	run -0 --separate-stderr on_server python3 "$BATS_TEST_TMPDIR/give.py" "$run" --log=info -- true
	assert_regex "$stderr" 'descriptor 3, which was there at the start, stays IPv4: 0\.0\.0\.0:5003'
	assert_regex "$stderr" 'descriptor 20, which was there at the start, stays IPv4: 0\.0\.0\.0:5003'
	cat >"$BATS_TEST_TMPDIR/pass.py" <<-'END'
		import socket
		s = socket.socket()
		s.bind(("", 5004))
		a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
		socket.send_fds(a, [b"x"], [s.fileno()])
		socket.recv_fds(b, 1, 1)
	END
	run -0 --separate-stderr on_server "$run" --log=info --rule='bind port=5004 ipv4' -- python3 "$BATS_TEST_TMPDIR/pass.py"
	assert_regex "$stderr" 'which was passed on, stays IPv4: 0\.0\.0\.0:5004'
}

@test "the options that are marks read as their defaults" {
	run -0 plain a=mptcp4 a.bind:0.0.0.0/5000 a.get:ip:51
	if [ "${lines[2]}" = 'a.get:ip:51 0' ]; then
		run -0 steps a=mptcp4 a.bind:0.0.0.0/5000 a.get:ip:51 a.listen who:::1/5000
		assert_line 'a.get:ip:51 0'
		assert_line 'who:::1/5000 accepted by a, family 2, 127.0.0.1'
	fi
	run -0 steps a=udp4 a.bind:0.0.0.0/5001 a.get:socket:18
	assert_line 'a.get:socket:18 1'
	# A socket of the program's own has what it has.
	run -0 plain a=tcp6 a.get:ipv6:29
	assert_line 'a.get:ipv6:29 1'
	run -0 steps b=udp4 b.bind:0.0.0.0/5001 a=tcp6 a.get:ipv6:29
	assert_line 'a.get:ipv6:29 1'
}

@test "a socket that can't be narrowed any more stays widened, and the option is refused" {
	# Without SO_REUSEADDR, a connection in TIME_WAIT keeps the port from a new socket.
	run -0 steps a=tcp4 a.bind:0.0.0.0/5000 a.listen who:127.0.0.1/5000 a.filter a.get:socket:2 \
		a.get:socket:15 who:127.0.0.1/5000 who:::1/5000
	assert_line 'a.filter EADDRINUSE'
	assert_line 'a.get:socket:2 0'
	assert_line 'a.get:socket:15 0'
	assert_output --partial "$serves_both"
	run -0 steps a=tcp4 a.reuseaddr a.bind:0.0.0.0/5001 a.listen who:127.0.0.1/5001 a.filter a.get:socket:2 \
		a.get:socket:15 who:127.0.0.1/5001 who:::1/5001
	assert_line 'a.filter ok'
	assert_line 'a.get:socket:2 1'
	assert_line 'a.get:socket:15 0'
	assert_line 'who:127.0.0.1/5001 accepted by a, family 2, 127.0.0.1'
	assert_line 'who:::1/5001 ECONNREFUSED'
}

@test "IP_MINTTL keeps distant IPv6 peers out as it does IPv4 ones" {
	# RFC 5082 asks for 255 hops. The client's packets arrive with 64.
	start guarded "$run" -- "$programs/steps" a=tcp4 a.set:ip:21:255 a.bind:0.0.0.0/5000 a.listen hold
	start open "$run" -- "$programs/steps" a=tcp4 a.bind:0.0.0.0/5001 a.listen hold
	wait_port 5000
	wait_port 5001
	for address in $server4 $server6; do
		run -0 on_client "$programs/steps" a=tcp6 b=tcp4 "a.nonblock" "b.nonblock" "who:$address/5001"
		assert_line "who:$address/5001 accepted by nobody here"
		run -0 on_client timeout 2 "$programs/ask" "$address/5000" || true
		assert_output ''
	done
}

@test "DUALSTACK_DISABLE=1 makes the library inert" {
	DUALSTACK_DISABLE=1 run -0 steps a=tcp4 a.bind:0.0.0.0/5000 a.listen who:127.0.0.1/5000 who:::1/5000
	assert_line 'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1'
	assert_line 'who:::1/5000 ECONNREFUSED'
}

@test "a client that binds before it connects" {
	start server "$run" -- "$programs/serve" blocking 5000
	wait_port 5000
	run -0 steps b=tcp4 b.bind:0.0.0.0/5009 b.connect:127.0.0.1/5000 b.name b.peer b.domain
	assert_line 'b.connect:127.0.0.1/5000 ok'
	assert_line 'b.name family 2 length 16 127.0.0.1/5009'
	assert_line 'b.peer family 2 length 16 127.0.0.1/5000'
	assert_line 'b.domain 2'
}

# FTP's data connections: the server binds the address that the client connected to, and connects to the
# client's, both as they were shown.
@test "binding and connecting to synthetic addresses goes to the real ones" {
	start ftp "$run" -- "$programs/serve" ftp 5000
	wait_port 5000
	on_client "$programs/steps" a=tcp6 a.v6only a.bind:::/2000 a.listen \
		"sh:$programs/ask $server6/5000 2000" b=accept:a b.peer >"$BATS_TEST_TMPDIR/client"
	run -0 cat "$BATS_TEST_TMPDIR/client"
	assert_line 'bind ok'
	assert_line 'connect ok'
	assert_line --regexp '^data connection to 24[0-7]\.[0-9.]+, as shown before, domain 2$'
	assert_line "b.peer family 10 length 28 $server6/2020"
	# The same server still answers over IPv4.
	on_client "$programs/steps" a=tcp4 a.bind:0.0.0.0/2001 a.listen \
		"sh:$programs/ask $server4/5000 2001" b=accept:a b.peer >"$BATS_TEST_TMPDIR/client"
	run -0 cat "$BATS_TEST_TMPDIR/client"
	assert_line 'data connection to 192.0.2.2, as shown before, domain 2'
	assert_line "b.peer family 2 length 16 $server4/2020"
}

# vsftpd then tries another of its pasv_min_port to pasv_max_port, and ends the session at any other error.
@test "binding a synthetic address to a port that is taken fails as natively" {
	start taken "$run" -- python3 -c '
import errno, socket
def bound(at):
    s = socket.socket()
    s.bind(at)
    return s
listener = bound(("0.0.0.0", 5000))
listener.listen()
while True:
    peer, _ = listener.accept()
    at = (peer.getsockname()[0], 2020)
    first = bound(at)
    try: bound(at)
    except OSError as error: peer.send(errno.errorcode[error.errno].encode() + b"\n")
    peer.close()
    first.close()'
	wait_port 5000
	for host in "$server4" "$server6"; do
		run -0 on_client "$programs/ask" "$host/5000"
		assert_output --partial EADDRINUSE
	done
}

# A clone would be in the namespace that the program has moved to.
@test "a socket stays in the network namespace that it was made in" {
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		run -0 on_server $prefix "$programs/steps" a=tcp4 unshare a.bind:0.0.0.0/5000 a.listen \
			"sh:nsenter --net=/var/run/netns/$server ss -Hltn sport = :5000"
		assert_line 'unshare ok'
		assert_line --partial '0.0.0.0:5000'
	done
}

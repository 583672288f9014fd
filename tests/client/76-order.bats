# The order of a name's addresses, and who is helped: the program's own address is the first, on its own socket.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names

setup() {
	need python3
	hosts_up
	names_up
}
teardown() { hosts_down; }

# client PROGRAM... [in Python, under the library]
client() { on_client "$run" --log=info -- python3 -c "$@"; }

plain='
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.settimeout(5)
s.connect(socket.getaddrinfo(sys.argv[1], 7000, socket.AF_INET, socket.SOCK_STREAM)[0][4])
print(s.recv(100).decode().strip())'

@test "both answer: the program's own address, unless IPv6 is preferred" {
	greet $server4 $server6
	run -0 client "$plain" both.example
	assert_output --partial 'over IPv4'
	DUALSTACK_PREFER=ipv6 run -0 client "$plain" both.example
	assert_output --partial 'over IPv6'
	run -0 on_client "$run" --rule='connect name=both.example ipv6-first' -- python3 -c "$plain" both.example
	assert_output --partial 'over IPv6'
}

@test "IPv4 refused: IPv6 at once; IPv4 silent: IPv6 after the delay" {
	greet $server6
	run -0 client "$plain" both.example
	assert_output --partial 'over IPv6'
	assert_output --regexp "192\.0\.2\.1:7000 ECONNREFUSED after [0-9]+ ms, \[$server6\]:7000 connected"
	on_server nft 'add table inet lost; add chain inet lost in { type filter hook input priority 0; }
		add rule inet lost in ip daddr 192.0.2.1 meta l4proto tcp drop'
	run -0 client "$plain" both.example
	assert_output --partial 'over IPv6'
	assert_output --regexp "192\.0\.2\.1:7000 given up after [0-9]+ ms, \[$server6\]:7000 connected"
}

# As Qt with IPv4Protocol, Mono and paho-mqtt do.
unspec='
import socket, sys
list = [a for a in socket.getaddrinfo(sys.argv[1], 7000, 0, socket.SOCK_STREAM)]
if len(sys.argv) > 2:
    try:
        socket.socket(socket.AF_INET6).connect([a[4] for a in list if a[0] == socket.AF_INET6][0])
    except OSError as e:
        print(type(e).__name__, "in IPv6")
try:
    s = socket.socket()
    s.connect([a[4] for a in list if a[0] == socket.AF_INET][0])
    print(s.recv(100).decode().strip())
except OSError as e:
    print(type(e).__name__, "in IPv4")
except IndexError:
    print("no IPv4 address")'

@test "a program that asks for both families and takes IPv4 is helped until it connects in AF_INET6" {
	greet $server6
	run -0 client "$unspec" both.example
	assert_output --partial 'over IPv6'
	# One that knows both goes on by itself: its IPv4 address fails as natively.
	run -0 client "$unspec" both.example knows
	assert_line 'ConnectionRefusedError in IPv4'
}

@test "synthetic = always: such a program reaches a name that has IPv6 addresses only" {
	greet $server6
	run -0 client "$unspec" six.example
	assert_line 'no IPv4 address'
	DUALSTACK_SYNTHETIC=always run -0 client "$unspec" six.example
	assert_output --partial 'over IPv6'
}

@test "a name that a child asked for: no packet to the pool, and the error comes at once" {
	greet $server6
	on_client nft 'add table ip seen; add chain ip seen out { type filter hook output priority 0; }
		add rule ip seen out ip daddr 240.0.0.0/4 counter'
	run -0 client '
import socket, subprocess, sys
ask = "import socket; print(socket.gethostbyname(\"six.example\"))"
address = subprocess.run([sys.executable, "-c", ask], stdout=subprocess.PIPE).stdout.decode().strip()
print("given", address)
for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
    s = socket.socket(socket.AF_INET, kind)
    try:
        s.sendto(b"x", (address, 7000)) if kind == socket.SOCK_DGRAM else s.connect((address, 7000))
    except OSError as e:
        print(e.strerror)'
	assert_line --regexp '^given 2[45][0-9]\.'
	assert_equal "$(grep -c '^Network is unreachable$' <<<"$output")" 2
	run -0 on_client nft list chain ip seen out
	assert_output --partial 'packets 0 bytes 0'
}

# axel writes without a look at what connect() said; others connect the same socket until it works.
@test "a connect() that blocks and has failed leaves no error behind, and another one begins anew" {
	local ask='
import socket, sys
address = socket.gethostbyname(sys.argv[1])
s = socket.socket()
for i in range(3):
    print(s.connect_ex((address, 7000)), s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
    s.connect_ex((address, 7000))
try:
    s.send(b"x")
except OSError as e:
    print(e.strerror)' natively
	run -0 on_client python3 -c "$ask" nobody.example
	natively=$output
	for prefer in own ipv6; do
		DUALSTACK_PREFER=$prefer run -0 on_client "$run" -- python3 -c "$ask" nobody.example
		assert_output "$natively"
	done
	# Of the IPv6 address, nothing is heard.
	drop_in6 2001:db8:1::99
	run -0 on_client "$run" -- python3 -c "$ask" nobody.example
	assert_output "$natively"
}

@test "a socket whose connect() has failed reaches a name with IPv6 addresses only" {
	greet $server6
	run -0 client '
import socket
s = socket.socket()
print(s.connect_ex((socket.gethostbyname("nobody.example"), 7000)) != 0)
s.connect((socket.gethostbyname("six.example"), 7000))
print(s.recv(100).decode().strip())'
	assert_line True
	assert_output --partial 'over IPv6'
}

# The other thread waits since before there is anything to wait for, as a reactor's do.
@test "a thread in epoll_wait() drives a connect that another one begins" {
	greet $server6
	on_server nft 'add table inet lost; add chain inet lost in { type filter hook input priority 0; }
		add rule inet lost in ip daddr 192.0.2.1 meta l4proto tcp drop'
	on_client nft 'add table ip seen; add chain ip seen out { type filter hook output priority 0; }
		add rule ip seen out tcp dport 7000 counter'
	WAITING=$(call_numbers SYS_epoll_wait SYS_epoll_pwait) run -0 client '
import os, select, socket, threading
address = socket.getaddrinfo("both.example", 7000, socket.AF_INET, socket.SOCK_STREAM)[0][4]
set = select.epoll()
events = []
waits = threading.Thread(target=lambda: events.extend(set.poll(20)))
waits.start()
while "ep_poll" not in open("/proc/self/task/%d/wchan" % waits.native_id).read() and \
        open("/proc/self/task/%d/syscall" % waits.native_id).read().split()[0] not in os.environ["WAITING"].split():
    pass
s = socket.socket()
s.setblocking(False)
s.connect_ex(address)
set.register(s, select.EPOLLOUT)
waits.join()
print(events == [(s.fileno(), select.EPOLLOUT)], s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
s.setblocking(True)
print(s.recv(100).decode().strip())'
	assert_line 'True 0'
	assert_output --partial 'over IPv6'
	# By the delay, before the kernel sends its SYN again.
	run -0 on_client nft list chain ip seen out
	assert_output --partial 'counter packets 1 '
}

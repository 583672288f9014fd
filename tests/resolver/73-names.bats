# What the resolver gives under the shim, and what connect() makes of it.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names

setup() {
	need python3
	hosts_up
	names_up
}
teardown() { hosts_down; }

lookups() { PORT=7000 run -0 on_client "$run" --log=info -- "$programs/lookups" "$@"; }

@test "every flag, service and type: the same as without the shim" {
	local name
	for name in four.example both.example eight.example nosuch.example 192.0.2.7 localhost; do
		on_client "$programs/lookups" flags $name | sort >"$BATS_TEST_TMPDIR/plain"
		on_client "$run" -- "$programs/lookups" flags $name | sort >"$BATS_TEST_TMPDIR/shim"
		run -0 diff "$BATS_TEST_TMPDIR/plain" "$BATS_TEST_TMPDIR/shim"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/plain")" = 1536 ]
	done
	# Except in AF_INET6: V4MAPPED addresses if there are no others, but not for bind().
	for name in both.example six.example nosuch.example 2001:db8::7 ::1; do
		on_client "$programs/lookups" flags6 $name | sort >"$BATS_TEST_TMPDIR/plain"
		on_client "$run" -- "$programs/lookups" flags6 $name | sort >"$BATS_TEST_TMPDIR/shim"
		run -0 diff "$BATS_TEST_TMPDIR/plain" "$BATS_TEST_TMPDIR/shim"
	done
}

# A line of the hosts file has a canonical name of its own, and ::1 in one is 127.0.0.1 for who asks for IPv4.
@test "names in the hosts file: the same as without the shim" {
	local flags name
	printf '%s\n' "$server6 six.example pair" "$server4 four.example pair" '127.0.1.1 self.example self' \
		'::1 self' >"/etc/netns/$client/hosts"
	echo 'hosts: files' >"/etc/netns/$client/nsswitch.conf"
	for flags in flags flags6; do
		for name in pair self; do
			on_client "$programs/lookups" $flags $name >"$BATS_TEST_TMPDIR/plain"
			on_client "$run" -- "$programs/lookups" $flags $name >"$BATS_TEST_TMPDIR/shim"
			run -0 diff "$BATS_TEST_TMPDIR/plain" "$BATS_TEST_TMPDIR/shim"
		done
	done
}

@test "a name with no address: the same errors, however little room there is for more" {
	run -0 on_client "$programs/resolve" nosuch.example
	native=$output
	run -0 on_client "$run" -- "$programs/resolve" nosuch.example
	assert_output "$native"
}

# The C library looks no further for AF_UNSPEC: the hosts file has the name.
@test "a name in the hosts file in one family, and at the name server in the other: each is found where it is natively" {
	printf '%s\n' "2001:db8:1::77 both.example" "192.0.2.77 six.example" >"/etc/netns/$client/hosts"
	local flags name
	for flags in flags flags6; do
		for name in both.example six.example; do
			on_client "$programs/lookups" $flags $name | sort >"$BATS_TEST_TMPDIR/plain"
			on_client "$run" -- "$programs/lookups" $flags $name | sort >"$BATS_TEST_TMPDIR/shim"
			run -0 diff "$BATS_TEST_TMPDIR/plain" "$BATS_TEST_TMPDIR/shim"
		done
	done
}

@test "a name in the hosts file with IPv6 addresses only, where no name server answers" {
	echo "$server6 lone.example" >"/etc/netns/$client/hosts"
	echo 'nameserver 127.0.0.9' >"/etc/netns/$client/resolv.conf"
	run on_client "$programs/resolve" lone.example
	assert_line --partial 'getaddrinfo AF_INET: Temporary failure in name resolution'
	run on_client "$run" -- "$programs/resolve" lone.example
	assert_line --regexp '^getaddrinfo AF_INET: 2[0-9.]+ port 80 '
	for function in gethostbyname 'gethostbyname2 AF_INET' gethostbyname_r; do assert_line --regexp "^$function: 2[0-9.]+ length 4"; done
	run on_client "$run" -- "$programs/resolve" nosuch.example
	assert_line 'getaddrinfo AF_INET: Temporary failure in name resolution'
	assert_line 'gethostbyname: Host name lookup failure'
	assert_line 'gethostbyname_r: Host name lookup failure'
	run on_client "$run" --probe lone.example 1
	assert_line --regexp "^$server6 +Connection refused"
}

@test "A only, asked for as AF_INET6: V4MAPPED, also by gethostbyname2() and its _r form" {
	run -0 on_client "$programs/resolve" four.example
	assert_line 'gethostbyname2 AF_INET6: No address associated with name'
	run -0 on_client "$run" -- "$programs/resolve" four.example
	assert_line --partial "getaddrinfo AF_INET6: ::ffff:$server4 port 80"
	assert_line "gethostbyname2 AF_INET6: ::ffff:$server4 length 16 family 10"
	assert_line "gethostbyname2_r AF_INET6: ::ffff:$server4 length 16 family 10"
	greet $server4
	lookups 6 four.example
	assert_output --partial 'over IPv4'
	# Each has the flags that were asked for.
	run -0 on_client "$run" -- "$programs/lookups" flags6 four.example
	assert [ "$(grep -c ' ::ffff:' <<<"$output")" -gt 100 ]
	run -1 grep -Ev '^([0-9a-f]+) .*( error | flags \1 )' <<<"$output"
}

@test "the log has each IPv6 address and its synthetic one once" {
	run -0 --separate-stderr on_client "$run" --log=info -- "$programs/resolve" six.example
	assert_equal "$(grep -c "\[$server6\]:[0-9]* is given to the program as 2[45][0-9]\." <<<"$stderr")" 1
	given=$(sed -n 's/^gethostbyname: \([0-9.]*\) .*/\1/p' <<<"$output")
	assert_regex "$stderr" " as $given:"
}

@test "an AAAA query that is never answered: a program waits for it once" {
	# Natively, with AF_UNSPEC, the resolver waits ten seconds each time.
	run -124 on_client timeout 4 getent ahosts slow.test
	greet $server4
	# Twenty in a row, of which one waits for a second.
	PORT=7000 run -0 on_client timeout 8 "$run" -- "$programs/lookups" 4 $(printf 'slow.test %.0s' {1..20})
	assert_equal "$(grep -c 'slow.test found' <<<"$output")" 20
	assert_output --partial 'over IPv4'
}

# The C library's own threads would get past the library (glibc 2.34 and later).
@test "getaddrinfo_a(), gai_suspend() and gai_cancel() answer as natively, and give a synthetic address where there is only IPv6" {
	[ "$("$programs/asynchronous")" != none ] || skip 'this C library has no getaddrinfo_a()'
	set -- env RES_OPTIONS='timeout:1 attempts:1' "$programs/asynchronous"
	run -0 --separate-stderr on_client "$@" four.example lost.test none.example
	local natively=$output
	assert_line "called with: 0, $server4"
	run -0 --separate-stderr on_client "$run" -- "$@" four.example lost.test none.example
	# glibc 2.36 says EAI_SYSTEM; the manual says EAI_AGAIN.
	assert_equal "$output" "${natively/timeout: -11/timeout: -3}"
	run -0 --separate-stderr on_client "$run" -- "$@" six.example lost.test none.example
	assert_line --regexp '^called with: 0, 2[45][0-9]\.'
	assert_line --regexp '^name: 0, 2[45][0-9]\.'
}

# also ADDRESS NAME...: more lines of the name server's hosts file.
also() {
	printf '%s %s\n' "$@" >>"$BATS_TEST_TMPDIR/hosts"
	kill -HUP "$(on_server ss -Hlunp 'sport = :53' | grep -o 'pid=[0-9]*' | head -n 1 | cut -d= -f2)"
	wait_until eval "on_client getent ahosts '${*: -1}' | grep -q '${*: -2:1}'"
}

# The name that the thread asked for last does not decide: another thread, or a later question, may mean another.
@test "names that share an IPv4 address: IPv6 addresses that all of them have, and no others" {
	also $server4 twin.example 2001:db8:1::98 twin.example $server6 twin.example
	# other.example has an IPv6 address where nobody listens.
	greet $server6
	lookups 4 both.example
	assert_output --partial 'over IPv6'
	lookups 4 +both.example
	assert_output --partial 'over IPv6'
	lookups 4 other.example
	assert_line 'connect: ECONNREFUSED'
	assert_output --partial 'to other.example: '
	assert_output --partial '[2001:db8:1::99]'
	# They have none in common.
	for asked in 'other.example both.example' 'both.example other.example' '+other.example +both.example' \
		'+other.example both.example' 'other.example both.example both.example'; do
		# shellcheck disable=SC2086 # several words
		lookups 4 $asked
		assert_line 'connect: ECONNREFUSED'
		refute_output --partial '2001:db8:1::99'
	done
	# These have one, and 2001:db8:1::98 is one name's alone.
	lookups 4 twin.example both.example
	assert_output --partial 'over IPv6'
	refute_output --partial '2001:db8:1::98'
	lookups 4 twin.example both.example other.example
	assert_line 'connect: ECONNREFUSED'
}

@test "with prefer = ipv6, several names with one IPv4 address: it is not clear which is meant, and IPv4 is first" {
	also $server4 twin.example $server6 twin.example
	greet $server4 $server6
	DUALSTACK_PREFER=ipv6 lookups 4 both.example
	assert_output --partial 'over IPv6'
	DUALSTACK_PREFER=ipv6 lookups 4 twin.example both.example
	assert_output --partial 'over IPv4'
}

@test "an address that the thread has asked for as a number since goes nowhere else" {
	greet $server6
	lookups 4 both.example $server4
	assert_line 'connect: ECONNREFUSED'
	refute_output --partial "$server6"
	lookups 4 $server4 both.example
	assert_output --partial 'over IPv6'
	# What another thread has asked for does not matter here.
	lookups 4 +$server4 both.example
	assert_output --partial 'over IPv6'
	lookups 4 +both.example $server4
	assert_line 'connect: ECONNREFUSED'
}

@test "127.0.0.1 from a name is still tried first" {
	also 127.0.0.1 here.example ::1 here.example
	# On the client's own loopback.
	server=$client greet 127.0.0.1 ::1
	lookups 4 here.example
	assert_output --partial 'over IPv4'
	# Also where IPv6 is preferred.
	DUALSTACK_PREFER=ipv6 lookups 4 here.example
	assert_output --partial 'over IPv4'
}

@test "an AF_INET6 program goes on to IPv4 addresses, with its options, unless it said IPV6_V6ONLY" {
	greet $server4
	run -0 on_client "$run" -- python3 -c '
import socket
def client(v6only):
    s = socket.socket(socket.AF_INET6)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, 32)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 33)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    address = socket.getaddrinfo("only4.example", 7000, socket.AF_INET6, socket.SOCK_STREAM)[0][4]
    try:
        s.connect(address)
    except OSError as e:
        print(type(e).__name__, s.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY))
        return
    print(s.recv(100).decode().strip(), s.getpeername()[0], s.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS),
          s.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS), s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
client(0)
client(1)'
	assert_line --index 0 "over IPv4 ::ffff:$server4 32 33 1"
	assert_line --index 1 'ConnectionRefusedError 1'
}

# TCP_MD5SIG (RFC 2385) holds for one address, and can't be read back; neither can a filter set by its
# descriptor.
@test "with an option that can't be copied to another socket, connect() tries the one address only" {
	greet $server4 $server6
	for family in AF_INET AF_INET6; do
		run -0 on_client "$run" -- python3 -c '
import socket, sys, struct
family = getattr(socket, sys.argv[1])
def client(signed):
    s = socket.socket(family)
    name = "only4.example" if family == socket.AF_INET6 else "only6.example"
    address = socket.getaddrinfo(name, 7000, family, socket.SOCK_STREAM)[0][4]
    if signed:
        key = socket.inet_pton(socket.AF_INET6, "2001:db8:9::9") if family == socket.AF_INET6 else bytes([198, 51, 100, 9])
        where = struct.pack("=HHI16sI" if family == socket.AF_INET6 else "=HH", family, 0, *([0, key, 0] if family == socket.AF_INET6 else [])) + (key if family == socket.AF_INET else b"")
        s.setsockopt(socket.IPPROTO_TCP, 14, where.ljust(128, b"\0") + struct.pack("=BBHI80s", 0, 0, 3, 0, b"key"))
    try:
        s.connect(address)
        print("connected")
    except OSError as e:
        print(type(e).__name__)
client(False)
client(True)' $family
		assert_line --index 0 connected
		assert_line --index 1 ConnectionRefusedError
	done
}

# A server finds its peers among the addresses of their names (address/47-names-of-peers.bats). Nobody has come to a client.
@test "a client that was given an address for a name with IPv6 alone gets another name's IPv4 addresses as they are" {
	run -0 on_client "$run" -- python3 -c '
import socket
for name in "six.example", "both.example":
    print(name, *(a[4][0] for a in socket.getaddrinfo(name, 7000, socket.AF_INET, socket.SOCK_STREAM)))
    print(*socket.gethostbyname_ex(name)[2])'
	assert_line --index 0 --regexp '^six.example 24[0-9.]+$'
	assert_line --index 2 "both.example $server4"
	assert_line --index 3 "$server4"
}

# Mail must not come back because a server was busy.
@test "without a descriptor left, a name is not found for the moment, as natively" {
	for command in '' "$run --"; do
		# shellcheck disable=SC2086 # several words
		run -0 on_client $command python3 -c '
import os, resource, socket
"name".encode("idna")
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
try:
    while True: os.dup(0)
except OSError:
    pass
try:
    socket.getaddrinfo("both.example", 7000, socket.AF_INET, socket.SOCK_STREAM)
except OSError as e:
    print(e.__class__.__name__, e.errno)'
		assert_output 'OSError 24'
	done
}

# Starts dns.py as the client's name server.
own_name_server() {
	server=$client start names python3 "$BATS_TEST_TMPDIR/dns.py"
	wait_until eval 'on_client ss -Hlun "sport = :53" | grep -q 127.0.0.9'
	printf '%s\n' 'nameserver 127.0.0.9' 'options timeout:1 attempts:1' >"/etc/netns/$client/resolv.conf"
}

# A mail server asks for each family in turn, and tries again later if one is not found for the moment.
@test "no IPv4 address, and no answer about IPv6: not found for the moment, for a program that asks for IPv6" {
	cat >"$BATS_TEST_TMPDIR/dns.py" <<-'END'
		import socket
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("127.0.0.9", 53))
		while True:
		    query, client = s.recvfrom(512)
		    if b"\0\x1c\0\x01" in query:  # AAAA
		        continue
		    s.sendto(query[:2] + b"\x85\x80" + query[4:6] + bytes(6) + query[12:], client)
	END
	own_name_server
	for family in 2:-5 10:-3; do # EAI_NODATA, EAI_AGAIN
		for command in '' "$run --"; do
			# shellcheck disable=SC2086 # several words
			run -0 on_client $command python3 -c 'import socket, sys
try:
    socket.getaddrinfo("name.test", 80, int(sys.argv[1]), socket.SOCK_STREAM)
except OSError as e:
    print(e.errno)' "${family%:*}"
			assert_output "${family#*:}"
		done
	done
}

@test "no answer about IPv4 for the moment, and an IPv6 address: the program gets that" {
	cat >"$BATS_TEST_TMPDIR/dns.py" <<-'END'
		import socket
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("127.0.0.9", 53))
		while True:
		    query, client = s.recvfrom(512)
		    question = query[12:query.index(0, 12) + 5]
		    if b"\0\x1c\0\x01" in query:  # AAAA
		        answer = b"\x81\x80\0\1\0\1" + bytes(4) + question + bytes.fromhex("c00c001c00010000003c0010")
		        answer += socket.inet_pton(socket.AF_INET6, "2001:db8:1::1")
		    else:
		        answer = b"\x81\x82\0\1" + bytes(6) + question  # SERVFAIL
		    s.sendto(query[:2] + answer, client)
	END
	own_name_server
	for flags in 0 2; do # AI_CANONNAME
		run -0 on_client "$run" -- python3 -c 'import socket, sys
print(socket.getaddrinfo("name.test", 80, socket.AF_INET, socket.SOCK_STREAM, 0, int(sys.argv[1]))[0][4][0])' $flags
		assert_output --regexp '^24[0-9]\.'
	done
}

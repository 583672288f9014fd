# Every call, with any arguments, gives what it gives without the library (tests/programs/answers.c).
# Differences are listed here, each with its reason.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	need taskset
	hosts_up
	local host
	for host in "$server" "$client"; do
		mkdir -p "/etc/netns/$host"
		echo 'hosts: files' >"/etc/netns/$host/nsswitch.conf"
		{
			echo '127.0.0.1 localhost'
			echo '192.0.2.7 answers.example alias.example'
			echo '2001:db8:1::7 six.example'
		} >"/etc/netns/$host/hosts"
	done
}
teardown() { hosts_down; }

# answers PROGRAM PREFIX...: runs the program of one or two words without the library and with it, each on a host of
# its own. $BATS_TEST_TMPDIR/differences has both lines wherever they differ.
answers() {
	local program native=$BATS_TEST_TMPDIR/native shim=$BATS_TEST_TMPDIR/shim
	read -ra program <<<"$1"
	shift
	on_client taskset -c 0 "$@" "$programs/${program[@]}" >"$native" 3>&- &
	on_server taskset -c "$(($(nproc) - 1))" "$@" "$run" -- "$programs/${program[@]}" >"$shim" 3>&-
	wait $!
	assert_equal "$(sed 's/).*//' "$shim")" "$(sed 's/).*//' "$native")"
	LC_ALL=C
	paste -d '\t' "$native" "$shim" | awk -F '\t' '$1 != $2' >"$BATS_TEST_TMPDIR/differences"
}

# Reads patterns, each followed by a line with the reason why its matches may differ. Each difference must have
# a reason, and each reason a difference.
assert_justified() {
	local pattern reason all=
	while IFS= read -r pattern && IFS= read -r reason; do
		grep -aqE "$pattern" "$BATS_TEST_TMPDIR/differences" || fail "nothing differs any more: $pattern ($reason)"
		all+=${all:+|}"($pattern)"
	done
	run grep -avE "$all" "$BATS_TEST_TMPDIR/differences"
	assert_output ''
}

changing='^getsockopt\(128, [a-z0-9-]+, (socket, (49|56|57)|tcp, (11|24|26)), data, room\)
cookies, times and processors are never twice the same'

names='^get(addrinfo|hostbyname2?(_r)?)\(.*in6
names with addresses of the other family only are found, whether there is a way to them or not (dualstack(7), Names)
^getaddrinfo\(in, .* (=|no entry)( -?[0-9]+)? ok.*	
with one family to ask for, glibc sets errno to 0, which nobody may look at after success or with such an error
^gethostbyname2?\(wild(, in)?\) no entry	.* no entry ok$
with both families to ask for, it does so here
^(connect|send(to|m?msg))\(.*(pool|broadcast), .* = -1 .*	.* = -1 ENETUNREACH
refused either way; what was not given out is nobody, and is not asked for, nor is a port'

@test "every function in hooks.def, every two arguments: the same answers, except those listed" {
	answers 'answers 2'
	assert [ "$(wc -l <"$BATS_TEST_TMPDIR/native")" -gt 20000 ]
	# These are real answers: there are many of each kind.
	for kind in ' = 0' ' = -1 EFAULT' ' = -1 EINVAL' ' = -1 ENOTSOCK' ' = -1 EAFNOSUPPORT' 'from=0200' 'signal 11'; do
		assert [ "$(grep -ac -- "$kind" "$BATS_TEST_TMPDIR/native")" -gt 50 ]
	done
	assert_justified <<-END
		$changing
		^(accept4?|getsockname|getpeername|recvfrom|__recvfrom_chk|recvmm?sg)\(.* = -1 EFAULT.*	.* = -1 EFAULT
		refused either way; the length that the kernel leaves beside it is its own, of an IPv6 address
		^get(sock|peer)name\(0, [a-z-]+, NULL, room\) = 0 
		with no address to write to, the kernel is asked for the length alone, and says its own
		^bind\((tcp|mptcp|udp)-[a-z-]+, .* = -1 (EADDRNOTAVAIL|EAFNOSUPPORT).*	.* = -1 EINVAL
		refused either way; that the socket is bound already IPv6 finds before it looks at the address
		^bind\(tcp-accepted-gone, read-only, 16\)
		of a connection that was reset before it was accepted IPv6 keeps the port
		^recvmm?sg\([a-zA-Z]+, [0-9-]+, [a-z]+, [0-9]+, (unmapped|last16|read-only), .* = [0-9]
		where control messages can't be written all, some of them or none are
		^send(to|m?msg)?\(.*udp-.* = -1 EMSGSIZE.*	.* = -1 
		refused either way; IPv4 looks at the length first, IPv6 at the address
		^getsockopt\(128, udp-(bound(-[a-z]+)?|pending), socket, 55, data, room\)
		SO_MEMINFO counts what the filter takes that keeps forged sources out (dualstack(7), SECURITY)
		^send(to\(udp-bound, data, 16, 0, |m?msg\()in6-(any|local|mapped), (28|128)[,)].* = -1 EAFNOSUPPORT.*	.* = 1
		a widened socket sends to IPv6 addresses, too, which aria2c has for a name
		^sendm?msg\((unix|family255|in6-[a-z]+), .* = -1 (EFAULT|EINVAL|EMSGSIZE).*	.* = -1 EAFNOSUPPORT
		refused either way; the library looks at the address before the kernel looks at the data
		^setsockopt\(mptcp-bound, ip, 51, on, 128\) = -1 EINVAL.*	.* = 0
		IP_LOCAL_PORT_RANGE is the mark of MPTCP, and stays
		$names
	END
}

@test "every number of a socket option, five values, at each moment: the same answers, except those listed" {
	answers options
	assert [ "$(wc -l <"$BATS_TEST_TMPDIR/native")" -eq 22400 ]
	assert [ "$(grep -c ') ok: 4: ' "$BATS_TEST_TMPDIR/native")" -gt 500 ]
	# Cookies, clocks, processors and ports of the kernel's choice are never twice the same.
	sed -Ei '/^[a-z0-9 -]+ (socket (49|56|57)|tcp (11|24|26)|ip 52) /d' "$BATS_TEST_TMPDIR/differences"
	assert_justified <<-END
		^udp (before|bound) socket 18 .*ok: 4: 01000000$
		SO_RCVLOWAT means nothing to a datagram socket, and is the mark
		^tcp accepted-ipv6 ip 14 
		IP_MTU is that of the route to the peer, and IPv6 has another on the loopback interface
		^tcp accepted-ipv6 ip 33 .* EINVAL: 4: 40000000	
		of an IPv4 connection, IP_MULTICAST_TTL is that of its first packet (tcp_v4_syn_recv_sock()); it can't be set
	END
}

@test "a kernel without IPv6: the same answers" {
	need_filters
	answers 'answers 1' "$programs/deny" socket,0=10:EAFNOSUPPORT --
	assert [ "$(wc -l <"$BATS_TEST_TMPDIR/native")" -gt 4000 ]
	assert_justified <<<"$changing"$'\n'"$names"
}

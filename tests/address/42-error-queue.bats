# What comes through the error queue of a widened UDP socket beside the error itself.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	need python3
	hosts_up
}
teardown() { hosts_down; }

# Time stamps of what was sent come through it, with the control messages that were asked for, and without a name.
@test "the error queue: control messages of an IPv4 datagram come once, as natively" {
	cat >"$BATS_TEST_TMPDIR/stamps.py" <<-'END'
		import select, socket, struct
		SO_TIMESTAMPING, TX_SOFTWARE, SOFTWARE, OPT_CMSG, IP_PKTINFO, IP_RECVTTL, MSG_ERRQUEUE = 37, 2, 16, 1024, 8, 12, 0x2000
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("0.0.0.0", 5000))
		for option in IP_PKTINFO, IP_RECVTTL, socket.IP_RECVTOS:
		    s.setsockopt(socket.IPPROTO_IP, option, 1)
		s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | SOFTWARE | OPT_CMSG)
		s.sendto(b"x", ("127.0.0.1", 9))
		assert select.select([s], [], [], 9)[0]
		for level, kind, data in sorted(s.recvmsg(100, 500, MSG_ERRQUEUE)[1]):
		    # A time stamp is never twice the same. An AF_INET6 socket does not tell ipi_spec_dst here.
		    print(level, kind, len(data), *(data[8:] if (level, kind) == (0, IP_PKTINFO) else ()))
	END
	run -0 on_server python3 "$BATS_TEST_TMPDIR/stamps.py"
	native=$output
	assert_line --regexp '^0 8 12 '
	run -0 on_server "$run" -- python3 "$BATS_TEST_TMPDIR/stamps.py"
	assert_output "$native"
}

# Linux takes ICMPv6 errors from V4MAPPED sources.
@test "the error queue: whoever forges the source of an ICMPv6 error is not shown as 127.0.0.1" {
	cat >"$BATS_TEST_TMPDIR/server.py" <<-'END'
		import select, socket, struct, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("", 5000))
		s.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
		print("bound", flush=True)
		s.sendto(b"answer", s.recvfrom(99)[1])
		print("answered", flush=True)
		if "narrow" in sys.argv:
		    assert select.select([s], [], [], 9)[0]
		    own = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		    own.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
		    own.bind(("::", 5000))
		    try:
		        print("error", s.recvmsg(100, 500, 0x2040)[1])
		    except BlockingIOError:
		        print("none")
		    sys.exit()
		for _ in range(4):
		    assert select.select([s], [], [], 9)[0]
		    level, kind, data = s.recvmsg(100, 500, 0x2000)[1][0]
		    family, address = struct.unpack_from("=H", data, 16)[0], data[20:24]
		    print("offender", family, socket.inet_ntoa(address), flush=True)
	END
	# The destination of what the server has sent is unreachable, say the sources.
	cat >"$BATS_TEST_TMPDIR/errors.py" <<-'END'
		import socket, struct, sys
		def packed(address):
		    return socket.inet_pton(socket.AF_INET6, address)
		def checksum(data):
		    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
		    while total >> 16:
		        total = (total & 0xFFFF) + (total >> 16)
		    return ~total & 0xFFFF or 0xFFFF
		server, client = packed(sys.argv[1]), packed(sys.argv[2])
		sent = struct.pack("!IHBB", 6 << 28, 14, 17, 64) + server + client + struct.pack("!HHHH", 5000, 9999, 14, 0) + b"answer"
		s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
		for source in sys.argv[3:]:
		    ends = packed(source) + server
		    error = struct.pack("!BBHI", 1, 4, 0, 0) + sent
		    error = error[:2] + struct.pack("!H", checksum(ends + struct.pack("!II", len(error), 58) + error)) + error[4:]
		    s.sendto(struct.pack("!IHBB", 6 << 28, len(error), 58, 64) + ends + error, (sys.argv[1], 0))
	END
	# The client's own error is not among them.
	on_client nft "add table ip6 t; add chain ip6 t out { type filter hook output priority 0; };
		add rule ip6 t out icmpv6 type destination-unreachable ip6 saddr $client6 drop"
	start server "$run" -- python3 "$BATS_TEST_TMPDIR/server.py"
	wait_until grep -q bound "$BATS_TEST_TMPDIR/server.log"
	on_client python3 "$root/tests/lib/forge.py" $server6 5000 $client6
	wait_until grep -q answered "$BATS_TEST_TMPDIR/server.log"
	on_client python3 "$BATS_TEST_TMPDIR/errors.py" $server6 $client6 ::ffff:127.0.0.1 ::ffff:10.0.0.1 :: 2001:db8:1::77
	wait_until eval "! kill -0 $started"
	run -0 grep offender "$BATS_TEST_TMPDIR/server.log"
	assert_equal "$(grep -c '^offender 0 0.0.0.0$' <<<"$output")" 3
	assert_line --regexp '^offender 2 2[45]'
	# Nor by one that came before the socket was narrowed.
	start narrowed "$run" -- python3 "$BATS_TEST_TMPDIR/server.py" narrow
	wait_until grep -q bound "$BATS_TEST_TMPDIR/narrowed.log"
	on_client python3 "$root/tests/lib/forge.py" $server6 5000 $client6
	wait_until grep -q answered "$BATS_TEST_TMPDIR/narrowed.log"
	on_client python3 "$BATS_TEST_TMPDIR/errors.py" $server6 $client6 ::ffff:127.0.0.1
	wait_until eval "! kill -0 $started"
	run -0 tail -n 1 "$BATS_TEST_TMPDIR/narrowed.log"
	assert_output none
}

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

# How IPv6 peers are shown to programs: peer = real, peer = synthetic for inherited sockets, and another pool.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() { hosts_up; }
teardown() { hosts_down; }

@test "peer = real: an IPv6 address where there is room for it, IPv4 as ever" {
	steps=(a=tcp4 a.reuseaddr a.bind:0.0.0.0/5000 a.listen a.name b=udp4 b.reuseaddr b.bind:0.0.0.0/5001
		who:127.0.0.1/5000 who:::1/5000 "who:$server6/5000" tell:127.0.0.1/5001 tell:::1/5001)
	run -0 on_server env DUALSTACK_PEER=real "$run" "$programs/steps" "${steps[@]}"
	assert_line --regexp '^a.name family 2 length 16 0.0.0.0/5000'
	assert_line 'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1'
	assert_line 'who:::1/5000 accepted by a, family 10, ::1'
	assert_line "who:$server6/5000 accepted by a, family 10, $server6"
	assert_line 'tell:127.0.0.1/5001 got by b, family 2, 127.0.0.1'
	assert_line 'tell:::1/5001 got by b, family 10, ::1'
	run -0 on_server "$run" "$programs/steps" "${steps[@]}"
	assert_line 'who:::1/5000 accepted by a, family 2, 127.0.0.1'
}

@test "peer = real: SO_PEERNAME, too, gives it only where there is room" {
	need python3
	cat >"$BATS_TEST_TMPDIR/peer.py" <<-'END'
		import socket, struct, sys
		s = socket.create_server(("0.0.0.0", 5000))
		c = socket.create_connection((sys.argv[1], 5000))
		a, _ = s.accept()
		for size in 8, 16, 28:
		    print(size, struct.unpack_from("=H", a.getsockopt(socket.SOL_SOCKET, 28, size))[0])
	END
	run -0 on_server env DUALSTACK_PEER=real "$run" python3 "$BATS_TEST_TMPDIR/peer.py" $server6
	assert_output $'8 2\n16 2\n28 10'
}

@test "peer = real: a UDP server answers to the real address, from the one that was asked" {
	for style in plain pktinfo; do
		start $style env DUALSTACK_PEER=real "$run" "$programs/udp_serve" $style 5000
		wait_until eval 'on_server ss -Hlun "sport = :5000" | grep -q .'
		run -0 on_client "$programs/udp_ask" $server6 5000
		run -0 on_client "$programs/udp_ask" $server4 5000
		stop "$started"
	done
}

@test "peer = real: socat's answers over UDP leave from the address that was asked" {
	need socat
	ip -n "$server" addr add 2001:db8:1::11/64 dev veth0 nodad
	start socat env DUALSTACK_PEER=real "$run" socat UDP4-RECVFROM:5000,fork EXEC:cat
	wait_until eval 'on_server ss -Hlun "sport = :5000" | grep -q .'
	for address in $server6 2001:db8:1::11; do
		run -0 on_client python3 -c 'import socket, sys; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 5000)); s.settimeout(9); s.send(b"x"); print(s.recv(9))' $address
		assert_output "b'x'"
	done
}

@test "peer = real, socat: it has room, and tells its child; python3 -m http.server has none" {
	need socat
	need python3
	need curl
	start socat env DUALSTACK_PEER=real "$run" socat TCP4-LISTEN:5000,fork,reuseaddr SYSTEM:'echo $SOCAT_PEERADDR'
	wait_port 5000
	run -0 asks $server6
	assert_output --regexp '^.?2001:0?db8:0*1:.*:0*2.?$'
	run -0 asks $server4
	assert_output 192.0.2.2
	start http env DUALSTACK_PEER=real "$run" python3 -u -m http.server --bind 0.0.0.0 -d "$BATS_TEST_TMPDIR" 8000
	wait_port 8000
	run -0 on_client curl -s --max-time 9 "http://[$server6]:8000/"
	run -0 on_client curl -s --max-time 9 "http://$server4:8000/"
	wait_until grep -q '^2[45][0-9]\.[0-9.]* - - ' "$BATS_TEST_TMPDIR/http.log"
	wait_until grep -q '^192.0.2.2 - - ' "$BATS_TEST_TMPDIR/http.log"
}

# A service with a listener from its service manager; it prints what it is shown.
activated() {
	need python3
	need systemd-socket-activate
	cat >"$BATS_TEST_TMPDIR/service.py" <<-'END'
		import socket
		s = socket.socket(fileno=3)
		while True:
		    c, peer = s.accept()
		    c.sendall(("%s %s\n" % (peer[0], c.getsockname()[0])).encode())
		    c.close()
	END
	start service "$@" python3 "$BATS_TEST_TMPDIR/service.py"
	wait_port 5000
}
asks() { on_client timeout 9 bash -c "cat </dev/tcp/$1/5000"; }

@test "socket activation: a dual-stack listener, by default and with peer = synthetic" {
	activated systemd-socket-activate -l 5000 "$run"
	run -0 asks $server6
	assert_output "$client6 $server6"
	run -0 asks $server4
	assert_output "::ffff:192.0.2.2 ::ffff:$server4"
	stop "$started"
	activated systemd-socket-activate -E DUALSTACK_PEER=synthetic -l 5000 "$run"
	run -0 asks $server6
	assert_output --regexp '^2[45][0-9]\.[0-9.]* 2[45][0-9]\.[0-9.]*$'
	run -0 asks $server4
	assert_output "192.0.2.2 $server4"
}

@test "socket activation: a connection for each process, as for inetd; an AF_INET listener" {
	echo 'peer = synthetic' >"$BATS_TEST_TMPDIR/conf"
	cat >"$BATS_TEST_TMPDIR/peer.py" <<-'END'
		import socket
		s = socket.socket(fileno=0)
		print(s.getpeername()[0])
	END
	need systemd-socket-activate
	need python3
	start inetd systemd-socket-activate --accept --inetd -l 5000 "$run" --config="$BATS_TEST_TMPDIR/conf" python3 -u "$BATS_TEST_TMPDIR/peer.py"
	wait_port 5000
	run -0 asks $server6
	assert_output --regexp '^2[45][0-9]\.[0-9.]*$'
	run -0 asks $server4
	assert_output 192.0.2.2
	stop "$started"
	activated systemd-socket-activate -l 0.0.0.0:5000 "$run"
	run -0 asks $server4
	assert_output "192.0.2.2 $server4"
	run -0 on_client "$programs/steps" a=tcp6 "a.connect:$server6/5000"
	assert_line "a.connect:$server6/5000 ECONNREFUSED"
}

@test "another pool of synthetic addresses" {
	start serve env DUALSTACK_POOL=198.18.0.0/15 "$run" "$programs/serve" blocking 5000
	wait_port 5000
	run -0 ask_from_client $server6/5000
	assert_output --regexp '198\.1[89]\.'
	assert_output --partial "ntop $client6"
	run -0 ask_from_client $server4/5000
	assert_output --partial '192.0.2.2'
}

# A proxy that knows IPv6 and refuses to go to 127.0.0.0/8, but not to ::1, would come as 127.0.0.1.
@test "loopback = synthetic: ::1 is a peer like any other, and 127.0.0.1 is itself" {
	steps=(a=tcp4 a.reuseaddr a.bind:0.0.0.0/5000 a.listen who:127.0.0.1/5000 who:::1/5000)
	run -0 on_server "$run" "$programs/steps" "${steps[@]}"
	assert_line 'who:::1/5000 accepted by a, family 2, 127.0.0.1'
	echo 'loopback = synthetic' >"$BATS_TEST_TMPDIR/conf"
	run -0 on_server "$run" --config="$BATS_TEST_TMPDIR/conf" --log=info "$programs/steps" "${steps[@]}"
	assert_line --regexp '^who:::1/5000 accepted by a, family 2, 2[45]'
	assert_line 'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1'
	assert_line --regexp 'accepted from \[::1\]:[0-9]+, shown as 2[45]'
}

# The server's own address is synthetic then, too, and what is bound to it is bound to ::1.
@test "loopback = synthetic: an FTP session over ::1 has data connections" {
	need vsftpd
	need curl
	mkdir "$BATS_TEST_TMPDIR/ftp" "$BATS_TEST_TMPDIR/empty"
	chmod 755 "$BATS_TEST_TMPDIR/ftp"
	echo 'what is in the file' >"$BATS_TEST_TMPDIR/ftp/file"
	printf '%s\n' listen=YES anonymous_enable=YES anon_root="$BATS_TEST_TMPDIR/ftp" background=NO listen_port=2121 \
		secure_chroot_dir="$BATS_TEST_TMPDIR/empty" seccomp_sandbox=NO >"$BATS_TEST_TMPDIR/vsftpd.conf"
	for loopback in ipv4 synthetic; do
		export DUALSTACK_LOOPBACK=$loopback
		start vsftpd "$run" -- vsftpd "$BATS_TEST_TMPDIR/vsftpd.conf"
		wait_port 2121
		run on_server curl -gs --max-time 20 "ftp://[::1]:2121/file"
		case $loopback in synthetic) assert_output 'what is in the file' ;; *) assert_output '' ;; esac
		run -0 on_server curl -s --max-time 20 ftp://127.0.0.1:2121/file
		assert_output 'what is in the file'
		stop "$started"
	done
}

# On a marked datagram socket the library's own (shim/socket/spoof_filter.h) would replace it.
@test "peer = synthetic: an inherited datagram socket keeps its filter" {
	need python3
	cat >"$BATS_TEST_TMPDIR/pass.py" <<-'END'
		import ctypes, os, socket, struct, sys
		s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		s.bind(("::", 5001))
		if sys.argv[1] == "filtered":
		    nothing = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0), 8)  # BPF_RET
		    s.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HP", 1, ctypes.addressof(nothing)))
		os.dup2(s.fileno(), 0)
		os.execvp(sys.argv[2], sys.argv[2:])
	END
	cat >"$BATS_TEST_TMPDIR/has.py" <<-'END'
		import socket
		s, peer = socket.socket(fileno=0), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		peer.sendto(b"x", ("::1", 5001))
		try:
		    print("got", s.recvfrom(10, socket.MSG_DONTWAIT)[1][0][:2])
		except BlockingIOError:
		    print("got nothing")
	END
	for whose in filtered open; do
		run -0 on_server env DUALSTACK_PEER=synthetic python3 "$BATS_TEST_TMPDIR/pass.py" $whose \
			"$run" python3 "$BATS_TEST_TMPDIR/has.py"
		echo "$whose $output"
	done >"$BATS_TEST_TMPDIR/all"
	run -0 cat "$BATS_TEST_TMPDIR/all"
	assert_line 'filtered got nothing'
	assert_line 'open got 24'
}

# Addresses as text: a synthetic one is the IPv6 address behind it for those alone who expect that, and whatever reads an
# IPv4 address takes it again; from nobody else.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	need python3
	hosts_up
}
teardown() { hosts_down; }

synthetic='2(4[0-9]|5[0-5])\.[0-9]+\.[0-9]+\.[0-9]+'

# A client, which stays until the server ends.
connect_to() {
	on_client python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], 5000), 9, (sys.argv[2], 0) if sys.argv[2:] else None).recv(1)' "$@"
	wait_until eval "! kill -0 $started"
}

# told WHAT...: a program that tests/lib/text.py is, with a peer; in output, what it says.
told() {
	start text "$run" -- python3 "$root/tests/lib/text.py" 5000 "$@"
	wait_port 5000
	connect_to $server6 $client6
	run -0 log_of text
}

# The text of an IPv4 address has at most 15 bytes, and programs copy it into 16.
@test "text: IPv6 for a buffer that is made for it, 15 bytes for any other" {
	client6=2001:db8:1:0:1111:2222:3333:4444
	ip -n "$client" addr add $client6/64 dev veth0 nodad
	told ntop nameinfo
	assert_line --regexp "^ntop $synthetic $synthetic $synthetic $client6 $client6 $synthetic $synthetic\$"
	assert_line --regexp "^nameinfo $synthetic $client6 $synthetic $synthetic $client6 $client6 $synthetic\$"
}

@test "text = ipv6: for whoever has room for it; text = ipv4: for nobody" {
	DUALSTACK_TEXT=ipv6 told ntop nameinfo
	assert_line --regexp "^ntop $synthetic $synthetic $synthetic $client6 $client6 $client6 $client6\$"
	assert_line --regexp "^nameinfo $synthetic $client6 $client6 $client6 $client6 $client6 $client6\$"
	DUALSTACK_TEXT=ipv4 told ntop nameinfo mapped
	refute_line --partial "$client6"
	assert_line --regexp "^mapped ::ffff:$synthetic ::ffff:$synthetic ::ffff:$synthetic\$"
}

@test "a rule decides about a program's text, before the setting; its first one that matches" {
	cat >"$BATS_TEST_TMPDIR/conf" <<-'END'
		text = ipv4
		text program=other ipv4
		text program=other,python* ipv6
		text program=python3* ipv4
	END
	export DUALSTACK_CONFIG=$BATS_TEST_TMPDIR/conf
	told ntop
	assert_line --regexp "^ntop $synthetic $synthetic $synthetic $client6 $client6 $client6 $client6\$"
	sed -i 's/other,//' "$BATS_TEST_TMPDIR/conf"
	sed -i 's/python\*/nobody/' "$BATS_TEST_TMPDIR/conf"
	DUALSTACK_TEXT=ipv6 told ntop
	refute_output --partial "$client6"
}

# They hand the text to programs that need not run under the library.
@test "text = auto: IPv4 text for postscreen, haproxy and proftpd" {
	for name in postscreen haproxy proftpd; do
		ln -s "$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')" "$BATS_TEST_TMPDIR/$name"
	done
	for as in auto/postscreen auto/haproxy auto/proftpd ipv6/postscreen; do
		text=${as%/*}
		DUALSTACK_TEXT=$text start text "$run" -- "$BATS_TEST_TMPDIR/${as#*/}" "$root/tests/lib/text.py" 5000 ntop nameinfo
		wait_port 5000
		connect_to $server6 $client6
		run -0 log_of text
		assert_line --regexp '^ntop '
		[ $text = auto ] || assert_output --partial $client6
		[ $text = ipv6 ] || refute_output --partial $client6
	done
}

all='inet_pton=the peer inet_aton=the peer inet_addr=the peer getaddrinfo=the peer gethostbyname=the peer'

@test "text that was given out is read again by every function; no other address is" {
	told self 2001:db8:1::77 ::1 "$client6%veth0" "$client6 "
	assert_line "self $client6 $all"
	for other in 2001:db8:1::77 "$client6%veth0" "$client6 "; do
		assert_line --partial "$other inet_pton=nobody inet_aton=nobody inet_addr=nobody"
		refute_line --regexp "^$other .*the peer"
	done
}

@test "a program that keeps IPv4 addresses V4MAPPED: text is the IPv6 address, and is read again as what it keeps" {
	told unmapped mapped self
	# Whoever has got no such text has an IPv6 address in mind.
	assert_line 'unmapped False'
	assert_line --regexp "^mapped $client6 $client6 ($client6|::ffff:$synthetic)\$"
	assert_line 'mapped again True'
	assert_line "self $client6 $all"
}

@test "a link-local peer: its text says which interface" {
	client6=$(ip -n "$client" -6 -o addr show dev veth0 scope link | awk '{ sub("/.*", "", $4); print $4 }')
	server6=$(ip -n "$server" -6 -o addr show dev veth0 scope link | awk '{ sub("/.*", "", $4); print $4 }')
	index=$(on_server cat /sys/class/net/veth0/ifindex)
	start text "$run" -- python3 "$root/tests/lib/text.py" 5000 ntop mapped self "$client6%$index" "$client6%1" "$client6"
	wait_port 5000
	connect_to $server6%veth0
	run -0 log_of text
	assert_line --regexp "^ntop .* $client6%$index $synthetic .*"
	assert_line 'mapped again True'
	assert_line "self $client6%veth0 $all"
	assert_line "$client6%$index $client6%$index $all"
	refute_line --regexp "^$client6(%1)? .*the peer"
}

@test "connect(), bind() and sendto() of a known peer's sockaddr_in6 work on an AF_INET socket, and V4MAPPED on an AF_INET6 one" {
	server=$client start peer "$programs/steps" a=tcp6 "a.bind:$client6/6000" a.listen b=udp6 "b.bind:$client6/6000" b.got b.got b.got b.got hold
	pid=$started
	wait_until eval 'on_client ss -Hltn "sport = :6000" | grep -q .'
	told in6 mapped-in6
	assert_line 'in6 0 0 True 0 0 True 5 -1 -1'
	assert_line 'mapped-in6 0 0 True 0 0 True 5 -1 -1'
	kill "$pid"
}

# As postscreen(8) hands connections to smtpd(8): the socket, and the peer as text.
@test "the text of a peer whose socket was handed over is understood before anybody has asked for its address" {
	cat >"$BATS_TEST_TMPDIR/worker.py" <<-'END'
		import os, socket, sys
		sys.path.insert(0, os.environ["LIB"])
		import text
		if sys.argv[1] == "passed":
		    s = socket.socket(fileno=int(sys.argv[2]))
		    told, fds, _, _ = socket.recv_fds(s, 100, 1)
		    told = told.decode()
		else:
		    told = os.environ["PEER"]
		found = text.readers(told)
		c = socket.socket(fileno=fds[0] if sys.argv[1] == "passed" else 0)
		c.sendall(("%s %s\n" % (sys.argv[1], {a and socket.inet_ntoa(a) for a in found.values()} == {c.getpeername()[0]})).encode())
	END
	cat >"$BATS_TEST_TMPDIR/master.py" <<-'END'
		import os, socket, subprocess, sys
		sys.path.insert(0, os.environ["LIB"])
		import text
		while True:
		    c, name = text.connection(5000)
		    told = text.nameinfo(socket.inet_aton(name[0]), 1025)
		    if sys.argv[1] == "passed":
		        ours, theirs = socket.socketpair()
		        worker = subprocess.Popen([sys.executable, sys.argv[2], "passed", str(theirs.fileno())], pass_fds=[theirs.fileno()])
		        socket.send_fds(ours, [told.encode()], [c.fileno()])
		    else:
		        worker = subprocess.Popen([sys.executable, sys.argv[2], "executed"], stdin=c, env={"PEER": told, "LIB": os.environ["LIB"]})
		    c.close()
		    worker.wait()
		    break
	END
	export LIB=$root/tests/lib PYTHONDONTWRITEBYTECODE=1
	for how in passed executed; do
		start master "$run" -- python3 "$BATS_TEST_TMPDIR/master.py" $how "$BATS_TEST_TMPDIR/worker.py"
		wait_port 5000
		run -0 on_client "$programs/ask" $server6/5000
		assert_output "$how True"
		wait_until eval "! kill -0 $started"
	done
}

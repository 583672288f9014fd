# An IPv6-only host whose network has NAT64: IPv4-only programs reach IPv4 addresses and A-only names through
# it.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names
load ../lib/irc
load ../lib/nat64

teardown() { nat64_down; }

serves() {
	local server=$far
	greet $far4
}

@test "without the shim, and without a translator, there is no way" {
	nat64_up 64:ff9b::/96 -
	serves
	local client_run
	for client_run in env "$run"; do
		run on_client timeout 9 $client_run nc.traditional -w 3 $far4 7000
		refute_output --partial 'over IPv4'
		run on_client timeout 9 $client_run curl -4 -sS http://four.example:8080/
		assert_output --regexp 'unreachable|Failed to connect|Couldn.t connect'
	done
}

@test "A-only names and literals, by the prefix that ipv4only.arpa tells" {
	nat64_up 64:ff9b::/96
	serves
	run -0 on_client "$run" curl -4 -sS --max-time 9 http://four.example:8080/
	assert_output 'over IPv4'
	run -0 on_client "$run" curl -4 -sS --max-time 9 http://$far4:8080/
	assert_output 'over IPv4'
	need nc.traditional
	run -0 on_client sh -c "echo | timeout 9 $run nc.traditional -q 1 four.example 7000"
	assert_output 'over IPv4'
	run -0 on_client sh -c "echo | timeout 9 $run nc.traditional -n -q 1 $far4 7000"
	assert_output 'over IPv4'
	need wget
	run -0 on_client "$run" wget -4 -qO - http://four.example:8080/
	assert_output 'over IPv4'
	# A program that knows both families.
	run -0 on_client "$run" curl -sS --max-time 9 http://four.example:8080/
	assert_output 'over IPv4'
	# Perl waits in select(), Python's asyncio in epoll.
	need perl
	run -0 on_client timeout 9 "$run" perl -MIO::Socket::INET -e \
		'$s = IO::Socket::INET->new(PeerAddr => "four.example:7000", Timeout => 5) or die "$@"; print scalar <$s>, $s->peerhost'
	assert_output "over IPv4
$far4"
	run -0 on_client timeout 9 "$run" python3 -c 'import asyncio
async def main():
    r, w = await asyncio.open_connection("four.example", 7000, family=2)
    print((await r.readline()).decode().strip(), w.get_extra_info("peername")[0])
asyncio.run(main())'
	assert_output "over IPv4 $far4"
}

@test "getpeername() shows the IPv4 address that was asked for; the packets are IPv6" {
	nat64_up 64:ff9b::/96
	serves
	run -0 on_client "$run" --log=info "$programs/steps" a=tcp4 a.connect:$far4/7000 a.peer 'sh:ss -Htn dport = :7000'
	assert_line "a.connect:$far4/7000 ok"
	assert_line "a.peer family 2 length 16 $far4/7000"
	assert_line --partial "[64:ff9b::c01f:c40a]:7000"
	# If nobody is there, the error is the translator's, not the library's.
	run -0 on_client timeout 20 "$run" "$programs/steps" a=tcp4 a.connect:$far4/7099
	assert_line "a.connect:$far4/7099 ECONNREFUSED"
}

@test "after the name's own addresses: native IPv6 first, then the translator" {
	nat64_up 64:ff9b::/96
	serves
	# A stream's connect() would lead to no address that is nearer than its public one.
	local ask='import socket
s = socket.socket()
s.connect(socket.getaddrinfo("both.example", 7000, socket.AF_INET)[0][4])
print(s.recv(99).decode())'
	run -0 on_client "$run" --log=info -- python3 -c "$ask"
	assert_output --partial 'over IPv4'
	assert_output --regexp "\[$server6\]:7000 ECONNREFUSED .*\[64:ff9b::c01f:c40a\]:7000 connected"
	greet $server6
	run -0 on_client "$run" -- python3 -c "$ask"
	assert_output --partial 'over IPv6'
	# A rule that leaves IPv6 out leaves out the translator, too.
	run on_client "$run" --rule='connect ipv4' curl -4 -sS --max-time 9 http://four.example:8080/
	refute_output --partial 'over IPv4'
	run on_client "$run" --rule='connect ipv4' curl -4 -sS --max-time 9 http://$far4:8080/
	refute_output --partial 'over IPv4'
}

@test "UDP, connected and not: answers come from the IPv4 address" {
	nat64_up 64:ff9b::/96
	need socat
	start_far says python3 "$root/tests/lib/says.py" 5071 $far4
	wait_until eval 'on_far ss -Hlun "sport = :5071" | grep -q .'
	local how name
	for how in UDP4 UDP4-DATAGRAM; do
		for name in four.example $far4; do
			run -0 on_client sh -c "echo hello | timeout 9 $run socat -t 5 - $how:$name:5071,readbytes=10"
			assert_output 'over IPv4'
		done
	done
	run -0 on_client "$run" "$programs/steps" a=udp4 a.to:$far4/5071 a.got
	assert_line --regexp "^a.got .*$far4/5071"
	run -0 on_client "$run" "$programs/steps" a=udp4 a.connect:$far4/5071 a.peer
	assert_line "a.peer family 2 length 16 $far4/5071"
}

@test "by a prefix that is configured: a file, a variable; switched off" {
	nat64_up 2001:db8:64::/96 -
	serves
	run on_client "$run" curl -4 -sS --max-time 9 http://four.example:8080/
	refute_output --partial 'over IPv4'
	echo 'nat64 = 2001:db8:64::/96' >"$BATS_TEST_TMPDIR/conf"
	run -0 on_client "$run" --config="$BATS_TEST_TMPDIR/conf" curl -4 -sS --max-time 9 http://four.example:8080/
	assert_output 'over IPv4'
	DUALSTACK_NAT64=2001:db8:64::/96 run -0 on_client env LD_PRELOAD="$build/libdualstack.so" curl -4 -sS --max-time 9 http://$far4:8080/
	assert_output 'over IPv4'
	DUALSTACK_NAT64=off run on_client "$run" --config="$BATS_TEST_TMPDIR/conf" curl -4 -sS --max-time 9 http://four.example:8080/
	refute_output --partial 'over IPv4'
	# Without the launcher, the library asks for the prefix when a name can't be reached.
	run -125 "$run" --config="$BATS_TEST_TMPDIR/conf" --rule='nat64 off' true
	for bad in 2001:db8:64::/95 2001:db8:64::1/96 64:ff9b:: 64:ff9b::/97 10.0.0.0/8 on auto: auto64:ff9b::/96; do
		DUALSTACK_NAT64=$bad run -125 "$run" true
		assert_output "dualstack-run: DUALSTACK_NAT64: unknown value '$bad', expected auto, off, or an IPv6 prefix of length 32, 40, 48, 56, 64 or 96"
	done
}

@test "preloaded without the launcher: the prefix is found with the first name, or literal given to the resolver" {
	nat64_up 64:ff9b::/96
	serves
	run -0 on_client env LD_PRELOAD="$build/libdualstack.so" curl -4 -sS --max-time 9 http://four.example:8080/
	assert_output 'over IPv4'
	run -0 on_client env LD_PRELOAD="$build/libdualstack.so" timeout 9 python3 -c "import socket
print(socket.create_connection(('$far4', 7000)).recv(99))"
	assert_output --partial 'over IPv4'
}

@test "with an IPv4 route, IPv4 is used" {
	nat64_up 64:ff9b::/96
	serves
	ip -n "$client" addr add 192.0.2.2/24 dev veth0
	ip -n "$server" addr add $server4/24 dev veth0
	ip -n "$client" route add default via $server4
	run -0 on_client env DUALSTACK_NAT64=64:ff9b::/96 "$run" "$programs/steps" a=tcp4 a.connect:$far4/7000 a.peer 'sh:ss -Htn dport = :7000'
	assert_line "a.connect:$far4/7000 ok"
	refute_output --partial 64:ff9b
	run -0 on_client env DUALSTACK_NAT64=64:ff9b::/96 "$run" --log=info curl -4 -sS --max-time 9 http://four.example:8080/
	assert_output 'over IPv4'
}

@test "a name and a number with AI_ADDRCONFIG, with which the C library gives no IPv4 address on a host without IPv4" {
	nat64_up 64:ff9b::/96
	serves
	cat >"$BATS_TEST_TMPDIR/ask.py" <<-'END'
		import socket, sys
		a = socket.getaddrinfo(sys.argv[1], 7000, socket.AF_INET, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)[0]
		s = socket.socket(a[0], a[1])
		s.connect(a[4])
		print(s.recv(99).decode().strip(), s.getpeername()[0])
	END
	local name
	for name in four.example $far4; do
		run -1 on_client timeout 9 python3 "$BATS_TEST_TMPDIR/ask.py" $name
		run -0 on_client timeout 9 "$run" python3 "$BATS_TEST_TMPDIR/ask.py" $name
		assert_output "over IPv4 $far4"
	done
	run -1 on_client timeout 9 "$run" python3 "$BATS_TEST_TMPDIR/ask.py" nosuch.example
	assert_output --partial 'Name or service not known'
}

@test "WeeChat with ipv6 = off, to an IRC server that has IPv4 only" {
	need weechat-headless
	need ngircd
	nat64_up 64:ff9b::/96
	ngircd_config $far4 6667
	start_far ngircd ngircd -n -f "$BATS_TEST_TMPDIR/ngircd.conf"
	wait_until eval 'on_far ss -Hltn "sport = :6667" | grep -q .'
	local dir=$BATS_TEST_TMPDIR/weechat
	ip netns exec "$client" "$run" weechat-headless -d "$dir" --stdout -r '/server add x four.example/6667 -notls' \
		-r '/set irc.server.x.nicks tester' -r '/set irc.server.x.ipv6 off' -r '/set irc.server.x.ipv6 disable' -r '/set logger.file.auto_log on' \
		-r '/set logger.file.flush_delay 0' -r '/connect x' >"$dir.out" 2>&1 </dev/null 3>&- &
	wait_until grep -q hello "$dir/logs/irc.server.x.weechatlog"
}

@test "an address of the pool is never translated" {
	nat64_up 2001:db8:64::/96 -
	local steps=(a=udp4 a.to:10.1.2.3/7000)
	run -0 on_client env DUALSTACK_NAT64=2001:db8:64::/96 "$run" "$programs/steps" "${steps[@]}"
	assert_line 'a.to:10.1.2.3/7000 ok'
	run -0 on_client env DUALSTACK_NAT64=2001:db8:64::/96 DUALSTACK_POOL=10.0.0.0/8 "$run" "$programs/steps" "${steps[@]}"
	assert_line 'a.to:10.1.2.3/7000 ENETUNREACH'
}

@test "--probe shows the way through the translator, as the one that is taken" {
	nat64_up 64:ff9b::/96
	serves
	run -0 on_client "$run" --probe four.example 7000
	assert_line --regexp "^$far4 .*(ENETUNREACH|unreachable)"
	assert_line --regexp '^64:ff9b::c01f:c40a .*connected.*chosen'
}

# Programs that make text of a peer's address and read it again: with peers of both families in turn, each gets its
# service, and the next one, too.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names

setup() {
	need python3
	hosts_up
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
}
teardown() { hosts_down; }

shown='2(4[0-9]|5[0-5])\.[0-9]+\.[0-9]+\.[0-9]+'
bound() { on_server ss -Hlun "sport = :$1" | grep -q .; }

# in_turn COMMAND...: once from each kind of peer, and again.
in_turn() {
	for _ in 1 2; do
		"$@" $server6
		"$@" $server4
		server_asks=yes "$@" ::1
		server_asks=yes "$@" 127.0.0.1
	done
}
asker() { if [ -n "${server_asks:-}" ]; then on_server "$@"; else on_client "$@"; fi; }

greeted() {
	run -0 asker timeout 20 python3 -c 'import socket, sys
s = socket.create_connection((sys.argv[1], 8025), 9)
f = s.makefile()
print(f.readline())
s.sendall(b"QUIT\r\n")
print(f.read())' "$1"
	assert_output --partial '220 mx.example'
	assert_output --partial '221 2.0.0 Bye'
}

# postscreen hands smtpd, which may run in a chroot, the connection and the text.
@test "Postfix: postscreen and smtpd, each in its chroot" {
	need postfix
	local dir=$BATS_TEST_TMPDIR/postfix
	mkdir -p "$dir/spool" "$dir/data"
	chown postfix "$dir/data"
	cat >"$dir/main.cf" <<-END
		compatibility_level = 3.6
		queue_directory = $dir/spool
		data_directory = $dir/data
		inet_protocols = ipv4
		myhostname = mx.example
		maillog_file = /dev/stdout
		local_recipient_maps =
		alias_maps =
		smtpd_peername_lookup = no
		postscreen_access_list = cidr:{{0.0.0.0/0 permit}}
		import_environment = MAIL_CONFIG MAIL_LOGTAG LD_PRELOAD DUALSTACK_KEY
	END
	cat >"$dir/master.cf" <<-END
		8025 inet n - y - 1 postscreen
		smtpd pass - - y - - smtpd
		postlog unix-dgram n - n - 1 postlogd
		anvil unix - - y - 1 anvil
	END
	postfix -c "$dir" check 2>/dev/null
	start master "$run" -- /usr/lib/postfix/sbin/master -c "$dir" -s
	wait_port 8025
	in_turn greeted
	# postscreen is given IPv4 text, as smtpd need not run under the library.
	run -0 log_of master
	assert_equal "$(grep -cE "smtpd.*: connect from unknown\[$shown\]" <<<"$output")" 2
	assert_equal "$(grep -c 'smtpd.*: connect from unknown\[192.0.2.2\]' <<<"$output")" 2
	refute_output --regexp 'fatal|error|throttl'
}

# The answer goes to the text that the question came from.
udp_echo() {
	local peer=$1
	case $1 in "$server6") peer=$client6 ;; "$server4") peer=192.0.2.2 ;; esac
	run -0 asker "$programs/udp_ask" "$1" 5071
	assert_output "hello from $peer [$1]"
}

@test "Ruby's UDPSocket" {
	need ruby
	start ruby "$run" -- ruby -rsocket -e 's = UDPSocket.new; s.bind("0.0.0.0", 5071)
		loop { m, from = s.recvfrom(1000); s.send("#{m} from #{from[3]}", 0, from[3], from[1]) }'
	wait_until bound 5071
	in_turn udp_echo
}

@test "luasocket's udp4" {
	need lua5.1
	start lua "$run" -- lua5.1 -e 's = require("socket").udp4() assert(s:setsockname("0.0.0.0", 5071))
		while true do m, ip, port = s:receivefrom() assert(s:sendto(m .. " from " .. ip, ip, port)) end'
	wait_until bound 5071
	in_turn udp_echo
}

@test "dig -4 at a server whose name has IPv6 addresses only" {
	need dig
	names_up
	run -0 on_client timeout 20 "$run" -- dig -4 +short +tries=1 +time=3 @six.example four.example A
	assert_output $server4
}

# The first line that it sends a server is "PROXY TCP4" and two addresses, as text.
@test "HAProxy tells nginx of its peers: the PROXY protocol, both versions, and X-Forwarded-For" {
	need haproxy
	need nginx
	need curl
	local dir=$BATS_TEST_TMPDIR
	cat >"$dir/nginx.conf" <<-END
		$(nginx_head "$dir")
			access_log off;
			server { listen 127.0.0.1:9000 proxy_protocol; location / { return 200 \$proxy_protocol_addr; } }
			server { listen 127.0.0.1:9001; location / { return 200 \$http_x_forwarded_for; } }
		}
	END
	cat >"$dir/haproxy.cfg" <<-END
		defaults
			mode http
			timeout connect 9s
			timeout client 9s
			timeout server 9s
		listen one
			bind 0.0.0.0:8001
			server nginx 127.0.0.1:9000 send-proxy
		listen two
			bind 0.0.0.0:8002
			server nginx 127.0.0.1:9000 send-proxy-v2
		listen three
			bind 0.0.0.0:8003
			option forwardfor
			server nginx 127.0.0.1:9001
	END
	start nginx nginx -c "$dir/nginx.conf" -e "$dir/error.log"
	for peer in auto real; do
		DUALSTACK_PEER=$peer start haproxy "$run" -- haproxy -db -f "$dir/haproxy.cfg"
		wait_port 9001
		wait_port 8003
		for port in 8001 8002 8003; do
			run -0 on_client curl -s --max-time 9 "http://[$server6]:$port/"
			case $peer in auto) assert_output --regexp "^$shown\$" ;; real) assert_output $client6 ;; esac
			run -0 on_client curl -s --max-time 9 "http://$server4:$port/"
			assert_output 192.0.2.2
		done
		stop "$started"
	done
}

@test "snmptrapd logs synthetic addresses, and the library's log says who that is" {
	need snmptrapd
	need snmptrap
	echo 'authCommunity log public' >"$BATS_TEST_TMPDIR/conf"
	# Without files of names.
	export MIBS=
	start snmptrapd "$run" --log=info:"$BATS_TEST_TMPDIR/log" -- snmptrapd -f -n -Lo -C -c "$BATS_TEST_TMPDIR/conf" \
		-F 'a trap over %b\n' udp:0.0.0.0:1620
	wait_until bound 1620
	for to in "udp6:[$server6]:1620" "udp:$server4:1620"; do
		on_client snmptrap -v2c -c public "$to" '' 1.3.6.1.4.1.8072.2.3.0.1
	done
	wait_until grep -q 'a trap over UDP: \[192.0.2.2\]' "$BATS_TEST_TMPDIR/snmptrapd.log"
	address=$(sed -nE "s/a trap over UDP: \[($shown)\].*/\1/p" "$BATS_TEST_TMPDIR/snmptrapd.log")
	run -0 "$run" --who "$address" "$BATS_TEST_TMPDIR/log"
	assert_output --partial "first datagram from [$client6]"
}

# says_to TRANSPORT ADDRESS: the client sends a line of syslog there.
says_to() { on_client bash -c 'printf "<13>test: by %s at %s\n" "$0" "$1" >"/dev/$0/$1/5514"' "$@"; }

@test "syslog-ng logs synthetic addresses, its lists compare them, and the library's log says who that is" {
	compared syslog-ng 'netmask(), netmask6()' synthetic
	unpacked /usr/sbin/syslog-ng
	local dir=$BATS_TEST_TMPDIR libraries=${unpacked%/sbin/*}/lib/syslog-ng modules address
	modules=$(echo "$libraries"/[0-9]*)
	cat >"$dir/conf" <<-END
		@version: ${modules##*/}
		options { keep-hostname(no); use-dns(no); dns-cache(no); };
		source peers { network(ip("0.0.0.0") port(5514) transport("udp")); network(ip("0.0.0.0") port(5514) transport("tcp")); };
		destination all { file("$dir/all" template("\$HOST \$MSG\n")); };
		destination listed { file("$dir/listed" template("\$HOST \$MSG\n")); };
		log { source(peers); destination(all); };
		log { source(peers); filter { netmask("240.0.0.0/4") }; destination(listed); };
		log { source(peers); filter { netmask6("2000::/3") }; destination(listed); };
	END
	# Its text does not depend on the setting.
	for text in auto ipv6; do
		rm -f "$dir/all" "$dir/listed"
		start syslog-ng env LD_LIBRARY_PATH="$libraries" "$run" --log=info:"$dir/log" --text=$text -- "$unpacked" -F -f "$dir/conf" \
			-R "$dir/persist" -c "$dir/control" -p "$dir/pid" --module-path="$modules"
		wait_until bound 5514
		wait_port 5514
		for transport in udp tcp; do
			says_to $transport $server6
			says_to $transport $server4
		done
		wait_until eval '[ "$(wc -l <"$dir/all")" = 4 ]'
		stop "$started"
		run -0 sort "$dir/all"
		for transport in udp tcp; do assert_line "192.0.2.2 by $transport at $server4"; done
		address=$(sed -n 's/ by tcp at 2.*//p' "$dir/listed")
		run -0 sort "$dir/listed"
		assert_output "$address by tcp at $server6"$'\n'"$address by udp at $server6"
		assert_regex "$address" "^$shown\$"
		run -0 "$run" --who "$address" "$dir/log"
		assert_output --partial "from [$client6]"
	done
}

# bats file_tags=beside
# The form of an IPv6 peer that a server's access list compares, as demo/programs.md has it: the bytes of the synthetic
# address, or the text of the IPv6 address. Each list permits one of the two and nothing else.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/dovecot
load ../lib/irc

setup() {
	hosts_up
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
}
teardown() { hosts_down; }

bound() { on_server ss -Hlun "sport = :$1" | grep -q .; }

# wrapped LIST: libwrap's files on the server host (ip-netns(8) puts them over /etc/hosts.*). A refusal takes tcpd five
# seconds, twist none.
wrapped() {
	mkdir -p "/etc/netns/$server"
	echo "ALL: $1" >"/etc/netns/$server/hosts.allow"
	printf '%s\n' 'echo: ALL: twist /bin/true' 'ALL: ALL' >"/etc/netns/$server/hosts.deny"
}

# inetd writes /run/inetd.pid, into a /run of its own.
inetd_up() {
	need inetd
	need tcpd
	echo "5005 stream tcp4 nowait root $(command -v tcpd) /bin/echo hello" >"$BATS_TEST_TMPDIR/inetd.conf"
	start inetd sh -c 'mount -t tmpfs tmpfs /run && exec "$@"' sh "$run" -- inetd -i "$BATS_TEST_TMPDIR/inetd.conf"
	wait_port 5005
}

nginx_code() {
	local dir=$BATS_TEST_TMPDIR/nginx
	mkdir -p "$dir"
	cat >"$dir/conf" <<-END
		$(nginx_head "$dir")
			access_log off;
			root $dir;
			autoindex on;
			server { listen 8080; location / { allow $1; deny all; } }
		}
	END
	chmod 755 "$dir"
	start nginx "$run" -- nginx -c "$dir/conf" -e "$dir/error.log"
	wait_port 8080
	run -0 on_client curl -s -o /dev/null -w '%{http_code}' --max-time 10 "http://[$server6]:8080/"
	stop "$started"
}

@test "nginx compares bytes" {
	need nginx
	need curl
	nginx_code 240.0.0.0/4
	assert_output 200
	nginx_code 2001:db8:1::/64
	assert_output 403
}

dovecot_fetches() {
	rm -rf "$BATS_TEST_TMPDIR/dovecot"
	dovecot_config '*' 1143
	echo "reader:{PLAIN}secret::::::allow_nets=$1" >"$BATS_TEST_TMPDIR/dovecot/users"
	start dovecot "$run" -- dovecot -F -c "$BATS_TEST_TMPDIR/dovecot/dovecot.conf"
	wait_port 1143
	run fetch "$client" "[$server6]" 1143
	stop "$started"
}

@test "dovecot compares text" {
	need dovecot
	need curl
	dovecot_fetches 240.0.0.0/4
	refute_output --partial 'body of the mail'
	dovecot_fetches 2001:db8:1::/64
	assert_output --partial 'body of the mail'
}

@test "tcpserver compares bytes" {
	compared tcpserver -x synthetic
	need tcpserver
	local rules=$BATS_TEST_TMPDIR/rules
	for permitted in 240-255. 192.0.2.; do
		printf '%s:allow\n:deny\n' "$permitted" | tcprules "$rules" "$rules.new"
		start tcpserver "$run" -- tcpserver -R -H -l 0 -x "$rules" 0.0.0.0 5003 echo hello
		wait_port 5003
		run ask_from_client "$server6/5003"
		case $permitted in 240*) assert_output hello ;; *) refute_output hello ;; esac
		stop "$started"
	done
}

@test "libwrap compares text: tcpd behind openbsd-inetd, and tftpd-hpa" {
	compared libwrap hosts.allow 'synthetic; with text = ipv6 IPv6'
	need in.tftpd
	need curl
	mkdir "$BATS_TEST_TMPDIR/tftp"
	echo 'a file' >"$BATS_TEST_TMPDIR/tftp/file"
	chmod 755 "$BATS_TEST_TMPDIR/tftp"
	# Its buffers do not say that they are for IPv6 text: a setting does.
	for text in auto ipv6; do for list in 240.0.0.0/240.0.0.0 '[2001:db8:1::]/64'; do
		export DUALSTACK_TEXT=$text
		wrapped "$list"
		inetd_up
		run ask_from_client "$server6/5005"
		case $text$list in auto240* | ipv6\[*) assert_output hello ;; *) refute_output hello ;; esac
		stop "$started"
		start tftpd "$run" -- in.tftpd -4 -L -s -u nobody -a 0.0.0.0:5069 "$BATS_TEST_TMPDIR/tftp"
		wait_until bound 5069
		run on_client curl -s --max-time 3 "tftp://[$server6]:5069/file"
		case $text$list in auto240* | ipv6\[*) assert_output 'a file' ;; *) refute_output 'a file' ;; esac
		stop "$started"
	done; done
}

@test "libwrap's ALL EXCEPT: whom it does not except, IPv6 peers as well" {
	for list in 192.0.2.0/255.255.255.0 240.0.0.0/240.0.0.0; do
		wrapped "ALL EXCEPT $list"
		inetd_up
		run ask_from_client "$server6/5005"
		case $list in 192*) assert_output hello ;; *) refute_output hello ;; esac
		run ask_from_client "$server4/5005"
		case $list in 192*) refute_output hello ;; *) assert_output hello ;; esac
		stop "$started"
	done
}

# banned MASK: an operator bans it, and an IRC client comes over IPv6. The server answers in order, so PONG tells that it has.
banned() {
	UNTIL=PONG THEN=QUIT run -0 on_client "$programs/ask" $server4/6667 'NICK oper' 'USER oper 0 * :oper' 'OPER o p' \
		"KLINE $1 3600 :banned" 'PING done'
	UNTIL='End of MOTD' THEN=QUIT run on_client "$programs/ask" $server6/6667 'NICK guest' 'USER guest 0 * :guest'
}

@test "ngircd compares text" {
	compared ngircd KLINE IPv6
	need ngircd
	ngircd_config 0.0.0.0 6667
	printf '[Operator]\nName = o\nPassword = p\n' >>"$BATS_TEST_TMPDIR/ngircd.conf"
	start ngircd "$run" -- ngircd -n -f "$BATS_TEST_TMPDIR/ngircd.conf"
	wait_port 6667
	banned '*!*@24?.*'
	assert_output --partial Welcome
	banned '*!*@2001:db8:*'
	assert_output --partial 'Access denied'
}

snmpd_answer() {
	printf '%s\nsysName here\n' "$1" >"$BATS_TEST_TMPDIR/snmpd.conf"
	start snmpd "$run" -- snmpd -f -Lo -C -c "$BATS_TEST_TMPDIR/snmpd.conf" -p "$BATS_TEST_TMPDIR/pid" udp:0.0.0.0:1610
	wait_until bound 1610
	run on_client snmpget -v2c -c public -t 2 -r 0 -Oqv "udp6:[$server6]:1610" 1.3.6.1.2.1.1.5.0
	stop "$started"
}

@test "snmpd compares bytes" {
	compared snmpd rocommunity synthetic
	need snmpd
	need snmpget
	snmpd_answer 'rocommunity public 240.0.0.0/4'
	assert_output '"here"'
	snmpd_answer 'rocommunity6 public 2001:db8:1::/64'
	assert_output --partial 'No Response'
}

@test "rsyslogd compares bytes" {
	compared rsyslogd '$AllowedSender' synthetic
	need rsyslogd
	local messages=$BATS_TEST_TMPDIR/messages
	for list in 240.0.0.0/4 192.0.2.0/24; do
		cat >"$BATS_TEST_TMPDIR/rsyslog.conf" <<-END
			global(workDirectory="$BATS_TEST_TMPDIR" net.ipprotocol="ipv4-only")
			\$AllowedSender UDP, $list
			module(load="imudp")
			input(type="imudp" port="5514" address="0.0.0.0")
			*.* action(type="omfile" file="$messages")
		END
		start rsyslogd "$run" -- rsyslogd -n -f "$BATS_TEST_TMPDIR/rsyslog.conf" -i NONE
		wait_until bound 5514
		# One socket takes them in order: when the second has been written, the first was decided about.
		for address in $server6 $server4; do
			on_client bash -c 'printf "<13>test: over %s" "$0" >"/dev/udp/$0/5514"' "$address"
		done
		case $list in
		240*) wait_until grep -q "over $server6" "$messages" ;;
		*)
			wait_until grep -q "over $server4" "$messages"
			run -1 grep "over $server6" "$messages"
			;;
		esac
		stop "$started"
		rm "$messages"
	done
}

@test "socat compares bytes" {
	compared socat range= synthetic
	need socat
	for range in 240.0.0.0/4 192.0.2.0/24; do
		start socat "$run" -- socat "TCP4-LISTEN:5071,fork,reuseaddr,range=$range" SYSTEM:'echo hello'
		wait_port 5071
		run ask_from_client "$server6/5071"
		case $range in 240*) assert_output hello ;; *) refute_output hello ;; esac
		stop "$started"
	done
}

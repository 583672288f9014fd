# bats file_tags=beside
# Access lists with entries of both families, natively at [::] and under the library at 0.0.0.0: whom each entry lets in,
# of known peers and of strangers. Under the library that is nobody whom the list does not name.
# dualstack(7), "What access lists see", has the results as a table (compared).

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/dovecot
load ../lib/exim

setup() {
	need python3
	hosts_up
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	ip -n "$client" addr add fd00:9::2/128 dev lo nodad
	ip -n "$client" -6 route add local 2001:db8:bad::/48 dev lo
	ip -n "$server" -6 route add 2001:db8:bad::/48 via $client6
	ip -n "$server" -6 route add fd00:9::/64 via $client6
}
teardown() { hosts_down; }

# each_list PORT: a port for each entry of $lists, from PORT on; prints "PORT ENTRY".
each_list() {
	local port=$1 list
	for list in "${lists[@]}"; do
		echo "$port $list"
		port=$((port + 1))
	done
}

# whom GREETED TEXT COMMAND...: starts a server by COMMAND, which has $lists from port 8000 on; prints each, and the peers
# that it lets in, as tests/lib/knock.py has it.
whom() {
	local knock=("$root/tests/lib/knock.py" 8000 ${#lists[@]} "$1" "$2")
	start server "${@:3}"
	wait_port ${AT:-$((8000 + ${#lists[@]} - 1))}
	paste -d ' ' <(printf '%s:\n' "${lists[@]}") \
		<(on_client python3 "${knock[@]}" 192.0.2.2 $client6 fd00:9::2 ${strangers:-8}) \
		<(on_server python3 "${knock[@]}" 127.0.0.1 ::1) | sed 's/  */ /g; s/ $//'
	stop "$started"
}

# The entries of every list, each with whom it lets in: natively; under the library where the program compares the bytes
# of an IPv4 address, or the text of it; and where it compares the IPv6 text.
lists=(fd00::/8 2001:db8:1::/64 2000::/3 ::1 127.0.0.1 192.0.2.0/24 240.0.0.0/4)
natively='fd00::/8: fd00:9::2
2001:db8:1::/64: 2001:db8:1::2
2000::/3: 2001:db8:1::2 strangers
::1: ::1
127.0.0.1: 127.0.0.1
192.0.2.0/24: 192.0.2.2
240.0.0.0/4:'
synthetic='fd00::/8:
2001:db8:1::/64:
2000::/3:
::1:
127.0.0.1: 127.0.0.1 ::1
192.0.2.0/24: 192.0.2.2
240.0.0.0/4: 2001:db8:1::2 fd00:9::2 strangers'
ipv6_text='fd00::/8: fd00:9::2
2001:db8:1::/64: 2001:db8:1::2
2000::/3: 2001:db8:1::2 strangers
::1:
127.0.0.1: 127.0.0.1 ::1
192.0.2.0/24: 192.0.2.2
240.0.0.0/4:'

# What whom() prints, without the entries.
peers() { sed 's/^[^ ]*: \?//'; }

haproxy_config() {
	cat <<-END
		defaults
			mode http
			timeout connect 9s
			timeout client 9s
			timeout server 9s
	END
	each_list 8000 | while read -r port list; do
		cat <<-END
			frontend on$port
				bind $1:$port $2
				http-request deny unless { src $list }
				http-request return status 200 content-type text/plain string inside
		END
	done
}

@test "HAProxy, src" {
	compared HAProxy 'acl src' 'synthetic; with peer = real IPv6'
	need haproxy
	lists+=(::ffff:192.0.2.2 ::ffff:0:0/96)
	local ask='GET / HTTP/1.0\r\n\r\n'
	haproxy_config :: v4v6 >"$BATS_TEST_TMPDIR/both"
	haproxy_config 0.0.0.0 '' >"$BATS_TEST_TMPDIR/four"
	natively+=$'\n::ffff:192.0.2.2: 192.0.2.2\n::ffff:0:0/96: 192.0.2.2 127.0.0.1'
	assert_equal "$(whom inside "$ask" haproxy -db -f "$BATS_TEST_TMPDIR/both")" "$natively"
	assert_equal "$(whom inside "$ask" "$run" -- haproxy -db -f "$BATS_TEST_TMPDIR/four")" "$synthetic
::ffff:192.0.2.2: 192.0.2.2
::ffff:0:0/96: 192.0.2.2 2001:db8:1::2 fd00:9::2 strangers 127.0.0.1 ::1"
	# It has room for IPv6 addresses.
	export DUALSTACK_PEER=real
	assert_equal "$(whom inside "$ask" "$run" -- haproxy -db -f "$BATS_TEST_TMPDIR/four")" "$natively"
}

@test "HAProxy, src fd00::/8: none of a thousand strangers" {
	need haproxy
	lists=(fd00::/8)
	haproxy_config 0.0.0.0 '' >"$BATS_TEST_TMPDIR/four"
	start server "$run" -- haproxy -db -f "$BATS_TEST_TMPDIR/four"
	wait_port 8000
	run -0 on_client python3 "$root/tests/lib/knock.py" 8000 1 inside 'GET / HTTP/1.0\r\n\r\n' 1000
	assert_output ''
}

# Addresses that it takes from its configuration, from a map and from requests: of both families, as text.
@test "HAProxy's converters, maps and lists make of IPv6 literals what they make natively" {
	need haproxy
	need curl
	local dir=$BATS_TEST_TMPDIR of
	printf '%s\n' 'fd00::/8 local' '::1 loopback' '2001:db8::/32 documentation' '192.168.0.0/16 private' >"$dir/map"
	cat >"$dir/conf" <<-END
		defaults
			mode http
			timeout connect 9s
			timeout client 9s
			timeout server 9s
		frontend literals
			bind 0.0.0.0:8000
			http-request set-src req.hdr_ip(a) if { req.hdr(a) -m found }
			acl inside src fd00::/8 ::1
			acl ours src 2001:db8::/32
			http-request set-var(txn.inside) str(inside) if inside
			http-request set-var(txn.ours) str(ours) if ours
			http-request track-sc0 src,ipmask(24,64) table seen
			http-request return status 200 content-type text/plain lf-string \
				"%[src] %[src,ipmask(24,64)] %[src,ipmask(32,ffff:ffff:ffff:ffff:0:ffff:ffff:0)] %[src,map_ip($dir/map,none)] %[var(txn.inside)] %[var(txn.ours)] %[req.hdr_ip(b)] %[sc0_http_req_cnt]"
		backend seen
			stick-table type ipv6 size 20 expire 360s store http_req_cnt
			server six [fd00::1]:80
			server loop ::1:80
	END
	for of in '' "$run --"; do
		# shellcheck disable=SC2086 # a command
		start server $of haproxy -db -f "$dir/conf"
		wait_port 8000
		for address in fd00::7 ::1 2001:db8::bad:c0f:ffff 2001:db8:c001:c01a:ffff:ffff:10:ffff ::ffff:192.168.1.101 192.168.1.101 \
			'[fd00::7]' fd00::7%1 nobody; do
			on_client curl -s --max-time 9 -H "a: $address" -H "b: $address" http://$server4:8000/
			echo
		done >"$dir/out${of:+.library}"
		stop "$started"
	done
	run -0 cat "$dir/out"
	assert_line 'fd00::7 fd00:: fd00:: local inside  fd00::7 1'
	assert_equal "$(cat "$dir/out.library")" "$output"
}

nginx_config() {
	local dir=$BATS_TEST_TMPDIR
	cat <<-END
		$(nginx_head "$dir")
			access_log off;
			root $dir/www;
	END
	each_list 8000 | while read -r port list; do
		echo "server { listen $1$port $2; location / { allow $list; deny all; } }"
	done
	echo '}'
}

@test "nginx, allow and deny" {
	compared nginx 'allow, deny' synthetic
	need nginx
	mkdir "$BATS_TEST_TMPDIR/www"
	echo inside >"$BATS_TEST_TMPDIR/www/index.html"
	nginx_config '[::]:' 'ipv6only=off' >"$BATS_TEST_TMPDIR/both"
	nginx_config '' '' >"$BATS_TEST_TMPDIR/four"
	chmod -R a+rX "$BATS_TEST_TMPDIR"
	local ask='GET / HTTP/1.0\r\n\r\n'
	assert_equal "$(whom inside "$ask" nginx -c "$BATS_TEST_TMPDIR/both" -e "$BATS_TEST_TMPDIR/errors")" "$natively"
	assert_equal "$(whom inside "$ask" "$run" -- nginx -c "$BATS_TEST_TMPDIR/four" -e "$BATS_TEST_TMPDIR/errors")" "$synthetic"
}

squid_config() {
	each_list 8000 | while read -r port list; do
		cat <<-END
			http_port $1$port name=on$port
			acl on$port myportname on$port
			acl from$port src $list
			http_access allow on$port from$port
		END
	done
	cat <<-END
		http_access deny all
		cache deny all
		cache_log $BATS_TEST_TMPDIR/cache.log
		access_log none
		pid_filename none
		netdb_filename none
		cache_effective_user proxy
		coredump_dir none
		shutdown_lifetime 0 seconds
		pinger_enable off
		logfile_rotate 0
	END
}

@test "squid, acl src" {
	compared squid 'acl src' synthetic
	need squid
	squid_config '' >"$BATS_TEST_TMPDIR/both"
	squid_config 0.0.0.0: >"$BATS_TEST_TMPDIR/four"
	local ask='GET http://127.0.0.1:1/ HTTP/1.0\r\n\r\n'
	assert_equal "$(whom ERR_CONNECT_FAIL "$ask" squid -N -f "$BATS_TEST_TMPDIR/both")" "$natively"
	assert_equal "$(whom ERR_CONNECT_FAIL "$ask" "$run" -- squid -N -f "$BATS_TEST_TMPDIR/four")" "$synthetic"
}

unbound_config() {
	cat <<-END
		server:
			interface: 0.0.0.0
			interface: $1
			port: $2
			do-daemonize: no
			username: ""
			chroot: ""
			pidfile: ""
			use-syslog: no
			directory: "$BATS_TEST_TMPDIR"
			access-control: $3 allow
			local-data: "www.example.org. A 192.0.2.80"
	END
}
bound() { on_server ss -Hlun "sport = :$1" | grep -q .; }

@test "unbound, access-control" {
	compared unbound access-control synthetic
	need unbound
	lists=(fd00::/8 2001:db8:1::/64 2000::/3 240.0.0.0/4)
	knock=("$root/tests/lib/knock.py" 8000 ${#lists[@]} dns www.example.org)
	local where of pids
	for where in :: 0.0.0.0; do
		pids=()
		while read -r port list; do
			unbound_config $where "$port" "$list" >"$BATS_TEST_TMPDIR/$port"
			of=()
			[ $where = :: ] || of=("$run" --)
			start $port "${of[@]}" unbound -d -c "$BATS_TEST_TMPDIR/$port"
			pids+=("$started")
		done < <(each_list 8000)
		for port in 8000 8001 8002 8003; do wait_until bound $port; done
		run -0 on_client python3 "${knock[@]}" 192.0.2.2 $client6 fd00:9::2 20
		case $where in
		::) assert_output "$(peers <<<"$natively" | head -n 3)" ;;
		*) assert_output "$(peers <<<"$synthetic" | sed -n '1,3p;7p')" ;;
		esac
		for pid in "${pids[@]}"; do stop "$pid"; done
	done
}

named_config() {
	local port list
	cat <<-END
		options {
			directory "$BATS_TEST_TMPDIR";
			pid-file none;
			session-keyfile none;
			listen-on port 8000 { $1; };
			listen-on-v6 port 8000 { $2; };
			recursion no;
			managed-keys-directory "$BATS_TEST_TMPDIR";
		};
		controls {};
	END
	each_list 8000 | while read -r port list; do
		echo "zone \"z$port.example\" { type primary; file \"zone\"; allow-query { $list; }; };"
	done
}

# It binds each address of the host, so that a rule has to name one. It receives datagrams by a raw system call, past the
# library: the rule is for TCP.
@test "bind9, allow-query" {
	compared 'bind9, over TCP' allow-query synthetic
	need named
	printf '@ 60 IN SOA ns admin 1 60 60 60 60\n@ 60 IN NS ns\nns 60 IN A 192.0.2.1\n' >"$BATS_TEST_TMPDIR/zone"
	named_config any any >"$BATS_TEST_TMPDIR/both"
	named_config 192.0.2.1 none >"$BATS_TEST_TMPDIR/four"
	chmod -R a+rwX "$BATS_TEST_TMPDIR"
	export AT=8000
	assert_equal "$(whom dns-tcp zPORT.example named -g -n 1 -c "$BATS_TEST_TMPDIR/both")" "$natively"
	on_server() { [ "$1" = python3 ] || ip netns exec "$server" "$@"; }
	assert_equal "$(whom dns-tcp zPORT.example "$run" --rule='bind tcp address=192.0.2.1 port=8000 dual' -- \
		named -4 -g -n 1 -c "$BATS_TEST_TMPDIR/four")" "$(sed 's/ 127.*//' <<<"$synthetic")"
}

# postfix_config PROTOCOLS: smtpd in its chroot, which lets in whom permit_mynetworks or a table of networks lets in. The
# visitors say QUIT at once, which is pipelining; Postfix 3.9 refuses it by default.
postfix_config() {
	local dir=$BATS_TEST_TMPDIR/postfix word list
	rm -rf "$dir"
	mkdir -p "$dir/spool" "$dir/data"
	chown postfix "$dir/data"
	cat >"$dir/main.cf" <<-END
		compatibility_level = 3.6
		queue_directory = $dir/spool
		data_directory = $dir/data
		inet_protocols = $1
		myhostname = mx.example
		maillog_file = /dev/stdout
		local_recipient_maps =
		alias_maps =
		smtpd_peername_lookup = no
		smtpd_delay_reject = no
		smtpd_forbid_unauth_pipelining = no
		mynetworks = 127.0.0.0/8
		import_environment = MAIL_CONFIG MAIL_LOGTAG LD_PRELOAD DUALSTACK_KEY
	END
	{
		echo 'postlog unix-dgram n - n - 1 postlogd'
		echo 'anvil unix - - y - 1 anvil'
		each_list 8000 | while read -r port list; do
			echo "$port inet n - y - - smtpd -o { smtpd_client_restrictions = check_client_access cidr:{{$list OK}}, reject }"
		done
		each_list $((8000 + ${#lists[@]})) | while read -r port list; do
			[[ $list != *:* ]] || list="[${list%/*}]/${list#*/}"
			echo "$port inet n - y - - smtpd -o { mynetworks = ${list/::1]*/::1]} } -o { smtpd_client_restrictions = permit_mynetworks, reject }"
		done
	} >"$dir/master.cf"
}

@test "Postfix, check_client_access cidr: and permit_mynetworks" {
	compared Postfix 'cidr: table, mynetworks' 'IPv6; behind postscreen synthetic'
	need postfix
	local master=(/usr/lib/postfix/sbin/master -c "$BATS_TEST_TMPDIR/postfix" -s)
	postfix_config all
	postfix -c "$BATS_TEST_TMPDIR/postfix" check 2>/dev/null
	lists+=("${lists[@]}")
	assert_equal "$(whom '220 ' 'QUIT\r\n' "${master[@]}")" "$natively"$'\n'"$natively"
	sed -i 's/^inet_protocols.*/inet_protocols = ipv4/' "$BATS_TEST_TMPDIR/postfix/main.cf"
	assert_equal "$(whom '220 ' 'QUIT\r\n' "$run" -- "${master[@]}")" "$ipv6_text"$'\n'"$ipv6_text"
}

@test "exim, hosts" {
	compared exim hosts IPv6
	local exim_ports check
	exim_ports=$(each_list 8000 | cut -d ' ' -f 1 | paste -s -d :)
	check="acl_smtp_connect = accept hosts = <; \${extract{on\$received_port}{$(each_list 8000 | sed 's/^/on/' | tr ' \n' '= ')}}"
	exim_config '0.0.0.0 ; ::0' "$check"
	exim_under env
	assert_equal "$(whom '220 ' 'QUIT\r\n' "${daemon[@]}")" "$natively"
	exim_config 0.0.0.0 "$check"
	exim_under "$run" --
	assert_equal "$(whom '220 ' 'QUIT\r\n' "${daemon[@]}")" "$ipv6_text"
}

dovecot_lists() {
	local port list
	dovecot_config "$1" 7999
	{
		# Else whoever has failed waits longer each time.
		printf 'auth_failure_delay = 0\nservice anvil {\n unix_listener anvil-auth-penalty {\n mode = 0\n }\n}\n'
		echo 'service imap-login {'
		each_list 8000 | while read -r port list; do printf 'inet_listener on%d {\n port = %d\n}\n' "$port" "$port"; done
		echo '}'
	} >>"$BATS_TEST_TMPDIR/dovecot/dovecot.conf"
	each_list 8000 | while read -r port list; do
		echo "reader$port:{PLAIN}secret::::::allow_nets=$list"
	done >"$BATS_TEST_TMPDIR/dovecot/users"
}

@test "dovecot, allow_nets" {
	compared dovecot allow_nets IPv6
	need dovecot
	# It is slow to refuse.
	local strangers=2
	dovecot_lists '*, ::'
	local ask='a login readerPORT secret\r\nb logout\r\n' dovecot=(dovecot -F -c "$BATS_TEST_TMPDIR/dovecot/dovecot.conf")
	assert_equal "$(whom 'a OK' "$ask" "${dovecot[@]}")" "$natively"
	sed -i 's/^listen.*/listen = */' "$BATS_TEST_TMPDIR/dovecot/dovecot.conf"
	assert_equal "$(whom 'a OK' "$ask" "$run" -- "${dovecot[@]}")" "$ipv6_text"
}

# It compares the bytes, where allow_nets compares the text. Whoever is trusted may log in without TLS.
@test "dovecot, login_trusted_networks" {
	compared dovecot login_trusted_networks synthetic
	need dovecot
	dovecot_config '*, ::' 7999
	local conf=$BATS_TEST_TMPDIR/dovecot/dovecot.conf knock
	sed -i 's/^disable_plaintext_auth = no/disable_plaintext_auth = yes/; s/^auth_allow_cleartext = yes/auth_allow_cleartext = no/' "$conf"
	knock=(python3 "$root/tests/lib/knock.py" 7999 1 AUTH=PLAIN 'a capability\r\nb logout\r\n' 192.0.2.2 $client6 fd00:9::2 20)
	trusted() {
		sed -i '/^login_trusted_networks/d' "$conf"
		echo "login_trusted_networks = $1" >>"$conf"
		start server "${@:2}" dovecot -F -c "$conf"
		wait_port 7999
		run -0 on_client "${knock[@]}"
		stop "$started"
	}
	trusted '2001:db8:1::/64 fd00::/8 192.0.2.0/24'
	assert_output "192.0.2.2 $client6 fd00:9::2"
	sed -i 's/^listen.*/listen = */' "$conf"
	trusted '2001:db8:1::/64 fd00::/8 192.0.2.0/24' "$run" --
	assert_output 192.0.2.2
	trusted '240.0.0.0/4' "$run" --
	assert_output "$client6 fd00:9::2 strangers"
}

@test "rsync, hosts allow" {
	compared rsync 'hosts allow' synthetic
	need rsync
	local ask='@RSYNCD: 31.0\nmPORT\n' port list
	{
		printf 'use chroot = no\nreverse lookup = no\nuid = nobody\n'
		each_list 8000 | while read -r port list; do
			printf '[m%d]\npath = %s\nhosts allow = %s\n' "$port" "$BATS_TEST_TMPDIR" "$list"
		done
	} >"$BATS_TEST_TMPDIR/conf"
	local rsync=(rsync --daemon --no-detach --port=8000 --config="$BATS_TEST_TMPDIR/conf")
	export AT=8000
	assert_equal "$(whom '@RSYNCD: OK' "$ask" "${rsync[@]}")" "$natively"
	assert_equal "$(whom '@RSYNCD: OK' "$ask" "$run" -- "${rsync[@]}" --ipv4)" "$synthetic"
}

@test "sshd, AllowUsers" {
	compared sshd AllowUsers IPv6
	need sshd
	need ssh
	local dir=$BATS_TEST_TMPDIR port list peer to
	lists=(2001:db8:1::/64 192.0.2.0/24 240.0.0.0/4)
	ssh-keygen -q -t ed25519 -N '' -f "$dir/key"
	{
		printf '%s\n' 'ListenAddress 0.0.0.0:8000' 'ListenAddress 0.0.0.0:8001' 'ListenAddress 0.0.0.0:8002' \
			"HostKey $dir/key" "AuthorizedKeysFile $dir/key.pub" 'StrictModes no' 'PidFile none'
		each_list 8000 | while read -r port list; do printf 'Match LocalPort %d\nAllowUsers root@%s\n' "$port" "$list"; done
	} >"$dir/conf"
	start sshd bash -c 'mount -t tmpfs tmpfs /run; mkdir /run/sshd; exec "$@"' bash "$run" -- /usr/sbin/sshd -D -e -f "$dir/conf"
	wait_port 8002
	while read -r port list; do
		for peer in 192.0.2.2 $client6 fd00:9::2; do
			case $peer in *:*) to=$server6 ;; *) to=$server4 ;; esac
			on_client ssh -F none -i "$dir/key" -b $peer -p "$port" -o BatchMode=yes -o StrictHostKeyChecking=no \
				-o UserKnownHostsFile=/dev/null root@$to echo "$list: $peer" 2>/dev/null </dev/null 3>&- &
		done
	done < <(each_list 8000) >"$dir/in"
	# Whoever is refused has failed.
	wait $(jobs -p | grep -vx "$started") || :
	run -0 sort "$dir/in"
	assert_output $'192.0.2.0/24: 192.0.2.2\n2001:db8:1::/64: 2001:db8:1::2'
}

# A user for each entry, who has no password.
@test "MariaDB, the hosts of accounts" {
	compared MariaDB 'host of an account' IPv6
	need mariadbd
	need mariadb-install-db
	local data=$BATS_TEST_TMPDIR/data as mariadbd port list
	lists=(fd00:% 2001:db8:1:% 2%:% ::1 127.0.0.1 192.0.2.% 24_.%)
	as=(--no-defaults --user=nobody --datadir="$data" --skip-innodb --default-storage-engine=Aria)
	mariadbd=(mariadbd "${as[@]}" --socket="$data/socket" --port=8000 --skip-name-resolve --max-connect-errors=1000000)
	each_list 8000 | while read -r port list; do
		echo "INSERT INTO global_priv VALUES ('$list', 'u$port', '{\"plugin\": \"mysql_native_password\", \"authentication_string\": \"\"}');"
	done >"$BATS_TEST_TMPDIR/users"
	mariadb-install-db "${as[@]}" --auth-root-authentication-method=normal --skip-test-db --extra-file="$BATS_TEST_TMPDIR/users" >/dev/null
	# The greeting's answer, by which a user wants in (PROTOCOL_41, SECURE_CONNECTION), and OK.
	local ask='\x27\0\0\x01\x01\x82\0\0\0\0\0\x01\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0uPORT\0\0'
	export AT=8000
	assert_equal "$(whom '\0\0\x02\0\0' "$ask" "${mariadbd[@]}" --bind-address='*' | peers)" "$(peers <<<"$natively")"
	assert_equal "$(whom '\0\0\x02\0\0' "$ask" "$run" -- "${mariadbd[@]}" --bind-address=0.0.0.0 | peers)" "$(peers <<<"$ipv6_text")"
}

znc_config() {
	local port list
	echo 'Version = 1.8.2'
	printf '<Listener l>\nPort = 8000\nIPv4 = true\nIPv6 = %s\nSSL = false\n%s\n</Listener>\n' "$1" "$2"
	each_list 8000 | while read -r port list; do
		printf '<User u%d>\nAllow = %s\nPass = plain#secret\n</User>\n' "$port" "$list"
	done
}

@test "ZNC, the Allow of users" {
	compared ZNC Allow IPv6
	need znc
	lists=(fd00:* 2001:db8:1:* 2*:* ::1 127.0.0.1 192.0.2.* '24?.*')
	mkdir -p "$BATS_TEST_TMPDIR"/{both,four}/configs
	znc_config true '' >"$BATS_TEST_TMPDIR/both/configs/znc.conf"
	znc_config false 'Host = 0.0.0.0' >"$BATS_TEST_TMPDIR/four/configs/znc.conf"
	chown -R nobody "$BATS_TEST_TMPDIR"/{both,four}
	local as=(setpriv --reuid=nobody --clear-groups env HOME=/nowhere)
	local ask='PASS uPORT:secret\r\nNICK a\r\nUSER a 0 * :a\r\nQUIT\r\n'
	export AT=8000
	assert_equal "$(whom ' 001 ' "$ask" "${as[@]}" znc --foreground --datadir="$BATS_TEST_TMPDIR/both" | peers)" \
		"$(peers <<<"$natively")"
	assert_equal "$(whom ' 001 ' "$ask" "${as[@]}" "$run" -- znc --foreground --datadir="$BATS_TEST_TMPDIR/four" | peers)" \
		"$(peers <<<"$ipv6_text")"
}

# bats file_tags=beside
# demo/fail2ban: a real fail2ban with real jails watches services under the library, and bans their IPv6 peers.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	need fail2ban-server
	need nft
	need nginx
	need sshd
	need ssh
	need curl
	hosts_up
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	ip -n "$client" addr add 2001:db8:1::3/64 dev veth0 nodad preferred_lft 0
}
teardown() { hosts_down; }

# What the example says, and where things are here.
fail2ban_up() {
	local dir=$BATS_TEST_TMPDIR/fail2ban
	cp -r /etc/fail2ban "$dir"
	cp -r "$root"/demo/fail2ban/{jail.local,action.d} "$dir"
	printf '[Definition]\ndbfile = None\nallowipv6 = auto\n' >"$dir/fail2ban.local"
	cat >"$dir/jail.d/here.local" <<-END
		[DEFAULT]
		backend = polling
		action = dualstack[lines="$1", port="%(port)s", protocol="%(protocol)s"]
		ignoreself = false
		[nginx-http-auth]
		port = 8080
		logpath = $BATS_TEST_TMPDIR/nginx.errors
		maxretry = 3
		[sshd]
		backend = polling
		port = 2222
		logpath = $BATS_TEST_TMPDIR/auth.log
		maxretry = 1
	END
	fail2ban=(-c "$dir" -s "$BATS_TEST_TMPDIR/socket" -p "$BATS_TEST_TMPDIR/pid")
	start fail2ban fail2ban-server -f "${fail2ban[@]}" --logtarget "$BATS_TEST_TMPDIR/fail2ban.log" \
		--syslogsocket none start
	wait_until eval "on_server fail2ban-client ${fail2ban[*]} status sshd"
}

services_up() {
	local dir=$BATS_TEST_TMPDIR
	mkdir "$dir/www"
	echo secret >"$dir/www/index.html"
	echo 'reader:{PLAIN}secret' >"$dir/passwords"
	: >"$dir/library.log"
	chmod 666 "$dir/library.log"
	cat >"$dir/nginx.conf" <<-END
		$(nginx_head "$dir")
			access_log off;
			server { listen 8080; root $dir/www; auth_basic here; auth_basic_user_file $dir/passwords; }
		}
	END
	chmod -R a+rX "$dir/www" "$dir/passwords"
	start nginx "$run" --log=info:"$dir/library.log" -- nginx -c "$dir/nginx.conf" -e "$dir/nginx.errors"
	ssh-keygen -q -t ed25519 -N '' -f "$dir/key"
	printf '%s\n' 'ListenAddress 0.0.0.0:2222' "HostKey $dir/key" 'PidFile none' 'LogLevel VERBOSE' >"$dir/sshd.conf"
	# As syslogd writes it.
	start sshd bash -c 'mount -t tmpfs tmpfs /run; mkdir /run/sshd
		"$@" 2>&1 | while IFS= read -r line; do printf "%(%b %d %H:%M:%S)T here sshd[1]: %s\n" -1 "$line"; done >"$0"' "$dir/auth.log" \
		"$run" --log=info:"$dir/library.log" -- /usr/sbin/sshd -D -e -f "$dir/sshd.conf"
	wait_port 8080
	wait_port 2222
}

# page FROM TO PASSWORD: the HTTP status.
page() { on_client curl -s -o /dev/null -w '%{http_code}' --max-time 9 --interface "$1" -u "reader:$3" "http://$2:8080/"; }

# Tries to log in as somebody who is not there.
login() {
	on_client ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -p 2222 "guest@$1" 2>&1 || :
	wait_until grep -q "Invalid user guest from $2 " "$BATS_TEST_TMPDIR/auth.log"
}

set_of() { on_server nft list set inet dualstack "$1"; }

# What an attacker can have written into the same log: his own synthetic address, and a victim.
@test "the action takes none but the library's lines" {
	local sed text
	sed=$(sed -n 's/^actionban = peer=$(<lines> | \(sed -n .*\) | tail -n 1)$/\1/p' "$root/demo/fail2ban/action.d/dualstack.conf")
	text='descriptor 5 accepted from [2001:db8::7]:40, shown as 241.1.2.3:40'
	while IFS= read -r line; do
		run -0 bash -c "${sed//<ip>/241.1.2.3}" <<<"${line/TEXT/$text}"
		case $line in *app*) assert_output '' ;; *) assert_output 2001:db8::7 ;; esac
	done <<-'END'
		dualstack[12]: TEXT
		Nov  8 23:16:47 host dualstack[12]: TEXT
		2026-11-28T23:16:47+0000 host dualstack[12]: TEXT
		Nov  8 23:16:47 host app[12]: TEXT
		Nov  8 23:16:47 host app: dualstack[12]: TEXT
		2026-11-28T23:16:47+0000 host app[12]: dualstack[12]: TEXT
		2026-11-28T23:16:47+0000 host app[12]: Nov  8 23:16:47 host dualstack[12]: TEXT
		dualstack[12]: app TEXT
	END
}

@test "fail2ban: an IPv6 peer is banned as its IPv6 address, from nginx's synthetic address and from sshd's text" {
	services_up
	fail2ban_up "$run --who <ip> $BATS_TEST_TMPDIR/library.log"
	for _ in 1 2 3; do
		run -0 page 2001:db8:1::3 "[$server6]" wrong
		assert_output 401
	done
	wait_until eval 'set_of nginx-http-auth-6 | grep -q "2001:db8:1::3 "'
	run -7 page 2001:db8:1::3 "[$server6]" secret
	for _ in 1 2; do
		run -0 page $client6 "[$server6]" secret
		run -0 page 192.0.2.2 $server4 secret
	done
	login $server4 192.0.2.2
	login $server6 $client6
	wait_until eval 'set_of sshd-6 | grep -q "$client6 "'
	wait_until eval 'set_of sshd-4 | grep -q "192.0.2.2"'
	for _ in 1 2 3; do run -0 page 192.0.2.2 $server4 wrong; done
	wait_until eval 'set_of nginx-http-auth-4 | grep -q "192.0.2.2"'
	on_server fail2ban-client "${fail2ban[@]}" unban --all
	wait_until eval '! set_of nginx-http-auth-6 | grep -q elements'
	wait_until eval '! set_of nginx-http-auth-4 | grep -q elements'
	run -0 page 2001:db8:1::3 "[$server6]" secret
}

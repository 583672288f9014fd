# demo/fail2ban: a real fail2ban with real jails watches services under the library, and bans their IPv6 peers.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/dovecot

setup() {
	need fail2ban-server
	need nft
	need nginx
	need dovecot
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
	cat >"$dir/jail.d/here.conf" <<-END
		[DEFAULT]
		backend = polling
		action = dualstack[lines="$1", port="%(port)s", protocol="%(protocol)s"]
		ignoreself = false
		[sshd]
		enabled = false
		[nginx-http-auth]
		port = 8080
		logpath = $BATS_TEST_TMPDIR/nginx.errors
		maxretry = 3
		[dovecot]
		port = 1143
		logpath = $BATS_TEST_TMPDIR/dovecot/log
		maxretry = 1
	END
	fail2ban=(-c "$dir" -s "$BATS_TEST_TMPDIR/socket" -p "$BATS_TEST_TMPDIR/pid")
	start fail2ban fail2ban-server -f "${fail2ban[@]}" --logtarget "$BATS_TEST_TMPDIR/fail2ban.log" \
		--syslogsocket none start
	wait_until eval "on_server fail2ban-client ${fail2ban[*]} status dovecot"
}

services_up() {
	local dir=$BATS_TEST_TMPDIR
	mkdir "$dir/www"
	echo secret >"$dir/www/index.html"
	echo 'reader:{PLAIN}secret' >"$dir/passwords"
	: >"$dir/library.log"
	chmod 666 "$dir/library.log"
	cat >"$dir/nginx.conf" <<-END
		daemon off;
		pid $dir/nginx.pid;
		events {}
		http {
			client_body_temp_path $dir/body;
			proxy_temp_path $dir/proxy;
			fastcgi_temp_path $dir/fastcgi;
			uwsgi_temp_path $dir/uwsgi;
			scgi_temp_path $dir/scgi;
			access_log off;
			server { listen 8080; root $dir/www; auth_basic here; auth_basic_user_file $dir/passwords; }
		}
	END
	chmod -R a+rX "$dir/www" "$dir/passwords"
	start nginx "$run" --log=info:"$dir/library.log" -- nginx -c "$dir/nginx.conf" -e "$dir/nginx.errors"
	dovecot_config '*' 1143
	start dovecot "$run" --log=info:"$dir/library.log" -- dovecot -F -c "$dir/dovecot/dovecot.conf"
	wait_port 8080
	wait_port 1143
}

# page FROM TO PASSWORD: the HTTP status.
page() { on_client curl -s -o /dev/null -w '%{http_code}' --max-time 9 --interface "$1" -u "reader:$3" "http://$2:8080/"; }

set_of() { on_server nft list set inet dualstack "$1"; }

@test "fail2ban: an IPv6 peer is banned as its IPv6 address, from nginx's synthetic address and from dovecot's text" {
	services_up
	fail2ban_up "cat $BATS_TEST_TMPDIR/library.log"
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
	on_client curl -s --max-time 20 --login-options AUTH=PLAIN -u reader:wrong "imap://[$server6]:1143/" || :
	wait_until eval 'set_of dovecot-6 | grep -q "$client6 "'
	run ! fetch "$client" "[$server6]" 1143
	run -0 fetch "$client" $server4 1143
	for _ in 1 2 3; do run -0 page 192.0.2.2 $server4 wrong; done
	wait_until eval 'set_of nginx-http-auth-4 | grep -q "192.0.2.2"'
	on_server fail2ban-client "${fail2ban[@]}" unban --all
	wait_until eval '! set_of nginx-http-auth-6 | grep -q elements'
	wait_until eval '! set_of nginx-http-auth-4 | grep -q elements'
	run -0 page 2001:db8:1::3 "[$server6]" secret
}

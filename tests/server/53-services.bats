# Services that lose the library, or look as if they did: the recipes of demo/services.md.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/exim
load ../lib/postfix

setup() { hosts_up; }
teardown() { hosts_down; }

# mail PORT HOST...: what comes of a mail over each, from the client.
mail() {
	on_client python3 - "$@" <<-'END'
		import smtplib, sys
		for host in sys.argv[2:]:
		    try:
		        with smtplib.SMTP(host, int(sys.argv[1]), local_hostname='x', timeout=10) as s:
		            s.sendmail('a@b.example', ['u@server.example'], 'Subject: x\n\nhello\n')
		            print(host, 'sent')
		    except OSError as e:
		        print(host, type(e).__name__)
	END
}

# The processes that hold the port's listener.
holders() { on_server ss -Hltnp "sport = :$1" | grep -o 'pid=[0-9]*' | sort -u | tr '\n' ' '; }
others_hold() { [ -n "$(holders "$1")" ] && [ "$(holders "$1")" != "$2" ]; }

# both PORT...: each is served over both families.
both() {
	local port
	for port; do
		run -0 on_client curl -s --max-time 10 "http://$server4:$port/"
		assert_output --partial 192.0.2.2
		run -0 on_client curl -s --max-time 10 "http://[$server6]:$port/"
		assert_output --regexp '^(2001:db8:1::2|2[45][0-9]\.)'
	done
}

@test "reloads that hand the listener on: haproxy, unicorn, puma, php-fpm" {
	local port i pid pids all=(5001 5002 5003) before=()
	need haproxy
	need unicorn
	need puma
	compgen -c php-fpm >/dev/null || skip "php-fpm is not installed"
	cat >"$BATS_TEST_TMPDIR/haproxy.cfg" <<-'END'
		defaults
		  mode http
		  timeout client 5s
		  timeout server 5s
		frontend f
		  bind 0.0.0.0:5001
		  http-request return status 200 content-type text/plain lf-string "%[src]"
	END
	# Rack 3 refuses capitals in a header's name.
	echo "run lambda { |e| [200, {'content-type' => 'text/plain'}, [e['REMOTE_ADDR']]] }" >"$BATS_TEST_TMPDIR/config.ru"
	printf '%s\n' '[global]' 'daemonize = no' "error_log = $BATS_TEST_TMPDIR/fpm" '[www]' 'user = nobody' 'group = nogroup' \
		'listen = 0.0.0.0:5004' 'pm = static' 'pm.max_children = 1' >"$BATS_TEST_TMPDIR/fpm.conf"
	start haproxy "$run" haproxy -W -f "$BATS_TEST_TMPDIR/haproxy.cfg"
	pids=("$started")
	start unicorn "$run" unicorn -o 0.0.0.0 -p 5002 "$BATS_TEST_TMPDIR/config.ru"
	pids+=("$started")
	start puma "$run" puma -w 1 -b tcp://0.0.0.0:5003 "$BATS_TEST_TMPDIR/config.ru"
	pids+=("$started")
	start fpm "$run" "$(compgen -c php-fpm | head -n 1)" -y "$BATS_TEST_TMPDIR/fpm.conf"
	pids+=("$started")
	for port in "${all[@]}" 5004; do wait_port "$port"; done
	wait_until eval 'on_client curl -s "http://$server4:5003/"'
	both "${all[@]}"
	for port in "${all[@]}" 5004; do before+=("$(holders "$port")"); done
	for pid in "${pids[@]}"; do kill -USR2 "$pid"; done
	for i in 0 1 2 3; do wait_until others_hold $((5001 + i)) "${before[i]}"; done
	wait_until eval 'on_client curl -s "http://$server4:5003/"'
	both "${all[@]}"
	# FastCGI has no answer for this client.
	run -0 on_client "$programs/steps" a=tcp6 "a.connect:$server6/5004"
	assert_line --partial ' ok'
	for pid in "${pids[@]}"; do
		run "$run" --status "$pid"
		assert_line --regexp '\[::\]:500[1-4] +dual-stack'
		refute_line --partial 'Not loaded'
	done
}

@test "node's cluster: a listener in the primary, connections in workers" {
	need node
	cat >"$BATS_TEST_TMPDIR/cluster.js" <<-'END'
		const cluster = require('cluster'), http = require('http');
		if (cluster.isPrimary) for (let i = 0; i < 2; i++) cluster.fork();
		else http.createServer((q, r) => r.end(q.socket.remoteAddress)).listen(5001, '0.0.0.0');
	END
	start node "$run" node "$BATS_TEST_TMPDIR/cluster.js"
	wait_port 5001
	both 5001
}

@test "Java serves both families by itself, and with java.net.preferIPv4Stack by the library" {
	local java
	need java
	[ -e /usr/share/java/bsh.jar ] || skip 'bsh is not installed'
	cat >"$BATS_TEST_TMPDIR/serve.bsh" <<-'END'
		import java.net.*;
		import java.io.*;
		listener = new ServerSocket(5001);
		while (true) {
			one = listener.accept();
			new BufferedReader(new InputStreamReader(one.getInputStream())).readLine();
			one.getOutputStream().write(("HTTP/1.0 200 OK\r\n\r\n" + one.getInetAddress().getHostAddress()).getBytes());
			one.close();
		}
	END
	java=(java -cp /usr/share/java/bsh.jar bsh.Interpreter "$BATS_TEST_TMPDIR/serve.bsh")
	start java "$run" "${java[@]}"
	wait_port 5001
	run -1 "$run" --status "$started"
	assert_line --regexp '\[::\]:5001 +dual-stack \(own\)'
	stop "$started"
	start java "$run" "${java[0]}" -Djava.net.preferIPv4Stack=true "${java[@]:1}"
	wait_port 5001
	both 5001
	run -0 "$run" --status "$started"
	assert_line --regexp '\[::\]:5001 +dual-stack '
}

@test "Samba binds both families itself, and goes on doing so" {
	need smbd
	need smbclient
	local where=$BATS_TEST_TMPDIR/samba address
	mkdir "$where"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR" "$where"
	echo hello >"$where/file"
	printf '%s\n' '[global]' 'map to guest = Bad User' 'smb ports = 5010' 'disable netbios = yes' 'load printers = no' \
		"log file = $where/log" "ncalrpc dir = $where/ncalrpc" >"$where/smb.conf"
	printf "%s directory = $where\n" private lock state cache pid | sed 's/private directory/private dir/' >>"$where/smb.conf"
	printf '%s\n' '[share]' "path = $where" 'guest ok = yes' >>"$where/smb.conf"
	start smbd "$run" smbd -F --no-process-group -s "$where/smb.conf"
	wait_port 5010
	for address in $server4 $server6; do
		run -0 on_client smbclient -s "$where/smb.conf" -N -p 5010 "//$address/share" -c 'get file -'
		assert_line hello
	done
	run "$run" --status "$started"
	assert_line --regexp '\[::\]:5010 +IPv6 only'
	assert_line --regexp '0\.0\.0\.0:5010 +IPv4 only'
}

exim_sends() {
	run -0 mail 2525 $server4 $server6
	assert_output "$server4 sent
$server6 $1"
}

# It is set-user-ID, and starts again as another user than root: ld.so ignores the library.
@test "exim4 loses the library at SIGHUP, --status says so, and a restart brings it back" {
	exim_config 0.0.0.0 'keep_environment = LD_PRELOAD : ^DUALSTACK_'
	exim_up "$run" --
	exim_sends sent
	kill -HUP "$started"
	wait_until eval '[ "$(grep -c "daemon started" "$exim/mainlog")" = 2 ]'
	run "$run" --status "$started"
	assert_line --regexp '^Not loaded where it is needed'
	wait_port 2525
	exim_sends ConnectionRefusedError
	stop "$started"
	exim_up "$run" --
	exim_sends sent
}

@test "Postfix: smtpd and postscreen, in master.cf's chroot and without" {
	need postfix
	local chroot port variables='LD_PRELOAD DUALSTACK_SETTINGS DUALSTACK_LOG DUALSTACK_KEY'
	# Without the recipe it serves IPv4 only, and --status says so.
	postfix_config n ''
	postfix_up "$run"
	run -0 mail 2525 $server4 $server6
	assert_output "$server4 sent
$server6 ConnectionRefusedError"
	run -1 --separate-stderr "$run" --status "$(cat "$postfix/spool/pid/master.pid" | tr -d ' ')"
	assert_line --regexp '0.0.0.0:2525 +IPv4 only'
	postfix_down
	for chroot in n y; do
		rm -rf "$postfix"
		postfix_config $chroot "$variables"
		postfix_up "$run" --log="info:$BATS_TEST_TMPDIR/log"
		for port in 2525 2526; do
			run -0 mail $port $server4 $server6
			assert_output "$server4 sent
$server6 sent"
		done
		run -0 "$run" --status "$(cat "$postfix/spool/pid/master.pid" | tr -d ' ')"
		assert_line --regexp '\[::\]:2525 +dual-stack'
		refute_line --partial 'Not loaded'
		# Both know the peer by an address that can't be taken for one of mynetworks; a reload keeps it.
		wait_until grep -E "smtpd.*: disconnect from unknown\[(2001:db8:1::2|2[45][0-9][0-9.]*)\]" "$postfix/log"
		on_server postfix -c "$postfix/etc" reload
		run -0 mail 2525 $server6
		assert_output "$server6 sent"
		postfix_down
	done
}

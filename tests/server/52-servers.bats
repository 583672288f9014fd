# Small unmodified servers, each started as IPv4-only. Together they cover blocking accept, fork, prefork,
# select, poll, epoll and inherited sockets. A server that prints addresses through the C library logs the IPv6
# address; one that prints the four bytes itself logs the synthetic address (240 and up).

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/irc

setup() { hosts_up; }
teardown() { hosts_down; }

synthetic='24[0-7]\.[0-9]+\.[0-9]+\.[0-9]+'

http() { ip netns exec "$1" curl -s --max-time 10 "http://$2:$3/${4:-}"; }

nginx_config() {
	mkdir -p "$BATS_TEST_TMPDIR/nginx/logs"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	cat >"$BATS_TEST_TMPDIR/nginx/nginx.conf" <<END
daemon off;
worker_processes 2;
pid $BATS_TEST_TMPDIR/nginx/pid;
error_log $BATS_TEST_TMPDIR/nginx/logs/error.log;
events {}
http {
	client_body_temp_path $BATS_TEST_TMPDIR/nginx/body;
	proxy_temp_path $BATS_TEST_TMPDIR/nginx/proxy;
	fastcgi_temp_path $BATS_TEST_TMPDIR/nginx/fastcgi;
	uwsgi_temp_path $BATS_TEST_TMPDIR/nginx/uwsgi;
	scgi_temp_path $BATS_TEST_TMPDIR/nginx/scgi;
	access_log $BATS_TEST_TMPDIR/nginx/logs/access.log;
	server { listen 8080; location / { return 200 "one \$remote_addr\n"; } }
	server { listen 8080; server_name two; location / { return 200 "two\n"; } }
	server { listen 8081; location / { return 200 "three\n"; } $1 }
}
END
}

start_nginx() {
	start nginx "$@" nginx -p "$BATS_TEST_TMPDIR/nginx" -c nginx.conf -e logs/error.log
	wait_port 8081
}

@test "nginx: two ports, two server blocks, workers" {
	need nginx
	need curl
	nginx_config
	start_nginx "$run" --
	run -0 http "$client" $server4 8080
	assert_output 'one 192.0.2.2'
	run -0 http "$server" '[::1]' 8080
	assert_output 'one 127.0.0.1'
	run -0 http "$client" "[$server6]" 8080
	assert_output --regexp "^one $synthetic\$"
	run -0 http "$client" "[$server6]" 8081
	assert_output three
	run -0 on_client curl -s -H 'Host: two' "http://[$server6]:8080/"
	assert_output two
}

@test "nginx: all of its workers show one client as the same address" {
	need nginx
	need curl
	nginx_config
	start_nginx "$run" --
	for _ in $(seq 20); do http "$client" "[$server6]" 8080; done | sort -u >"$BATS_TEST_TMPDIR/shown"
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/shown")" 1
}

@test "nginx: HUP while connections are open" {
	need nginx
	need curl
	nginx_config
	start_nginx "$run" --
	# A connection of each family outlives the change of workers, and is still served.
	coproc HELD { on_client bash -c "
		exec 3<>/dev/tcp/$server6/8080 4<>/dev/tcp/$server4/8080
		echo open; read -r _
		for fd in 3 4; do
			printf 'GET / HTTP/1.0\r\n\r\n' >&\$fd
			timeout 10 tail -n 1 <&\$fd
		done"; } 3>&-
	read -r -t 10 line <&"${HELD[0]}"
	assert_equal "$line" open
	old=$(pgrep -P "$started" | sort | tr '\n' ' ')
	kill -HUP "$started"
	wait_until eval '[ "$(pgrep -P "$started" | sort | tr "\n" " ")" != "$old" ]'
	run -0 http "$client" "[$server6]" 8080
	assert_output --partial one
	run -0 http "$client" $server4 8080
	assert_output 'one 192.0.2.2'
	echo >&"${HELD[1]}"
	read -r -t 10 line <&"${HELD[0]}"
	assert_regex "$line" "^one $synthetic\$"
	read -r -t 10 line <&"${HELD[0]}"
	assert_equal "$line" 'one 192.0.2.2'
}

# Its workers have the widened socket, too, and IPv4 goes on for them.
@test "nginx: listen for both families, added by a HUP, waits for a restart, and both families go on" {
	need nginx
	need curl
	nginx_config
	start_nginx "$run" --
	run -0 http "$client" "[$server6]" 8081
	nginx_config 'listen [::]:8081;'
	kill -HUP "$started"
	wait_until grep -F 'bind() to [::]:8081 failed (98' "$BATS_TEST_TMPDIR/nginx/logs/error.log"
	for address in $server4 "[$server6]"; do
		run -0 http "$client" "$address" 8081
		assert_output three
	done
	kill -QUIT "$started"
	wait_until eval "! kill -0 $started"
	start_nginx "$run" --
	run -0 on_server ss -Hltn 'sport = :8081'
	assert_output --partial '[::]:8081'
	assert_output --partial '0.0.0.0:8081'
	for address in $server4 "[$server6]"; do
		run -0 http "$client" "$address" 8081
		assert_output three
	done
}

@test "nginx without the shim: IPv4 alone" {
	need nginx
	need curl
	nginx_config
	start_nginx
	run -0 http "$client" $server4 8080
	assert_output 'one 192.0.2.2'
	assert_ipv4_only 8080
}

# It takes one connection and always sets SO_REUSEADDR: one server for each.
@test "nc.traditional -l" {
	need nc.traditional
	for to in 127.0.0.1 ::1 $server6; do
		start nc "$run" -- nc.traditional -v -n -l -p 5001 -c 'echo from nc'
		wait_port 5001
		run -0 ask "$to/5001"
		assert_output 'from nc'
	done
	run -0 log_of nc
	assert_output --regexp "connect to \[$synthetic\] from .*\[$synthetic\]"
	start nc nc.traditional -l -p 5002 -c 'echo from nc'
	wait_port 5002
	run -1 ask ::1/5002
	assert_output ECONNREFUSED
}

@test "tcpserver: a child for each connection" {
	need tcpserver
	start tcpserver "$run" -- tcpserver -v -R -H -l 0 0.0.0.0 5003 sh -c 'echo "from $TCPREMOTEIP"'
	wait_port 5003
	run -0 ask ::1/5003
	assert_output 'from 127.0.0.1'
	run -0 ask_from_client $server4/5003
	assert_output 'from 192.0.2.2'
	run -0 ask_from_client $server6/5003
	assert_output --regexp "^from $synthetic\$"
	start plain tcpserver -R -H -l 0 0.0.0.0 5004 echo hello
	wait_port 5004
	assert_ipv4_only 5004
}

# It writes /run/inetd.pid, so it gets its own /run (ip-netns(8) gives each command its own mounts).
start_inetd() {
	start inetd sh -c 'mount -t tmpfs tmpfs /run && exec "$@"' sh "$@" inetd -i "$BATS_TEST_TMPDIR/inetd.conf"
}

@test "openbsd-inetd: the child inherits the connection, and asks for its peer itself" {
	need inetd
	cat >"$BATS_TEST_TMPDIR/inetd.conf" <<END
5005 stream tcp4 nowait root $programs/serve serve handle
5006 stream tcp4 nowait root /usr/bin/perl perl $BATS_TEST_TMPDIR/peer.pl
END
	echo 'use Socket; ($p, $a) = unpack_sockaddr_in(getpeername(STDIN)); print inet_ntoa($a), "\n";' \
		>"$BATS_TEST_TMPDIR/peer.pl"
	start_inetd "$run" --
	wait_port 5005
	run -0 ask ::1/5005
	assert_output --partial 'peer 127.0.0.1 length 16 local 127.0.0.1 domain 2'
	run -0 ask_from_client $server4/5005
	assert_output --partial 'peer 192.0.2.2 length 16 local 192.0.2.1 domain 2'
	run -0 ask_from_client $server6/5005
	assert_output --regexp "peer $synthetic length 16 local $synthetic domain 2 ntop $client6 nameinfo $client6"
	run -0 ask_from_client $server6/5006
	assert_output --regexp "^$synthetic\$"
}

@test "openbsd-inetd without the shim: IPv4 alone" {
	need inetd
	echo "5005 stream tcp4 nowait root $programs/serve serve handle" >"$BATS_TEST_TMPDIR/inetd.conf"
	start_inetd
	wait_port 5005
	assert_ipv4_only 5005
}

@test "python3 -m http.server --bind 0.0.0.0" {
	need python3
	need curl
	mkdir "$BATS_TEST_TMPDIR/www"
	echo page >"$BATS_TEST_TMPDIR/www/page"
	start python "$run" -- python3 -u -m http.server --bind 0.0.0.0 --directory "$BATS_TEST_TMPDIR/www" 5007
	wait_port 5007
	run -0 http "$server" '[::1]' 5007 page
	assert_output page
	run -0 http "$client" $server4 5007 page
	run -0 http "$client" "[$server6]" 5007 page
	assert_output page
	wait_until grep -qE "^$synthetic - - .*GET /page" "$BATS_TEST_TMPDIR/python.log"
	run -0 log_of python
	assert_line --regexp '^127\.0\.0\.1 - - .*GET /page'
	assert_line --regexp '^192\.0\.2\.2 - - .*GET /page'
	start plain python3 -m http.server --bind 0.0.0.0 --directory "$BATS_TEST_TMPDIR/www" 5008
	wait_port 5008
	assert_ipv4_only 5008
}

perl_server='use IO::Socket::INET;
	$s = IO::Socket::INET->new(LocalPort => shift, Listen => 5, ReuseAddr => 1) or die;
	while ($c = $s->accept) { print $c "peerhost ", $c->peerhost, " sockhost ", $c->sockhost, "\n"; close $c }'

@test "Perl, IO::Socket::INET: prints peerhost" {
	start perl "$run" -- perl -e "$perl_server" 5009
	wait_port 5009
	run -0 ask ::1/5009
	assert_output 'peerhost 127.0.0.1 sockhost 127.0.0.1'
	run -0 ask_from_client $server4/5009
	assert_output 'peerhost 192.0.2.2 sockhost 192.0.2.1'
	run -0 ask_from_client $server6/5009
	assert_output --regexp "^peerhost $synthetic sockhost $synthetic\$"
	start plain perl -e "$perl_server" 5010
	wait_port 5010
	assert_ipv4_only 5010
}

assert_irc_welcome() {
	UNTIL='End of MOTD' THEN=QUIT run -0 ip netns exec "$1" "$programs/ask" "$2/$3" "NICK $5" "USER $5 0 * :guest"
	assert_output --partial ":irc.example.net 001 $5 :Welcome"
	assert_output --partial "@$4"
}

@test "ngircd: epoll, and the client's address in its log" {
	need ngircd
	ngircd_config 0.0.0.0 6667
	start ngircd "$run" -- ngircd -n -f "$BATS_TEST_TMPDIR/ngircd.conf"
	wait_port 6667
	assert_irc_welcome "$server" ::1 6667 127.0.0.1 one
	assert_irc_welcome "$client" $server4 6667 192.0.2.2 two
	assert_irc_welcome "$client" $server6 6667 $client6 three
	wait_until grep -qF "$client6" "$BATS_TEST_TMPDIR/ngircd.log"
}

@test "ngircd without the shim: IPv4 alone" {
	need ngircd
	ngircd_config 0.0.0.0 6667
	start ngircd ngircd -n -f "$BATS_TEST_TMPDIR/ngircd.conf"
	wait_port 6667
	assert_ipv4_only 6667
}

# Its filter fails getsockopt(), which hides the mark.
@test "tor under its own filter: SOCKS over both families, and its policy" {
	need tor
	local dir=$BATS_TEST_TMPDIR/tor
	install -d -m 700 "$dir"
	printf '%s\n' 'SocksPort 0.0.0.0:9150' 'SocksPolicy accept 192.0.2.2' 'SocksPolicy accept 240.0.0.0/4' 'SocksPolicy reject *' \
		"DataDirectory $dir/data" 'Sandbox 1' 'Log notice stdout' >"$dir/torrc"
	start tor "$run" -- tor -f "$dir/torrc"
	wait_port 9150
	wait_until grep -q 'Bootstrapped' "$BATS_TEST_TMPDIR/tor.log"
	for address in $server4 $server6; do
		run -0 on_client python3 -c 'import socket, sys
s = socket.create_connection((sys.argv[1], 9150))
s.sendall(b"\5\1\0")
s.settimeout(9)
print(s.recv(9))' $address
		assert_output "b'\\x05\\x00'"
	done
	# A local client, whom the policy rejects, gets no answer.
	run -0 on_server python3 -c 'import socket
s = socket.create_connection(("127.0.0.1", 9150))
s.settimeout(9)
try:
    s.sendall(b"\5\1\0")
    print(s.recv(9))
except ConnectionError:
    print(b"")'
	assert_output "b''"
}

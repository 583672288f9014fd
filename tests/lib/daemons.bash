# The daemons of the other tests, each configured for IPv4 only: starts all of them, asks each for something,
# and collects their answers and logs. Needs dovecot.bash and irc.bash; the demo uses it, too.

daemons='dovecot ngircd bip Jamulus opentracker nginx python3'
# -g, because "load" is a function.
declare -gA daemon_port=([dovecot]=1143 [ngircd]=6667 [bip]=7778 [Jamulus]=22124 [opentracker]=6969 [nginx]=8080 [python3]=5007)
declare -gA daemon_pid

daemons_config() {
	local dir=$BATS_TEST_TMPDIR
	dovecot_config '*' 1143
	ngircd_config 0.0.0.0 6667
	bip_config 7778
	chmod 711 "$dir"
	printf 'dualstack-test-hash!' | od -An -v -tx1 | tr -d ' \n' >"$dir/white"
	echo >>"$dir/white"
	chmod 644 "$dir/white"
	mkdir "$dir/home" "$dir/www" "$dir/nginx"
	echo page >"$dir/www/page"
	cat >"$dir/nginx.conf" <<-END
		daemon off;
		pid $dir/nginx/pid;
		error_log $dir/nginx/error.log;
		events {}
		http {
			client_body_temp_path $dir/nginx/body;
			proxy_temp_path $dir/nginx/proxy;
			fastcgi_temp_path $dir/nginx/fastcgi;
			uwsgi_temp_path $dir/nginx/uwsgi;
			scgi_temp_path $dir/nginx/scgi;
			access_log $dir/nginx/access.log;
			server { listen 8080; location / { return 200 "hello \$remote_addr\n"; } }
		}
	END
}

# daemon_start NAME [COMMAND...]: starts it under COMMAND, with a new log.
daemon_start() {
	local name=$1 dir=$BATS_TEST_TMPDIR
	shift
	case $name in
	dovecot)
		: >"$dir/dovecot/log"
		start dovecot "$@" dovecot -F -c "$dir/dovecot/dovecot.conf"
		;;
	ngircd) start ngircd "$@" ngircd -n -f "$dir/ngircd.conf" ;;
	bip) start bip "$@" bip -n -f "$dir/bip/bip.conf" -s "$dir/bip" ;;
	Jamulus) HOME=$dir/home QT_QPA_PLATFORM=offscreen start Jamulus "$@" Jamulus -s -n -p 22124 ;;
	opentracker) start opentracker "$@" opentracker -i 0.0.0.0 -p 6969 -P 6969 -d "$dir" -u nobody -w /white ;;
	nginx)
		rm -f "$dir/nginx/access.log"
		start nginx "$@" nginx -p "$dir/nginx" -c "$dir/nginx.conf" -e "$dir/nginx/error.log"
		;;
	python3) start python3 "$@" python3 -u -m http.server --bind 0.0.0.0 --directory "$dir/www" 5007 ;;
	esac
	daemon_pid[$name]=$started
}

daemon_serves() { [ -n "$(ip netns exec "$server" ss -Hltun "sport = :${daemon_port[$1]}")" ]; }

daemons_start() {
	local name
	for name in $daemons; do
		daemon_start "$name" "$@"
		# bip needs the IRC server.
		[ "$name" != ngircd ] || wait_until daemon_serves ngircd
	done
	for name in $daemons; do wait_until daemon_serves "$name"; done
	wait_until grep -q 'Connected for user' "$BATS_TEST_TMPDIR/bip.log"
	# A thread reads its list of torrents.
	wait_until eval 'daemon_ask opentracker "$server" 127.0.0.1 | grep -qa incomplete'
}

daemons_stop() {
	local name
	for name in $daemons; do kill "${daemon_pid[$name]}"; done
	# Rarely one of them misses the signal, also without the library.
	for name in $daemons; do
		wait_until eval '! kill -0 ${daemon_pid[$name]}' && continue
		echo "$name did not end, and is killed" >&2
		kill -9 "${daemon_pid[$name]}"
		wait_until eval '! kill -0 ${daemon_pid[$name]}'
	done
}

# datagram HOST ADDR PORT HEX LENGTH: sends these bytes, and prints LENGTH bytes of the answer.
datagram() {
	# shellcheck disable=SC2016 # for the other shell
	ip netns exec "$1" bash -c 'exec 3<>"/dev/udp/$1/$2" && printf "$(printf "%s" "$3" | sed "s/../\\\\x&/g")" >&3 &&
		timeout 10 dd bs=2048 count=1 <&3 2>/dev/null | od -An -v -tx1 -N "$4"' bash "${@:2}"
}

# irc HOST ADDR PORT LINE...: talks until it is greeted; prints all but times and counts.
irc() {
	UNTIL='End of MOTD' ip netns exec "$1" "$programs/ask" "$2/$3" "${@:4}" | grep -vE '^:irc.example.net (003|2[0-9]+) '
}

# daemon_ask NAME HOST ADDR: prints its answer there.
daemon_ask() {
	local at=$3 port=${daemon_port[$1]} nick=g$RANDOM
	case $at in *:*) at=[$at] ;; esac
	case $1 in
	dovecot) fetch "$2" "$at" "$port" ;;
	# A new nick, because the server may not have noticed yet that the one before is gone; it tells others
	# of QUIT, slowly.
	ngircd) irc "$2" "$3" "$port" "NICK $nick" 'USER guest 0 * :guest' | sed "s/$nick/guest/g" ;;
	# It sends QUIT: bip 0.9.3 crashes if a client goes away while it is being written to.
	bip) THEN=QUIT irc "$2" "$3" "$port" 'PASS u:secret:c' 'NICK reader' 'USER reader 0 * :reader' ;;
	# A ping, with the time that comes back (dualstack-run(1), EXAMPLES).
	Jamulus) datagram "$2" "$3" "$port" 0000e903000400000000006f60 100 ;;
	# BEP 15: connect, and the answer up to the random connection id. Then an announce by HTTP; its peers
	# are bytes, any of which can be a newline.
	opentracker)
		datagram "$2" "$3" "$port" 00000417271019800000000012345678 8 &&
			http "$2" "$at:$port/announce?info_hash=dualstack-test-hash!&port=5001&left=1" |
			tr '\n' ' ' | LC_ALL=C sed -E 's/intervali[0-9]+e//g'
		;;
	nginx) http "$2" "$at:$port/" ;;
	python3) http "$2" "$at:$port/page" ;;
	esac
}
http() { ip netns exec "$1" curl -s --max-time 10 "http://$2"; }

# The peers in a daemon's log, in order, if it logs them.
daemon_logged() {
	case $1 in
	dovecot) sed -n 's/.*Log\(in\|ged in\): .* rip=\([^,]*\),.*/\2/p' "$BATS_TEST_TMPDIR/dovecot/log" ;;
	ngircd) sed -n 's/.*Accepted connection .* from "\(.*\):[0-9]*" .*/\1/p' "$BATS_TEST_TMPDIR/ngircd.log" ;;
	nginx) cut -d ' ' -f 1 "$BATS_TEST_TMPDIR/nginx/access.log" ;;
	python3) sed -n 's/^\([^ ]*\) - - .*/\1/p' "$BATS_TEST_TMPDIR/python3.log" ;;
	esac
}

# daemons_ask DIR HOST ADDR: puts the answers of all into DIR, a file each.
daemons_ask() {
	local name asking=()
	mkdir -p "$1"
	for name in $daemons; do
		daemon_ask "$name" "$2" "$3" >"$1/$name" 2>&1 3>&- &
		asking+=("$name:$!")
	done
	for name in "${asking[@]}"; do
		wait "${name#*:}" && continue
		echo "no answer from ${name%:*} at $3: $(cat "$1/${name%:*}")" >&2
		return 1
	done
}

# Their sockets, as the kernel has them.
daemons_sockets() { ip netns exec "$server" ss -Hltun | awk '{ print $1, $5 }' | sort; }

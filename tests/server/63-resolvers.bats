# DNS servers that bind a socket to a random port for each question of their own. What others ask is widened, and those are
# not, without any rule.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	need dig
	need python3
	hosts_up
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	# Whom they ask. It answers only while there is a file.
	cat >"$BATS_TEST_TMPDIR/upstream.py" <<-'END'
		import os, socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("192.0.2.2", 5399))
		s.settimeout(0.05)
		print("ready", flush=True)
		asked = []
		while True:
		    try:
		        asked.append(s.recvfrom(4096))
		        print("asked", flush=True)
		    except TimeoutError: pass
		    while asked and os.path.exists(sys.argv[1]):
		        data, peer = asked.pop()
		        end = data.index(0, 12) + 5
		        s.sendto(data[:2] + bytes.fromhex("81800001000100000000") + data[12:end] +
		            bytes.fromhex("c00c00010001000000000004c0000250"), peer)
	END
	may_answer=$BATS_TEST_TMPDIR/may-answer
	on_client python3 "$BATS_TEST_TMPDIR/upstream.py" "$may_answer" >"$BATS_TEST_TMPDIR/upstream.log" 3>&- &
	wait_until grep -q ready "$BATS_TEST_TMPDIR/upstream.log"
}
teardown() { hosts_down; }

question() { on_client dig +short +tries=1 +time="${3:-9}" "@$1" -p "$port" "$2.example.org" A; }
answered() { [ "$(question "$@")" = 192.0.2.80 ]; }
local_names() { on_server ss "$1" -Huan | awk '{ print $4 }' | sort -u; }

# resolves PORT COMMAND...: COMMAND is a resolver at PORT.
resolves() {
	port=$1
	touch "$may_answer"
	start resolver "$run" --rule='bind address=0.0.0.0/0 port=53 program=named dual' -- "${@:2}"
	wait_until answered $server4 up 1
	answered $server6 six
	rm "$may_answer"
	: >"$BATS_TEST_TMPDIR/upstream.log"
	question $server6 waits >"$BATS_TEST_TMPDIR/answer" 3>&- &
	local asking=$!
	wait_until grep -q asked "$BATS_TEST_TMPDIR/upstream.log"
	run -0 local_names -4
	assert_output --regexp ':[1-9][0-9]{3,}'
	run -0 local_names -6
	assert_output "*:$port"
	touch "$may_answer"
	wait $asking
	run -0 cat "$BATS_TEST_TMPDIR/answer"
	assert_output 192.0.2.80
	stop "$started"
}

@test "unbound, with its sockets connected and without, at port 53 and another" {
	need unbound
	local connects
	port=53
	for connects in yes no; do
		cat >"$BATS_TEST_TMPDIR/unbound.conf" <<-END
			server:
				interface: 0.0.0.0
				port: $port
				do-ip6: no
				udp-connect: $connects
				do-daemonize: no
				username: ""
				chroot: ""
				pidfile: ""
				use-syslog: no
				directory: "$BATS_TEST_TMPDIR"
				access-control: 0.0.0.0/0 allow
				module-config: "iterator"
			forward-zone:
				name: "."
				forward-addr: 192.0.2.2@5399
		END
		resolves $port unbound -d -c "$BATS_TEST_TMPDIR/unbound.conf"
		port=5300
	done
}

@test "pdns_recursor" {
	need pdns_recursor
	for port in 53 5300; do
		resolves $port pdns_recursor --config-dir=/nonexistent --daemon=no --local-address=0.0.0.0 --local-port=$port --dnssec=off \
			--socket-dir="$BATS_TEST_TMPDIR" --forward-zones-recurse=.=192.0.2.2:5399 --allow-from=0.0.0.0/0 --write-pid=no
	done
}

@test "named -4, which binds each address" {
	need named
	cat >"$BATS_TEST_TMPDIR/named.conf" <<-END
		options { directory "$BATS_TEST_TMPDIR"; pid-file none; session-keyfile none; recursion yes; allow-query { any; };
			allow-recursion { any; }; dnssec-validation no; forward only; forwarders { 192.0.2.2 port 5399; }; };
		controls { };
	END
	resolves 53 named -4 -g -c "$BATS_TEST_TMPDIR/named.conf"
}

@test "dnsmasq with --min-port" {
	need dnsmasq
	for port in 53 5300; do
		resolves $port dnsmasq --keep-in-foreground --conf-file=/dev/null --port=$port --listen-address=0.0.0.0 --bind-interfaces \
			--no-resolv --no-hosts --user=root --min-port=20000 --server=192.0.2.2#5399
	done
}

@test "what is a question: a port of 1024 or more, of UDP, without SO_REUSEADDR and IP_PKTINFO, where no rule says more" {
	local name in6 rule made
	ln -s "$programs/steps" "$BATS_TEST_TMPDIR/unbound"
	ln -s "$programs/steps" "$BATS_TEST_TMPDIR/other"
	while IFS='|' read -r name in6 rule made; do
		# shellcheck disable=SC2086 # words
		run -0 on_server "$run" --rule="bind $rule" -- "$BATS_TEST_TMPDIR/$name" $made "tell:127.0.0.1/${made##*/}" \
			"tell:::1/${made##*/}" "who:::1/${made##*/}"
		assert_line --partial "tell:127.0.0.1/${made##*/} got"
		assert_equal "$made: $(grep -c '::1/[0-9]* \(got\|accepted\)' <<<"$output")" "$made: $in6"
	done <<-'END'
		unbound|0|tcp ipv4|a=udp4 a.bind:0.0.0.0/5000
		unbound|1|tcp ipv4|a=udp4 a.bind:0.0.0.0/1023
		unbound|1|tcp ipv4|a=udp4 a.set:socket:2:1 a.bind:0.0.0.0/5000
		unbound|1|tcp ipv4|a=udp4 a.set:ip:8:1 a.bind:0.0.0.0/5000
		unbound|1|udp dual|a=udp4 a.bind:0.0.0.0/5000
		other|1|tcp ipv4|a=udp4 a.bind:0.0.0.0/5000
	END
}

# Bind rules: what stays IPv4, becomes IPv6-only, or is widened on purpose.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/dovecot

setup() { hosts_up; }
teardown() { hosts_down; }

# steps_by RULE STEP...: runs the steps on the server, with that rule.
steps_by() { run -0 on_server "$run" --rule="$1" -- "$programs/steps" "${@:2}"; }

tcp=(a=tcp4 a.reuseaddr a.bind:0.0.0.0/5000 a.listen who:127.0.0.1/5000 who:::1/5000)
udp=(a=udp4 a.reuseaddr a.bind:0.0.0.0/5000 tell:127.0.0.1/5000 tell:::1/5000)

assert_families() {
	if [ "$1" = yes ]; then assert_line --partial "$2:127.0.0.1/5000 $4"; else refute_line --partial "$2:127.0.0.1/5000 $4"; fi
	if [ "$3" = yes ]; then assert_line --partial "$2:::1/5000 $4"; else refute_line --partial "$2:::1/5000 $4"; fi
}

@test "ipv4, ipv6 and dual, for TCP and UDP, by port, protocol, address and program" {
	while read -r in4 in6 rule; do
		steps_by "$rule" "${tcp[@]}"
		assert_families "$in4" who "$in6" 'accepted by a'
	done <<-'END'
		yes no  bind tcp port=5000 ipv4
		yes no  bind ipv4
		yes yes bind udp port=5000 ipv4
		yes yes bind tcp port=5001-5009,4000-4999 ipv4
		yes no  bind tcp port=5001-5009,4000-5000 ipv4
		yes no  bind program=steps ipv4
		yes no  bind program=s*ps,other ipv4
		yes yes bind program=step ipv4
		yes no  bind address=10.0.0.0/8,0.0.0.0,2001:db8::/32 ipv4
		yes yes bind address=10.0.0.0/8,2001:db8::/32 ipv4
		yes no  bind address=::ffff:0.0.0.0 ipv4
		yes no  bind address=::ffff:0:0/96 ipv4
		no  yes bind tcp port=5000 ipv6
		yes yes bind dual
	END
	while read -r in4 in6 rule; do
		steps_by "$rule" "${udp[@]}"
		assert_families "$in4" tell "$in6" 'got by a'
	done <<-'END'
		yes no  bind udp port=5000 ipv4
		yes yes bind tcp ipv4
		no  yes bind ipv6
		yes yes bind dual
	END
}

# The kernel takes that for 0.0.0.0 (ip(7), "Notes"), and so does the library.
@test "a bind of AF_UNSPEC, as long as a sockaddr_storage, obeys a rule" {
	unspec=(a=tcp4 a.reuseaddr a.bind-unspec:0.0.0.0/5000 a.listen who:127.0.0.1/5000 who:::1/5000)
	steps_by 'bind tcp port=5000 ipv4' "${unspec[@]}"
	assert_families yes who no 'accepted by a'
	steps_by 'bind tcp port=5001 ipv4' "${unspec[@]}"
	assert_families yes who yes 'accepted by a'
}

@test "the first rule that matches decides, options before the file" {
	printf 'bind port=5000 ipv6\n' >"$BATS_TEST_TMPDIR/conf"
	run -0 on_server "$run" --config="$BATS_TEST_TMPDIR/conf" --rule='bind port=5001 ipv6' --rule='bind port=5000 ipv4' \
		--rule='bind port=5000 dual' -- "$programs/steps" "${tcp[@]}"
	assert_families yes who no 'accepted by a'
}

@test "listen() without bind(): port 0" {
	for rule in 'bind tcp port=0 ipv4' 'bind tcp port=0 ipv6' 'bind tcp port=5000 ipv4'; do
		run -0 on_server "$run" --log=info --rule="$rule" -- "$programs/steps" a=tcp4 a.listen 'sh:ss -Hltn | sed "s/ \+/ /g"'
		case $rule in
		*port=0\ ipv4) assert_line --partial 'LISTEN 0 17 0.0.0.0:' ;;
		*port=0\ ipv6) assert_line --partial 'LISTEN 0 17 [::]:' ;;
		*) assert_line --partial 'LISTEN 0 17 *:' ;;
		esac
	done
}

@test "a specific address is widened when a rule names it, and only then" {
	specific=(a=tcp4 a.reuseaddr a.bind:$server4/5000 a.listen "who:$server4/5000" "who:$server6/5000")
	for rule in 'bind dual' 'bind address=0.0.0.0 dual' "bind address=192.0.2.2 dual"; do
		steps_by "$rule" "${specific[@]}"
		assert_line "who:$server6/5000 ECONNREFUSED"
	done
	for rule in "bind address=$server4 dual" 'bind address=192.0.2.0/24 port=5000 dual' 'bind address=0.0.0.0/0 dual'; do
		steps_by "$rule" "${specific[@]}"
		assert_line --partial "who:$server6/5000 accepted by a, family 2, 2"
		assert_line --partial "who:$server4/5000 accepted by a, family 2, 192.0.2.1"
	done
}

@test "of several addresses of one port the first is widened, the others stay, and nobody else gets in" {
	ip -n "$server" addr add 192.0.2.11/24 dev veth0
	local every='bind address=0.0.0.0/0 dual' port=5000 kind reuse when made bound other
	while read -r kind reuse when; do
		port=$((port + 1))
		made=(a=$kind b=$kind c=$kind) bound=(a.bind:127.0.0.1/$port b.bind:$server4/$port c.bind:192.0.2.11/$port)
		case $reuse in yes) made+=(a.reuseaddr b.reuseaddr c.reuseaddr) ;; esac
		case $when in
		each) bound=("${bound[0]}" a.listen "${bound[1]}" b.listen "${bound[2]}" c.listen) ;;
		after) bound+=(a.listen b.listen c.listen) ;;
		esac
		# It inherits nothing.
		other="sh:exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&-; '$run' --rule='$every' -- '$programs/steps' x=$kind x.bind:$server4/$port"
		made+=("${bound[@]}" "$other")
		for address in 127.0.0.1 $server4 192.0.2.11 $server6; do
			if [ $kind = tcp4 ]; then made+=("who:$address/$port"); else made+=("tell:$address/$port"); fi
		done
		steps_by "$every" "${made[@]}"
		assert_line "x.bind:$server4/$port EADDRINUSE"
		assert_line --regexp ":127.0.0.1/$port (accepted|got) by a"
		assert_line --regexp ":$server4/$port (accepted|got) by b"
		assert_line --regexp ":192.0.2.11/$port (accepted|got) by c"
		assert_line --regexp ":$server6/$port (accepted|got) by b"
	done <<-'END'
		tcp4 no each
		tcp4 yes each
		tcp4 no after
		tcp4 yes after
		udp4 no -
	END
}

@test "a process that binds an address of the rule twice, or 0.0.0.0 as well, fails as natively" {
	local kind again native
	for kind in tcp4 udp4; do
		while read -r again; do
			again="a=$kind b=$kind c=$kind ${again//S/$server4/5000}"
			# shellcheck disable=SC2086 # several steps
			run -0 on_server "$programs/steps" $again
			assert_line --partial EADDRINUSE
			native=$output
			# shellcheck disable=SC2086
			steps_by "bind address=$server4 dual" $again
			assert_output "$native"
		done <<-END
			a.bind:S b.bind:S
			a.bind:S b.bind:0.0.0.0/5000
			a.bind:127.0.0.1/5000 b.bind:S c.bind:S
			a.bind:S b.bind:127.0.0.1/5000 c.bind:127.0.0.1/5000
		END
	done
	twice=(a=tcp4 b=tcp4 {a,b}.reuseaddr {a,b}.bind:$server4/5000 {a,b}.listen)
	run -0 on_server "$programs/steps" "${twice[@]}"
	assert_line 'b.listen EADDRINUSE'
	native=$output
	steps_by "bind address=$server4 dual" "${twice[@]}"
	assert_output "$native"
}

@test "the first address may go away, and each of many ports has one" {
	ip -n "$server" addr add 192.0.2.11/24 dev veth0
	local steps port=5000 kind asks name
	while read -r kind asks; do
		steps=()
		for name in {a..t}; do
			port=$((port + 1))
			steps=(z=$kind z.reuseaddr z.bind:$server4/$port z.close $name=$kind $name.reuseaddr $name.bind:192.0.2.11/$port "${steps[@]}")
			[ $kind = udp4 ] || steps+=($name.listen)
			steps+=("$asks:$server6/$port")
		done
		steps_by 'bind address=0.0.0.0/0 dual' "${steps[@]}"
		[ "$(grep -cE "^$asks:$server6/[0-9]+ (accepted|got) by [a-t]" <<<"$output")" = 20 ] || fail "$output"
	done <<<$'tcp4 who\nudp4 tell'
}

# Its libuv receives datagrams by syscall(), so that the kernel chooses where answers leave from.
@test "named -4, which binds each address, serves IPv6 by one rule, and IPv4 as before" {
	need named
	need dig
	local with address way
	ip -n "$server" addr add 192.0.2.11/24 dev veth0
	printf '$TTL 60\n@ SOA ns root 1 60 60 60 60\n@ NS ns\nns A 192.0.2.99\n' >"$BATS_TEST_TMPDIR/zone"
	cat >"$BATS_TEST_TMPDIR/named.conf" <<-END
		options { directory "$BATS_TEST_TMPDIR"; pid-file none; session-keyfile none; recursion no; allow-query { any; }; };
		controls { };
		zone "example" { type master; file "zone"; };
	END
	for with in '' "$run --rule='bind address=0.0.0.0/0 port=53 program=named dual' --"; do
		start named sh -c "exec $with named -4 -g -c '$BATS_TEST_TMPDIR/named.conf'"
		wait_until grep -q ' running$' "$BATS_TEST_TMPDIR/named.log"
		for address in $server4 192.0.2.11 ${with:+$server6}; do
			for way in +notcp +tcp; do
				run -0 on_client dig +short +tries=1 $way @$address ns.example
				assert_output 192.0.2.99
			done
		done
		run -0 on_server dig +short +tries=1 @127.0.0.1 ns.example
		assert_output 192.0.2.99
		stop "$started"
	done
}

# The client's way back is not the first address: the kernel would not choose that.
@test "what is sent in the place of a specific address leaves from there, over IPv4" {
	need python3
	ip -n "$server" addr add 198.51.100.1/32 dev lo
	ip -n "$client" route add 198.51.100.1/32 via $server4
	cat >"$BATS_TEST_TMPDIR/echo.py" <<-END
		import select, socket, sys
		sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for address in ("198.51.100.1", "$server4")]
		for s, address in zip(sockets, ("198.51.100.1", "$server4")):
		    s.bind((address, 5000))
		while True:
		    for s in select.select(sockets, [], [])[0]:
		        data, control, flags, peer = s.recvmsg(100)
		        s.sendto(data, peer) if data == b"sendto" else s.sendmsg([data], [], 0, peer)
	END
	start echo "$run" --log=info --rule='bind udp address=0.0.0.0/0 dual' python3 "$BATS_TEST_TMPDIR/echo.py"
	wait_until grep -q 'widened to' "$BATS_TEST_TMPDIR/echo.log"
	wait_until eval '[ "$(on_server ss -Hlun "sport = :5000" | wc -l)" = 2 ]'
	for address in 198.51.100.1 $server4 $server6; do
		for text in sendto sendmsg; do
			run -0 on_client "$programs/udp_ask" $address 5000 $text
			assert_output "$text [$address]"
		done
	done
}

@test "a listener on the loopback network is never opened to others: ipv6 is ::1" {
	loopback=(a=tcp4 a.reuseaddr a.bind:127.0.0.1/5000 a.listen who:127.0.0.1/5000 who:::1/5000 "who:$server6/5000")
	steps_by 'bind address=0.0.0.0/0 dual' "${loopback[@]}"
	assert_line 'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1'
	assert_line 'who:::1/5000 ECONNREFUSED'
	assert_line "who:$server6/5000 ECONNREFUSED"
	steps_by 'bind address=127.0.0.1 ipv6' "${loopback[@]}"
	assert_line 'who:127.0.0.1/5000 ECONNREFUSED'
	assert_line 'who:::1/5000 accepted by a, family 2, 127.0.0.1'
	assert_line "who:$server6/5000 ECONNREFUSED"
}

@test "a program's own [::] follows a rule that names it" {
	own=(a=tcp6 a.reuseaddr a.dual a.bind:::/5000 a.listen who:127.0.0.1/5000 who:::1/5000)
	while read -r in4 in6 rule; do
		steps_by "$rule" "${own[@]}"
		assert_families "$in4" who "$in6" 'accepted by a'
	done <<-'END'
		yes yes bind ipv4
		yes no  bind address=:: ipv4
		no  yes bind address=:: ipv6
		yes yes bind address=2001:db8::/32 ipv4
	END
	run -0 on_server "$programs/steps" a=tcp6 a.reuseaddr a.v6only a.bind:::/5000 a.listen who:127.0.0.1/5000 who:::1/5000
	assert_families no who yes 'accepted by a'
	steps_by 'bind address=:: dual' a=tcp6 a.reuseaddr a.v6only a.bind:::/5000 a.listen who:127.0.0.1/5000 who:::1/5000
	assert_families yes who yes 'accepted by a'
}

@test "a program's own IPv6 socket that listens unbound follows a rule that names ::" {
	for rule in 'bind address=:: ipv4' 'bind address=:: ipv6' 'bind ipv4'; do
		steps_by "$rule" a=tcp6 a.listen 'sh:ss -Hltn | sed "s/ \+/ /g"'
		case $rule in
		*::\ ipv4) assert_line --partial ' [::ffff:0.0.0.0]:' ;;
		*::\ ipv6) assert_line --partial ' [::]:' ;;
		*) assert_line --partial ' *:' ;;
		esac
	done
}

@test "IPv6 alone, with the port taken: EADDRINUSE" {
	steps_by 'bind tcp ipv6' a=tcp4 a.bind:0.0.0.0/5000 b=tcp4 b.bind:0.0.0.0/5000
	assert_line 'b.bind:0.0.0.0/5000 EADDRINUSE'
}

@test "IPv6 alone on a host without IPv6: an error, and nothing is open in IPv4" {
	need_filters
	run -0 on_server "$programs/deny" socket,0=10:EAFNOSUPPORT -- "$run" --rule='bind ipv6' -- "$programs/steps" a=tcp4 \
		a.bind:0.0.0.0/5000 b=tcp4 b.listen 'sh:ss -Hltn | wc -l'
	assert_line 'a.bind:0.0.0.0/5000 EADDRNOTAVAIL'
	assert_line 'b.listen EADDRNOTAVAIL'
	assert_line 0
}

@test "IPv6 alone makes no room for the program's own IPv6 socket by becoming IPv4" {
	run -0 on_server "$run" --rule='bind ipv6' -- "$programs/steps" a=tcp4 a.reuseaddr a.bind:0.0.0.0/5000 b=tcp6 b.reuseaddr \
		b.v6only b.bind:::/5000 a.listen b.listen who:127.0.0.1/5000 c=tcp4 c.bind:0.0.0.0/5001 c.listen \
		d=tcp6 d.bind:::1/5001 who:127.0.0.1/5001 who:::1/5001 e=udp4 e.bind:0.0.0.0/5002 f=udp6 f.v6only f.bind:::/5002 \
		tell:127.0.0.1/5002 tell:::1/5002
	assert_line 'a.listen ok'
	assert_line 'b.listen EADDRINUSE'
	assert_line 'who:127.0.0.1/5000 ECONNREFUSED'
	assert_line 'd.bind:::1/5001 EADDRINUSE'
	assert_line 'who:127.0.0.1/5001 ECONNREFUSED'
	assert_line --partial 'who:::1/5001 accepted by c'
	assert_line 'f.bind:::/5002 EADDRINUSE'
	refute_line --partial 'tell:127.0.0.1/5002 got'
	assert_line --partial 'tell:::1/5002 got by e'
}

@test "a UDP port that a rule keeps IPv4 stays so when something is sent to an IPv6 address" {
	need python3
	mkdir -p "/etc/netns/$server"
	printf '%s six.example\n' "$client6" >"/etc/netns/$server/hosts"
	printf 'hosts: files\n' >"/etc/netns/$server/nsswitch.conf"
	cat >"$BATS_TEST_TMPDIR/send.py" <<-'END'
		import os, socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("0.0.0.0", int(sys.argv[1])))
		to = socket.getaddrinfo("six.example", 9, socket.AF_INET, socket.SOCK_DGRAM)[0][4]
		for call in (lambda: s.sendto(b"x", to), lambda: s.sendmsg([b"x"], [], 0, to), lambda: s.connect(to)):
		    try:
		        call()
		        print("went", flush=True)
		    except OSError as e:
		        print(e.errno, flush=True)
		os.system("ss -Hlun; ss -Hun")
	END
	run -0 on_server "$run" --rule='bind udp port=5000 ipv4' python3 "$BATS_TEST_TMPDIR/send.py" 5000
	assert_line --index 0 101 # ENETUNREACH
	assert_line --index 1 101
	assert_line --index 2 101
	assert_output --partial ' 0.0.0.0:5000 '
	run -0 on_server "$run" --rule='bind udp port=5000 ipv4' python3 "$BATS_TEST_TMPDIR/send.py" 5001
	assert_line --index 0 went
	assert_line --index 2 went
}

@test "IPv6 alone for a UDP socket with a port of the kernel's choice" {
	run -0 on_server "$run" --rule='bind ipv6' -- "$programs/steps" a=udp4 a.bind:0.0.0.0/0 'sh:ss -Hlun'
	assert_line 'a.bind:0.0.0.0/0 ok'
	assert_output --partial ' [::]:'
}

@test "dovecot: its IMAP is dual-stack, its management port stays IPv4, by a file" {
	need dovecot
	dovecot_config '*' 1143
	printf 'service doveadm {\n  inet_listener doveadm {\n    port = 2425\n  }\n}\n' >>"$BATS_TEST_TMPDIR/dovecot/dovecot.conf"
	printf '# doveadm is for IPv4 networks only\nbind tcp program=dovecot port=2425 ipv4\n' >"$BATS_TEST_TMPDIR/dualstack.conf"
	start dovecot "$run" --config="$BATS_TEST_TMPDIR/dualstack.conf" dovecot -F -c "$BATS_TEST_TMPDIR/dovecot/dovecot.conf"
	wait_port 1143
	wait_port 2425
	run -0 fetch "$client" "[$server6]" 1143
	assert_output --partial 'body of the mail'
	run -0 fetch "$client" "$server4" 1143
	assert_output --partial 'body of the mail'
	run -0 on_client "$programs/steps" a=tcp6 "a.connect:$server6/2425" b=tcp4 "b.connect:$server4/2425"
	assert_line "a.connect:$server6/2425 ECONNREFUSED"
	assert_line "b.connect:$server4/2425 ok"
	stop "$started"
}

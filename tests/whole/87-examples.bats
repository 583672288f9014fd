# The examples of the manual pages do what they say.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper

# examples PAGE: the commands (.Dl) in its EXAMPLES, one to a line, as they are typed.
examples() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/s/^\.Dl //p' "$root/man/$1" | sed "s/\\\\(aq/'/g"
}

matching() { examples "$1" | grep -e "$2"; }

# example PAGE PATTERN: the one that matches.
example() {
	run -0 matching "$@"
	assert_equal "${#lines[@]}" 1
	command=$output
}

# Runs it in a shell on the server host, with the build directory in PATH.
type_in() { ip netns exec "$server" env PATH="$build:$PATH" sh -c "$1"; }

teardown() { hosts_down; }

@test "dualstack.conf(5): every example is a configuration" {
	count=0
	while IFS= read -r -d '' text; do
		printf '%s' "$text" >"$BATS_TEST_TMPDIR/conf"
		run -0 "$run" --config="$BATS_TEST_TMPDIR/conf" --print-config
		while read -r line; do assert_line "$line"; done <"$BATS_TEST_TMPDIR/conf"
		count=$((count + 1))
	done < <(awk '/^\.Sh EXAMPLES/ { on = 1 } /^\.Bd/ { if (on) { lit = 1; next } } /^\.Ed/ { if (lit) printf "%c", 0; lit = 0 } lit' \
		"$root/man/dualstack.conf.5")
	assert [ $count -ge 5 ]
}

@test "dualstack-run(1): serving a directory, with and without a log" {
	need python3
	need curl
	hosts_up
	run -0 matching dualstack-run.1 http.server
	assert_equal "${#lines[@]}" 2
	for command in "${lines[@]}"; do
		type_in "cd $BATS_TEST_TMPDIR && exec $command" >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
		wait_port 8000
		run -0 on_client curl -s --max-time 9 "http://[$server6]:8000/"
		run -0 on_client curl -s --max-time 9 "http://$server4:8000/"
		for pid in $(ip netns pids "$server"); do stop "$pid"; done
		case $command in *--log*) run -0 cat "$BATS_TEST_TMPDIR/log" && assert_output --partial 'widened to [::]:8000' ;; esac
	done
}

@test "dualstack-run(1): rules, --print-config, --check" {
	hosts_up
	example dualstack-run.1 '--print-config'
	run -0 type_in "$command"
	assert_line 'connect tcp ipv6-first'
	need dovecot
	example dualstack-run.1 '--check'
	run -0 type_in "$command"
	assert_output --partial 'ok       mark'
}

@test "dualstack-run(1): --probe, of a name and of datagrams" {
	hosts_up
	mkdir -p "/etc/netns/$server"
	echo "$server6 imap.example.org jamulus.example.org" >"/etc/netns/$server/hosts"
	echo "$server4 imap.example.org jamulus.example.org" >>"/etc/netns/$server/hosts"
	start imaps "$programs/steps" a=tcp4 a.bind:0.0.0.0/993 a.listen hold
	wait_port 993
	example dualstack-run.1 'probe imap'
	run -0 type_in "$command"
	assert_line --regexp "^$server6 .*ECONNREFUSED|^$server6 .*refused"
	assert_line --regexp "^$server4 .*connected.*chosen"
	example dualstack-run.1 'probe .*udp='
	start jamulus "$run" "$programs/udp_serve" plain 22124
	wait_until eval 'on_server ss -Hlun "sport = :22124" | grep -q .'
	run -0 type_in "$command"
	assert_line --regexp "^$server6 .*answered"
	assert_line --regexp "^$server4 .*answered"
}

@test "dualstack-run(1): weechat with a log, and the library by the environment alone" {
	example dualstack-run.1 weechat
	assert_equal "$command" 'dualstack-run --log=info:/tmp/dualstack.log weechat'
	need weechat-headless
	hosts_up
	# Without a terminal; the tests of IRC clients have one.
	run -0 type_in "HOME=$BATS_TEST_TMPDIR ${command/weechat/weechat-headless --version}"
	rm -f /tmp/dualstack.log
	example dualstack-run.1 LD_PRELOAD
	run -0 make -s -C "$root" install prefix="$BATS_TEST_TMPDIR/local"
	run -0 type_in "${command/\/usr\/local/$BATS_TEST_TMPDIR/local} $programs/steps a=tcp4 a.bind:0.0.0.0/5000 a.listen who:::1/5000"
	assert_line 'who:::1/5000 accepted by a, family 2, 127.0.0.1'
}

@test "dualstack(7): the lines that help against symptoms are commands and rules" {
	local symptom line
	hosts_up
	# With a program that does nothing.
	sed -n '/^\.Sh SYMPTOMS/,/^\.Sh LIMIT/s/^\.Dl \(.*; \)*dualstack-run //p' "$root/man/dualstack.7" | sed "s/\\\\(aq/'/g
		s/ \(COMMAND\|PROGRAM\|iperf -c HOST\|ntpd\)$/ true/; s/PORT/1/; s/HOST/h.example/" >"$BATS_TEST_TMPDIR/lines"
	assert [ "$(wc -l <"$BATS_TEST_TMPDIR/lines")" -ge 11 ]
	while read -r line; do
		assert_regex "$line" ' true$'
		run -0 --separate-stderr type_in "dualstack-run $line </dev/null 2>/dev/null"
	done < <(sed 's/^--check/& --no-network/' "$BATS_TEST_TMPDIR/lines")
	for symptom in iperf FTP denied 240.0.0.0/4 SYN UDP named 'Nothing happens' exim4 SELinux AppArmor container Firefox; do
		grep -q "^\.It .*$symptom" <(sed -n '/^\.Sh SYMPTOMS/,/^\.Sh LIMIT/p' "$root/man/dualstack.7") || fail "no symptom: $symptom"
	done
}

@test "README and the page of programs: every rule and setting is one" {
	sed -n 's/^    \(\(bind\|connect\) .*\)/\1/p' "$root/README.md" >"$BATS_TEST_TMPDIR/conf"
	grep -oE '`(bind|connect|text|literal|peer|loopback|prefer) [^`]*`' "$root/README.md" "$root/demo/programs.md" | sed 's/^[^`]*`//; s/`$//' |
		sort -u >"$BATS_TEST_TMPDIR/words"
	assert [ "$(wc -l <"$BATS_TEST_TMPDIR/conf")" -ge 3 ]
	assert [ "$(wc -l <"$BATS_TEST_TMPDIR/words")" -ge 5 ]
	while read -r line; do
		echo "$line" >"$BATS_TEST_TMPDIR/one"
		run -0 "$run" --config="$BATS_TEST_TMPDIR/one" --print-config
		assert_line "$line"
	done < <(cat "$BATS_TEST_TMPDIR/conf" "$BATS_TEST_TMPDIR/words")
}

@test "the example of dualstack.conf: as it is, it changes nothing; every line in comments can be taken out of them" {
	run -0 "$run" --config="$root/demo/dualstack.conf" --print-config
	defaults=$output
	run -0 "$run" --config=none --print-config
	assert_equal "$defaults" "$output"
	grep '^#[a-z]' "$root/demo/dualstack.conf" | sed 's/^#//' >"$BATS_TEST_TMPDIR/conf"
	assert [ "$(wc -l <"$BATS_TEST_TMPDIR/conf")" -ge 10 ]
	run -0 "$run" --config="$BATS_TEST_TMPDIR/conf" --print-config
	for rule in 'bind program=opentracker ipv4' 'connect tcp ipv6-first' 'log = info:syslog'; do assert_line "$rule"; done
}

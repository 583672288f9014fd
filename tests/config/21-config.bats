# dualstack.conf: where it is read from, and the precedence of files, variables and options. A bad file stops
# the launcher, and makes the library inactive in a program that is preloaded without it.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper

library=$build/libdualstack.so

setup() { conf=$BATS_TEST_TMPDIR/dualstack.conf; }

# refused MESSAGE ARG...: status 125, that one line, and no program run.
refused() {
	run --separate-stderr -125 "$run" "${@:2}" touch "$BATS_TEST_TMPDIR/ran"
	assert_output ''
	assert_equal "$stderr" "dualstack-run: $1"
	assert_file_not_exist "$BATS_TEST_TMPDIR/ran"
}

# with_etc FILE COMMAND...: runs COMMAND, for which alone FILE is /etc/dualstack.conf.
with_etc() {
	mkdir -p "$BATS_TEST_TMPDIR/etc"
	unshare -m sh -c 'mount -t tmpfs tmpfs "$1" && mkdir "$1/up" "$1/work" && cp -p "$2" "$1/up/dualstack.conf" &&
		mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/up,workdir=$1/work" /etc && shift 2 &&
		unset DUALSTACK_CONFIG && exec "$@"' sh "$BATS_TEST_TMPDIR/etc" "$@"
}

@test "--print-config: a file before the defaults, rules before the file, variables before it, options before all" {
	run -0 "$run" --print-config
	assert_output '# not set
enabled = yes
delay = 250
pool = 240.0.0.0/4
peer = auto
loopback = ipv4
synthetic = asked
prefer = own
nat64 = auto
text = auto
log = off'
	printf 'delay = 100\nlog = error\npeer = real\nbind tcp port=1 ipv4\n' >"$conf"
	DUALSTACK_DELAY=50 DUALSTACK_LOG=info run -0 "$run" --config="$conf" --log=debug:syslog \
		--rule='bind  udp ipv6' --rule='connect ipv4' --print-config
	assert_output "# not set
enabled = yes
# DUALSTACK_DELAY
delay = 50
# not set
pool = 240.0.0.0/4
# $conf
peer = real
# not set
loopback = ipv4
synthetic = asked
prefer = own
nat64 = auto
text = auto
# --log
log = debug:syslog
# --rule
bind udp ipv6
connect ipv4
# $conf
bind tcp port=1 ipv4"
	# It is a configuration itself.
	echo "$output" >"$conf.again"
	run -0 "$run" --config "$conf.again" --print-config
	assert_equal "$(grep -v '^#' <<<"$output")" "$(grep -v '^#' "$conf.again")"
	assert_equal "$(grep '^#' <<<"$output")" "# $conf.again"
	DUALSTACK_RULES=$'bind udp ipv6\nbind tcp ipv4' run -0 "$run" --print-config --rule='connect ipv4'
	assert_output --regexp '# --rule.connect ipv4.# DUALSTACK_RULES.bind udp ipv6.bind tcp ipv4$'
	DUALSTACK_DISABLE=1 run -0 "$run" --print-config
	assert_line 'enabled = no'
	echo 'enabled = no' >"$conf"
	DUALSTACK_DISABLE=0 run -0 "$run" --config="$conf" --print-config
	assert_line 'enabled = yes'
}

@test "the file that the variable names, and the system's" {
	need_root
	echo 'delay = 7' >"$conf"
	DUALSTACK_CONFIG=$conf run -0 "$run" --print-config
	assert_line 'delay = 7'
	DUALSTACK_CONFIG=$conf run -0 "$run" --config=none --print-config
	assert_line 'delay = 250'
	for unset in env 'env DUALSTACK_CONFIG='; do
		# shellcheck disable=SC2086 # two words
		run -0 with_etc "$conf" $unset "$run" --print-config
		assert_line 'delay = 7'
	done
	# The library without the launcher: of a file, and of a variable, as --enable writes it for a service.
	echo 'bind tcp port=5000 ipv4' >"$conf"
	steps=(a=tcp4 a.reuseaddr a.bind:0.0.0.0/5000 a.listen who:127.0.0.1/5000 who:::1/5000)
	hosts_up
	run -0 on_server env LD_PRELOAD="$library" "$programs/steps" "${steps[@]}"
	assert_line 'who:::1/5000 accepted by a, family 2, 127.0.0.1'
	run -0 on_server env LD_PRELOAD="$library" DUALSTACK_RULES='bind tcp port=5000 ipv4' "$programs/steps" "${steps[@]}"
	assert_line 'who:::1/5000 ECONNREFUSED'
	run -0 with_etc "$conf" ip netns exec "$server" env LD_PRELOAD="$library" "$programs/steps" "${steps[@]}"
	assert_line 'who:::1/5000 ECONNREFUSED'
	assert_line 'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1'
	run -0 on_server env DUALSTACK_CONFIG="$conf" LD_PRELOAD="$library" "$programs/steps" "${steps[@]}"
	assert_line 'who:::1/5000 ECONNREFUSED'
	hosts_down
}

@test "with a bad file, a service can still be looked at and disabled" {
	echo 'bogus' >"$conf"
	mkdir -p "$BATS_TEST_TMPDIR/root/etc/systemd/system"
	printf '[Service]\nExecStart=/bin/true\n' >"$BATS_TEST_TMPDIR/root/etc/systemd/system/some.service"
	DUALSTACK_CONFIG=$conf run -0 "$run" --disable some.service "--root=$BATS_TEST_TMPDIR/root"
	DUALSTACK_CONFIG=$conf run -1 "$run" --status $$
	assert_output --partial 'the library is loaded in none'
	DUALSTACK_CONFIG=$conf run -125 "$run" --enable some.service "--root=$BATS_TEST_TMPDIR/root"
	run -125 "$run" --config="$conf" --disable some.service "--root=$BATS_TEST_TMPDIR/root"
	assert_output --partial "--config: nothing to do for it with --disable"
}

@test "an error has file, line and column, and what was expected" {
	printf '\n# x\n  delay = soon\n' >"$conf"
	refused "$conf:3:11: unknown value 'soon', expected a number of milliseconds from 0 to 60000" --config="$conf"
	printf 'bind tcp port=80,70000 ipv4\n' >"$conf"
	refused "$conf:1:18: bad port '70000', expected a number from 0 to 65535, or two as in 5000-5010" --config="$conf"
	refused "--rule:2:6: unknown action 'dula', expected dual, ipv4 or ipv6" --rule='bind dual' --rule 'bind dula'
	refused "--rule: a newline in the value" --rule=$'bind dual\nbind ipv4'
	refused "--rule: no value" --rule=
	refused "--config: no value" --config=
	refused "--rule:1:1: unknown word '--', expected a rule, which begins with bind, connect, text, literal or deepbind" --rule --
	refused "--rule:1:1: unknown word 'delay', expected a rule, which begins with bind, connect, text, literal or deepbind" --rule='delay = 5'
	DUALSTACK_PEER=fake refused "DUALSTACK_PEER: unknown value 'fake', expected auto, synthetic or real"
	DUALSTACK_POOL=10.0.0.1/8 refused "DUALSTACK_POOL: unknown value '10.0.0.1/8', expected an IPv4 prefix of length 4 to 16, not in 0.0.0.0/8, 127.0.0.0/8 or 224.0.0.0/4, such as 240.0.0.0/4"
	DUALSTACK_SETTINGS='bind x' refused "DUALSTACK_SETTINGS:1:6: unknown action 'x', expected dual, ipv4 or ipv6"
	long=$(printf 'x%.0s' {1..4096})
	refused "--rule:1:6: unknown action '${long:0:63}', expected dual, ipv4 or ipv6" --rule="bind $long"
	refused "$long: can't be read: File name too long" --config="$long"
	refused "/nonexistent/x: can't be read: No such file or directory" --config=/nonexistent/x
	refused "../../..: not a regular file" --config=../../..
	refused "/dev/null: not a regular file" --config=/dev/null
	printf 'bind \033[31mdual\n' >"$conf"
	refused "$conf:1:6: unknown action '?[31mdual', expected dual, ipv4 or ipv6" --config="$conf"
	printf 'delay = 5\0\n' >"$conf"
	refused "$conf:1:10: a NUL byte, expected text" --config="$conf"
	head -c 70000 /dev/zero | tr '\0' '#' >"$conf"
	refused "$conf: too long, expected at most 65536 bytes" --config="$conf"
}

@test "a file that others can write is refused: they would decide what services do" {
	need_root
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	echo 'delay = 7' >"$conf"
	for mode in 664 646 666 622; do
		chmod $mode "$conf"
		refused "$conf: can be written by its group or others, expected only its owner" --config="$conf"
	done
	chmod 644 "$conf"
	chown nobody "$conf"
	refused "$conf: belongs to another user, expected root or the current user" --config="$conf"
	run -0 setpriv --reuid nobody --clear-groups "$run" --config="$conf" --print-config
	assert_line 'delay = 7'
	chown root "$conf"
	run -0 setpriv --reuid nobody --clear-groups "$run" --config="$conf" --print-config
	assert_line 'delay = 7'
	chmod 600 "$conf"
	run -125 setpriv --reuid nobody --clear-groups "$run" --config="$conf" true
	assert_output "dualstack-run: $conf: can't be read: Permission denied"
}

@test "preloaded without the launcher, with a bad file: inactive, and the log says why" {
	hosts_up
	printf 'bind tcp port=5001 ipv4\nbind tcp porte=5001 ipv4\n' >"$conf"
	for steps in "a=tcp4 a.reuseaddr a.bind:0.0.0.0/5000 a.listen who:127.0.0.1/5000 who:::1/5000"; do
		run -0 --separate-stderr on_server env LD_PRELOAD="$library" DUALSTACK_CONFIG="$conf" DUALSTACK_LOG=info \
			"$programs/steps" $steps
		assert_line 'who:::1/5000 ECONNREFUSED'
		assert_line 'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1'
		assert_regex "$stderr" "^dualstack\[[0-9]+\]: $conf:2:10: unknown or repeated word 'porte=5001', expected .*; doing nothing$"
		# Nobody asked for a log: the program's standard error is its own.
		run -0 --separate-stderr on_server env LD_PRELOAD="$library" DUALSTACK_CONFIG="$conf" "$programs/steps" $steps
		assert_line 'who:::1/5000 ECONNREFUSED'
		assert_equal "$stderr" ''
	done
	# A variable with a bad value is ignored.
	run -0 --separate-stderr on_server env LD_PRELOAD="$library" DUALSTACK_PEER=fake "$programs/steps" \
		a=tcp4 a.reuseaddr a.bind:0.0.0.0/5000 a.listen who:::1/5000
	assert_line 'who:::1/5000 accepted by a, family 2, 127.0.0.1'
	assert_equal "$stderr" ''
	hosts_down
}

@test "the report of a bad file goes to syslog if no log was asked for" {
	syslogged "DUALSTACK_CONFIG=/nonexistent LD_PRELOAD=$library exec /bin/true"
	assert_output --regexp "^<27>dualstack\[[0-9]+\]: /nonexistent: can't be read: ENOENT; doing nothing$"
}

@test "the programs that a service executes keep its settings, whatever becomes of the file and the environment" {
	hosts_up
	printf 'log = info:%s\nbind tcp port=5001 ipv4\n' "$BATS_TEST_TMPDIR/log" >"$conf"
	# serve exec runs itself again for each connection, with an empty environment.
	start serve "$run" --config="$conf" "$programs/serve" exec 5000
	wait_port 5000
	rm "$conf"
	run -0 ask_from_client $server6/5000
	assert_output --partial "ntop $client6"
	wait_until grep -q "shown as" "$BATS_TEST_TMPDIR/log"
	run -0 on_server sh -c "tr '\0' '\n' </proc/$started/environ"
	assert_line --partial 'DUALSTACK_SETTINGS=log = info:'
	hosts_down
}

@test "the log: a flood is cut, and the rest counted" {
	need_root
	hosts_up
	steps=(a=tcp4 a.reuseaddr)
	for i in $(seq 300); do steps+=("b=tcp4" "b.bind:0.0.0.0/0" b.close); done
	run -0 --separate-stderr on_server "$run" --log=info "$programs/steps" "${steps[@]}"
	assert_equal "$(grep -c widened <<<"$stderr")" 200
	assert_equal "$(grep -c 'more than 200 lines in 10 seconds: the rest are only counted$' <<<"$stderr")" 1
	assert_regex "${stderr_lines[-1]}" '^dualstack\[[0-9]+\]: 100 lines were left out$'
	hosts_down
}

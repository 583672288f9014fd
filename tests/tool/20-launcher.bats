# dualstack-run: options, exit statuses, and errors that are one line and run nothing.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper

# refused STATUS MESSAGE ARG...: one line on standard error, that status, and nothing on standard output.
refused() {
	run --separate-stderr "-$1" "$run" "${@:3}"
	assert_output ''
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "$stderr" "$2"
}

@test "it runs the command with the library in front, and gives its status" {
	run -0 "$run" sh -c 'echo $LD_PRELOAD'
	assert_output "$build/libdualstack.so"
	LD_PRELOAD=/other.so run -0 --separate-stderr "$run" -- /bin/sh -c 'echo $LD_PRELOAD'
	assert_output "$build/libdualstack.so:/other.so"
	run -42 "$run" sh -c 'exit 42'
	run -0 "$run" -- echo --help a 'b  c' ''
	assert_output '--help a b  c '
}

@test "it stays out of the way: same pid, the signal that ends the command ends it" {
	"$run" sh -c 'echo $$; exec tail -f /dev/null' >"$BATS_TEST_TMPDIR/pid" 3>&- &
	wait_until test -s "$BATS_TEST_TMPDIR/pid"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/pid")" "$!"
	kill -TERM $!
	run wait $!
	wait $! || status=$?
	assert_equal "$status" 143
}

@test "--help and --version" {
	run -0 --separate-stderr "$run" --help
	assert_line --index 0 'Usage: dualstack-run [OPTION]... [--] COMMAND [ARG]...'
	assert_equal "$stderr" ''
	run -0 --separate-stderr "$run" --version
	assert_output --regexp '^dualstack-run [0-9]+\.[0-9]+\.[0-9]+$'
}

@test "its own errors: 125, one line, nothing run" {
	refused 125 'no command given'
	refused 125 'no command given' --
	refused 125 'no command given' --log=info
	refused 125 "unknown option '--nonsense'" --nonsense echo hello
	refused 125 "unknown option '-x'" -x echo hello
	refused 125 "unknown option '--log-level=info'" --log-level=info echo hello
	refused 125 "unknown option '--help=yes'" --help=yes
	refused 125 "--print-config: nothing is run with it" --print-config echo hello
	refused 125 "--log: no value" --log
	refused 125 "--log: no value" --log= echo hello
	refused 125 "--log: unknown level 'loud'" --log=loud echo hello
	refused 125 "--log: unknown level 'INFO'" --log=INFO:stderr echo hello
	refused 125 "--log: unknown level ''" --log=:stderr echo hello
	refused 125 "--log: no target after ':'" --log=info: echo hello
	refused 125 "--log: can't write to the file '/nonexistent/log'" --log=info:/nonexistent/log echo hello
	refused 125 "--log: can't write to the file '$BATS_TEST_TMPDIR'" "--log=info:$BATS_TEST_TMPDIR" echo hello
	DUALSTACK_LOG=loud refused 125 "DUALSTACK_LOG: unknown level 'loud'" echo hello
	DUALSTACK_DISABLE=yes refused 125 "DUALSTACK_DISABLE: unknown value 'yes'" echo hello
	DUALSTACK_TEXT=6 refused 125 "DUALSTACK_TEXT: unknown value '6', expected auto, ipv6 or ipv4" echo hello
	DUALSTACK_KEY=abc refused 125 'DUALSTACK_KEY: expected 32 hexadecimal digits' echo hello
	DUALSTACK_KEY=$(printf '%032d' 0 | tr 0 G) refused 125 'DUALSTACK_KEY: expected 32' echo hello
}

@test "one line, whatever is in an argument or a variable" {
	refused 127 'a\?b: not found' $'a\nb'
	refused 125 "unknown option '--a\?b\?\[31m'" $'--a\nb\e[31m'
	DUALSTACK_LOG=$'in\nfo' refused 125 'DUALSTACK_LOG: a newline in the value' echo hello
	DUALSTACK_LOG=info:$BATS_TEST_TMPDIR/$'a\nb' refused 125 'DUALSTACK_LOG: a newline in the value' echo hello
	assert_not_exists "$BATS_TEST_TMPDIR/"$'a\nb'
}

@test "126 for what can't be executed, 127 for what is not there" {
	refused 127 'nosuchcommand: not found' nosuchcommand
	refused 127 '/nosuch/command: not found' /nosuch/command
	refused 127 "'': not found" ''
	refused 126 'not an executable file' /etc/passwd
	refused 126 'not an executable file' /tmp
	mkdir "$BATS_TEST_TMPDIR/bin"
	echo hello >"$BATS_TEST_TMPDIR/bin/data"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH refused 126 'data: not an executable file' data
}

@test "the library is missing or can't be named" {
	mkdir "$BATS_TEST_TMPDIR/alone" "$BATS_TEST_TMPDIR/a b"
	cp "$build/dualstack-run" "$BATS_TEST_TMPDIR/alone"
	run -125 "$BATS_TEST_TMPDIR/alone/dualstack-run" echo hello
	assert_output --partial "alone/libdualstack.so: can't read the library"
	cp "$build/dualstack-run" "$build/libdualstack.so" "$build/dualstack-tool" "$BATS_TEST_TMPDIR/a b"
	run -125 "$BATS_TEST_TMPDIR/a b/dualstack-run" echo hello
	assert_output --partial "LD_PRELOAD can't name a path with a space"
}

@test "it finds the library when it is called through a symbolic link" {
	ln -s "$run" "$BATS_TEST_TMPDIR/ds"
	run -0 "$BATS_TEST_TMPDIR/ds" sh -c 'echo $LD_PRELOAD'
	assert_output "$build/libdualstack.so"
}

same_with() {
	need "$1"
	run -0 "$@" "$run" --log=info sh -c 'echo $LD_PRELOAD $DUALSTACK_LOG'
	assert_output "$build/libdualstack.so info:stderr"
	run -127 "$@" "$run" nosuchcommand
	run -125 "$@" "$run" --log=info:/nonexistent/log echo hello
}

@test "it is POSIX sh: the same with dash" { same_with dash; }
@test "it is POSIX sh: the same with bash --posix" { same_with bash --posix; }
@test "it is POSIX sh: the same with busybox" { same_with busybox sh; }

widening=(a=tcp4 a.bind:0.0.0.0/0)

@test "the log: off by default, levels, and where it goes" {
	run -0 --separate-stderr "$run" "$programs/steps" "${widening[@]}"
	assert_equal "$stderr" ''
	run -0 --separate-stderr "$run" --log=error "$programs/steps" "${widening[@]}"
	assert_equal "$stderr" ''
	for option in --log=info --log=info:stderr --log=debug; do
		run -0 --separate-stderr "$run" $option "$programs/steps" "${widening[@]}"
		assert_regex "$stderr" '^dualstack\[[0-9]+\]: descriptor [0-9]+ widened to \[::\]:0$'
	done
	run -0 --separate-stderr "$run" --log info "$programs/steps" "${widening[@]}"
	assert_regex "$stderr" 'widened'
	DUALSTACK_LOG=info run -0 --separate-stderr "$run" "$programs/steps" "${widening[@]}"
	assert_regex "$stderr" 'widened'
	DUALSTACK_LOG=info run -0 --separate-stderr "$run" --log=off "$programs/steps" "${widening[@]}"
	assert_equal "$stderr" ''
}

@test "the log: to a file, also a relative one and after the daemon has changed directory" {
	cd "$BATS_TEST_TMPDIR"
	run -0 "$run" --log=info:the.log sh -c "cd /; exec $programs/steps ${widening[*]}"
	refute_output --partial widened
	run -0 cat the.log
	assert_output --regexp '^dualstack\[[0-9]+\]: descriptor [0-9]+ widened to \[::\]:0$'
}

@test "the log: to syslog, with priority and identifier" {
	syslogged "exec $run --log=info:syslog $programs/steps ${widening[*]}"
	assert_output --regexp '^<30>dualstack\[[0-9]+\]: descriptor [0-9]+ widened to \[::\]:0$'
}

@test "the log: where the file is out of reach, to syslog" {
	need_root
	mkdir -m 700 "$BATS_TEST_TMPDIR/closed"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	syslogged "chmod 666 /dev/log && exec $run --log=info:$BATS_TEST_TMPDIR/closed/log setpriv --reuid nobody --clear-groups \
		$programs/steps ${widening[*]}"
	assert_output --regexp '^<30>dualstack\[[0-9]+\]: descriptor [0-9]+ widened to \[::\]:0$'
}

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

@test "alone, it prints its usage; -h and -V; a help that can't be written is an error" {
	run -2 --separate-stderr "$run"
	assert_output ''
	assert_equal "${stderr_lines[0]}" 'Usage: dualstack-run [OPTION]... [--] COMMAND [ARG]...'
	run -0 "$run" --help
	help=$output
	run -0 "$run" -h
	assert_output "$help"
	assert_line 'Examples:'
	run -0 "$run" -V
	assert_output --regexp '^dualstack-run [0-9]'
	run -125 sh -c "exec $run --help >/dev/full"
	assert_output "dualstack-run: can't write to standard output: No space left on device"
}

@test "its own errors: 125, one line, nothing run" {
	refused 125 'no command given' --
	refused 125 'no command given' --log=info
	refused 125 "unknown option '--nonsense'" --nonsense echo hello
	refused 125 "unknown option '-x'" -x echo hello
	refused 125 "unknown option '--log-level=info'" --log-level=info echo hello
	refused 125 "unknown option '--help=yes'" --help=yes
	refused 125 "unknown option '--check=yes'" --check=yes
	refused 125 "--json: belongs to --check, --probe" --json echo hello
	refused 125 "--status: not together with --check" --check --status 1
	refused 125 "--text: nothing to do for it with --status" --text=ipv6 --status 1
	refused 125 "--anyway: nothing to do for it with --check" --anyway --check true
	refused 125 "--print-config: nothing is run with it" --print-config echo hello
	refused 125 "--log: no value" --log
	refused 125 "--log: no value" --log= echo hello
	refused 125 "--log: unknown value 'loud', expected off, error, info or debug, and" --log=loud echo hello
	refused 125 "--log: unknown value 'INFO:stderr'" --log=INFO:stderr echo hello
	refused 125 "--log: unknown value ':stderr'" --log=:stderr echo hello
	refused 125 "--log: unknown value 'info:'" --log=info: echo hello
	refused 125 "--log: no target 'stdout', expected stderr, syslog or a file" --log=info:stdout echo hello
	refused 125 "--log: can't write to the file '/nonexistent/log': No such file" --log=info:/nonexistent/log echo hello
	refused 125 "--log: can't write to the file '$BATS_TEST_TMPDIR': Is a dir" "--log=info:$BATS_TEST_TMPDIR" echo hello
	DUALSTACK_LOG=loud refused 125 "DUALSTACK_LOG: unknown value 'loud'" echo hello
	DUALSTACK_DISABLE=yes refused 125 "DUALSTACK_DISABLE: unknown value 'yes'" echo hello
	DUALSTACK_TEXT=6 refused 125 "DUALSTACK_TEXT: unknown value '6', expected auto, ipv6 or ipv4" echo hello
	refused 125 "--text: unknown value '6', expected auto, ipv6 or ipv4" --text=6 echo hello
	DUALSTACK_KEY=abc refused 125 'DUALSTACK_KEY: expected 32 hexadecimal digits' echo hello
	DUALSTACK_KEY=$(printf '%032d' 0 | tr 0 G) refused 125 'DUALSTACK_KEY: expected 32' echo hello
}

@test "a relative log file, in a directory that is gone, is not looked for in /" {
	mkdir "$BATS_TEST_TMPDIR/gone"
	cd "$BATS_TEST_TMPDIR/gone"
	rmdir "$BATS_TEST_TMPDIR/gone"
	refused 125 "--log: 'x': the current directory: No such file or directory" --log=info:x echo hello
	assert_not_exists /x
}

@test "each setting is an option, before or after others, with = or a blank, and is before its variable" {
	local name value file
	while read -r name value; do
		DUALSTACK_DELAY=9 run -0 "$run" "--$name" "$value" --print-config
		assert_line "$name = $value"
		assert_line "# --$name"
		run -0 "$run" --print-config "--$name=$value"
		assert_line "$name = $value"
		run -0 env "DUALSTACK_${name^^}=$value" "$run" --print-config
		assert_line "# DUALSTACK_${name^^}"
		assert_line "$name = $value"
		# The page, the help and each completion name it.
		"$run" --help | sed -n '/--log/,/--print/p' | grep -qw -e "$name" || fail "help: $name"
		grep -q "^\.\(Cm\|Op Fl -\).*$name" <(sed -n '/^\.Sh SYN/,/^\.It Fl -print/p' "$root/man/dualstack-run.1") || fail "page: $name"
		for file in bash zsh fish; do grep -q -e "-l $name \|--$name=" "$root/shim/completion.$file" || fail "$file: $name"; done
	done <<-'END'
		enabled no
		delay 7
		pool 198.18.0.0/15
		peer real
		loopback synthetic
		synthetic always
		prefer ipv6
		nat64 off
		text ipv4
		log info:syslog
	END
	run -0 "$run" --text=ipv4 --delay 5 sh -c 'echo "$DUALSTACK_SETTINGS"'
	assert_output $'delay = 5\ntext = ipv4'
	DUALSTACK_RULES='bind udp ipv4' run -0 "$run" --rule 'bind tcp ipv4' env
	assert_line --partial 'bind tcp ipv4'
	assert_line 'bind udp ipv4'
	refute_line --partial DUALSTACK_RULES
}

@test "options of what takes the place of a command, in any order" {
	need jq
	run -0 "$run" --json --check --no-network true --json
	run -0 jq -r '.findings[] | select(.id == "command") | .state' <<<"$output"
	assert_output ok
	run -0 "$run" --no-network --check python3 -m http.server -h
	assert_line --regexp '^ok +command +.*python3$'
	run -125 "$run" --timeout=3 --status 1
	assert_output "dualstack-run: --status: unknown option '--timeout=3', expected --json"
	run -125 "$run" --probe --timeout 0.01 localhost 1
	assert_output --partial "--timeout: '0.01' is not a number of seconds"
}

@test "a program that can't be preloaded is refused, with what to do; --anyway runs it all the same" {
	local name
	echo 'int main(void) { return 7; }' | gcc -static -x c -o "$BATS_TEST_TMPDIR/alone" -
	refused 125 "alone: statically linked: .* To run it without the library: --anyway$" "$BATS_TEST_TMPDIR/alone"
	run -7 --separate-stderr "$run" --anyway "$BATS_TEST_TMPDIR/alone"
	assert_equal "$stderr" ''
	printf '#!%s\n' "$BATS_TEST_TMPDIR/alone" >"$BATS_TEST_TMPDIR/script"
	chmod 755 "$BATS_TEST_TMPDIR/script"
	refused 125 "script: statically linked" "$BATS_TEST_TMPDIR/script"
	# It asks for nothing where nothing would be preloaded.
	DUALSTACK_DISABLE=1 run -7 "$run" "$BATS_TEST_TMPDIR/alone"
	need fzf
	refused 125 "fzf: a Go program" fzf --version
}

@test "a set-user-ID program is refused, unless its user runs it" {
	need_root
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	cp /bin/true "$BATS_TEST_TMPDIR/other"
	chmod u+s "$BATS_TEST_TMPDIR/other"
	run -0 "$run" "$BATS_TEST_TMPDIR/other"
	assert_output ''
	for file in libdualstack.so dualstack-run dualstack-tool; do cp "$build/$file" "$BATS_TEST_TMPDIR"; done
	run -125 setpriv --reuid nobody --clear-groups "$BATS_TEST_TMPDIR/dualstack-run" "$BATS_TEST_TMPDIR/other"
	assert_output --partial 'other: set-user-ID to user 0. ld.so(8) ignores LD_PRELOAD for it: run it as that user'
}

@test "it neither forks nor reads much: one execve of its own, and that of the command" {
	need strace
	run -0 strace -f -o "$BATS_TEST_TMPDIR/calls" "$run" /bin/true
	run -0 grep -c execve "$BATS_TEST_TMPDIR/calls"
	assert_output 2
	run -1 grep -E 'fork|clone|wait4' "$BATS_TEST_TMPDIR/calls"
	assert [ "$(sed '/execve("\/bin\/true/q' "$BATS_TEST_TMPDIR/calls" | wc -l)" -lt 60 ]
}

@test "the environment gains the library's variables and no other; few descriptors are enough" {
	run -0 env -i "$run" /usr/bin/env
	assert_equal "$(sed 's/=.*//' <<<"$output" | sort | tr '\n' ' ')" 'DUALSTACK_SETTINGS LD_PRELOAD '
	run -0 env -i DUALSTACK_DISABLE=1 "$run" /usr/bin/env
	assert_output DUALSTACK_DISABLE=1
	run -0 "$run" --enabled=no sh -c 'echo "${LD_PRELOAD-none}"'
	assert_output none
	run -0 sh -c 'ulimit -n 8 && exec "$1" echo hello' sh "$run"
	assert_output hello
}

@test "one launcher runs another, and the library is named once" {
	run -0 "$run" --delay=7 "$run" --text=ipv4 sh -c 'echo "$LD_PRELOAD $DUALSTACK_SETTINGS"'
	assert_output "$build/libdualstack.so delay = 7
text = ipv4"
	LD_PRELOAD="/other.so $build/libdualstack.so" run -0 --separate-stderr "$run" /bin/sh -c 'echo $LD_PRELOAD'
	assert_output "/other.so $build/libdualstack.so"
}

@test "a log file that only root can write is told to a person, at the start" {
	need_root
	need_terminal
	run -0 script -qec "$run --log=error:$BATS_TEST_TMPDIR/log true" /dev/null
	assert_output --partial "dualstack-run: $BATS_TEST_TMPDIR/log is for root only: a process that becomes another user logs to syslog instead"
	assert_equal "$(stat -c %a "$BATS_TEST_TMPDIR/log")" 640
	run -0 "$run" "--log=error:$BATS_TEST_TMPDIR/log" true
	assert_output ''
}

@test "one line, whatever is in an argument or a variable" {
	refused 127 'a\?b: not found' $'a\nb'
	refused 125 "unknown option '--a\?b\?\[31m'" $'--a\nb\e[31m'
	DUALSTACK_LOG=$'in\nfo' refused 125 "DUALSTACK_LOG: unknown value 'in fo'" echo hello
	DUALSTACK_LOG=info:$BATS_TEST_TMPDIR/$'a\nb' refused 125 'DUALSTACK_LOG: unknown value' echo hello
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

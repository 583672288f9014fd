# Each call of the library's that can fail does so in turn (tests/faults): the program gets what it would without the
# library or with it, or its own call's error; no address of IPv6, no descriptor more than before, no thread left over,
# no signal held back, no errno changed where all is well. What fails is named as SCENARIO: CALL ERROR at NUMBER.
# FAULTS=all: by each error that the call's manual page names, instead of one, another one at each occurrence.

bats_require_minimum_version 1.5.0
load lib/helper

faults=$root/tests/faults
sweep=$build/tests/faults/sweep
library=$build/libdualstack.so

setup() {
	need_root
	hosts_up
	mkdir -p "/etc/netns/$server"
	printf '%s\n' "$server4 both four" "$server6 both six" >"/etc/netns/$server/hosts"
	echo 'hosts: files' >"/etc/netns/$server/nsswitch.conf"
	export INJECT=$BATS_TEST_TMPDIR/page
	truncate -s 16384 "$INJECT"
}
teardown() { hosts_down; }

injected() {
	local log=$1
	shift
	on_server env DUALSTACK_DELAY=50 DUALSTACK_LOG="$log" LD_PRELOAD="$library:$build/tests/faults/inject.so" \
		"$sweep" "$@"
}

# A file to be read, and a library that has to be found again.
configured() {
	printf 'log = debug:%s\nbind tcp port=1 program=nobody ipv4\n' "$BATS_TEST_TMPDIR/log" >"$BATS_TEST_TMPDIR/conf"
	chmod 644 "$BATS_TEST_TMPDIR/conf"
	export DUALSTACK_CONFIG=$BATS_TEST_TMPDIR/conf
	cd "$build"
	library=./libdualstack.so
}

# swept LOG SCENARIO...
swept() {
	local log=$1 scenario failed=
	shift
	for scenario; do
		on_server "$sweep" "$scenario" >"$BATS_TEST_TMPDIR/native"
		injected "$log" "$scenario" "$BATS_TEST_TMPDIR/native" "${FAULTS:-short}" 2>"$BATS_TEST_TMPDIR/stderr" ||
			failed="$failed $scenario"
	done
	echo "failed:$failed" >&2
	[ -z "$failed" ]
}

@test "a TCP server" { swept off tcp-server; }
@test "a TCP server, registered in an epoll set before it is bound, with a copy of its descriptor" { swept off tcp-server-epoll; }
@test "a TCP server that is not bound" { swept off tcp-server-unbound; }
@test "a TCP server for both families" { swept off tcp-both tcp-both-reused; }
@test "a UDP server, and a UDP client" { swept off udp-server udp-client; }
@test "a connect() that blocks" { swept off client-in client-in6 client-six client-none; }
@test "a connect() that does not block, poll()" { swept off client-poll-in client-poll-in6 client-poll-none; }
@test "a connect() that does not block, select()" { swept off client-select-in; }
@test "a connect() that does not block, epoll()" { swept off client-epoll-in client-epoll-in6; }
@test "names, and memory for them" { swept off names hosts reverse; }
@test "a program that inherits a socket" { swept off inherit-execve inherit-execvp inherit-spawn inherit-spawnp; }
@test "the log, to a file, to standard error and to syslog" {
	swept "debug:$BATS_TEST_TMPDIR/log" client-in
	swept debug client-poll-in6
	swept debug:syslog udp-server
}
@test "the start of the library, its configuration and its log" {
	configured
	swept '' start
	assert_file_contains "$BATS_TEST_TMPDIR/log" 'widened to'
}

# A call that is in neither list would never be made to fail.
@test "the library makes no call that is not known here" {
	local listed
	listed=$(sed -n 's/^CALL(\([a-z0-9_]*\),.*/\1/p' "$faults/inject.def" | cat - "$faults/pure" | sort -u)
	nm -D --undefined-only "$library" | sed 's/.* //; s/@.*//' | sort -u >"$BATS_TEST_TMPDIR/called"
	sed -n 's/^\(HOOK\|OPTIONAL\|EXPORTED\)([^,]*, \([a-z0-9_]*\),.*/\2/p' "$root/shim/hooks/hooks.def" |
		sort -u - "$BATS_TEST_TMPDIR/called" -o "$BATS_TEST_TMPDIR/called"
	assert [ "$(wc -l <"$BATS_TEST_TMPDIR/called")" -gt 100 ]
	run -0 comm -23 "$BATS_TEST_TMPDIR/called" <(echo "$listed")
	assert_output ''
	# Nor one of its own, past the C library.
	run -1 sh -c "objdump -d '$library' | grep -w -e syscall -e sysenter -e 'int .*0x80' | grep -v '<syscall'"
	# By number; futex(2) has two names.
	listed=$({ printf 'SYS_\nSYS_futex_time64\n' && sed -n 's/^SYSTEM\(_DONE\)\?(\([a-z0-9_]*\),.*/SYS_\2/p' "$faults/inject.def"; } |
		sort -u)
	run -0 comm -23 <(grep -oh 'SYS_[a-z0-9_]*' "$root"/shim/{hooks,server,client,resolver,socket,address,config,process,base}/*.[ch] | sort -u) <(echo "$listed")
	assert_output ''
}

# But for what takes another thread, a signal or a reader of the log that comes or goes at the right moment, or an older
# C library.
@test "each call in the list is made in some scenario" {
	local scenario
	configured
	run -2 "$sweep"
	for scenario in $output; do
		injected "debug:$BATS_TEST_TMPDIR/log" "$scenario" /dev/null count
		injected debug:syslog "$scenario" /dev/null count
	done >"$BATS_TEST_TMPDIR/made"
	printf '%s\n' 'x 1 sigaction' 'x 1 sigtimedwait' 'x 1 syscall nanosleep' 'x 1 syscall execveat' >>"$BATS_TEST_TMPDIR/made"
	run -0 comm -23 <(sed -n 's/^CALL(\([a-z0-9_]*\),.*/\1/p; s/^SYSTEM\(_DONE\)\?(\([a-z0-9_]*\),.*/syscall \2/p' \
		"$faults/inject.def" | sort -u) <(cut -d' ' -f3- "$BATS_TEST_TMPDIR/made" | sort -u)
	assert_output ''
}

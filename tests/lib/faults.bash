# Makes each call of the library's that can fail do so in turn (tests/faults). The program gets what it gets
# without the library or with it, or its own call's error. No IPv6 address is shown, no descriptor or thread is
# left over, no signal stays blocked, and success does not change errno. A failure is reported as SCENARIO: CALL
# ERROR at NUMBER.
# FAULTS=all: tries each error that the call's manual page names, not a different one at each occurrence.

faults=$root/tests/faults
sweep=$build/tests/faults/sweep
library=$build/libdualstack.so

setup() {
	need_root
	hosts_up
	mkdir -p "/etc/netns/$server"
	# Nobody answers there.
	ip -n "$server" neigh add 192.0.2.77 lladdr 02:00:00:00:00:77 dev veth0
	printf '%s\n' "$server4 both four" "$server6 both six silent" '192.0.2.77 silent' >"/etc/netns/$server/hosts"
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

# A file to be read, and a library with a relative path.
configured() {
	printf 'log = debug:%s\nbind tcp port=1 program=nobody ipv4\n' "$BATS_TEST_TMPDIR/log" >"$BATS_TEST_TMPDIR/conf"
	chmod 644 "$BATS_TEST_TMPDIR/conf"
	export DUALSTACK_CONFIG=$BATS_TEST_TMPDIR/conf
	cd "$build" || return
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

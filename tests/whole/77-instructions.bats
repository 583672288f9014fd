# What the library adds to the calls that it interposes: counted, not timed (tests/bench/instructions).

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper

needed() {
	need_root
	need valgrind
	need strace
	[ "$(getconf LONG_BIT)" = 64 ] || skip "the table is that of 64-bit programs"
	[ -x "$build/tests/bench/calls" ] || skip 'valgrind/callgrind.h was not there when the tests were built'
}

setup_file() {
	would_run needed || return 0
	"$BATS_TEST_DIRNAME/../bench/instructions" --print "$BATS_FILE_TMPDIR/measured"
}

setup() {
	needed
	measured=$BATS_FILE_TMPDIR/measured
}

# CASE NUMBER: the additional system calls, rounded for look-ups by name, which vary.
more_calls() { awk -F '\t' '!/^#/ { printf "%s\t%.0f\n", $1, $6 - $5 }' "$1"; }

@test "every interposed call makes as many system calls as the table says, and no more" {
	run -0 diff <(more_calls "$root/tests/bench/instructions.tsv" | grep -v /name) \
		<(more_calls "$measured" | grep -v /name)
}

# clang keeps more registers.
@test "waiting costs at most 12 instructions more while no connect is in progress" {
	local most=12
	! grep -q '^# .*clang' "$measured" || most=40
	run -0 awk -F '\t' -v most=$most '/^(p?poll|__p?poll_chk|p?select|epoll_p?wait2?)\/stream/ { rows++; if ($4 > most) print }
		END { print rows " rows" }' "$measured"
	assert_output '9 rows'
}

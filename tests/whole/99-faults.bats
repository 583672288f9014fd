# The lists of calls that the library makes are complete.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/faults

# A call in neither list would never be made to fail.
@test "the library makes no call that is not known here" {
	local listed
	listed=$(sed -n 's/^CALL(\([a-z0-9_]*\),.*/\1/p' "$faults/inject.def" | cat - "$faults/pure" | sort -u)
	# Names like __ppoll64 are those of the same calls, for 32 bits with a 64-bit time_t.
	{ nm -D --undefined-only "$library" | sed 's/.* //; s/@.*//' && sed -n 's/^\([a-z0-9_]*\);$/\1/p' "$build/libdualstack.map"; } |
		sed -E 's/^__(.*)_time64$/\1/; s/^__(.*)64$/\1/; s/64_chk$/_chk/' | sort -u >"$BATS_TEST_TMPDIR/called"
	assert [ "$(wc -l <"$BATS_TEST_TMPDIR/called")" -gt 100 ]
	run -0 comm -23 "$BATS_TEST_TMPDIR/called" <(echo "$listed")
	assert_output ''
	# Nor a system call past the C library.
	run -1 sh -c "objdump -d '$library' | grep -w -e syscall -e sysenter -e 'int .*0x80' | grep -v '<syscall'"
	# System calls by number; futex(2), rt_sigtimedwait(2) and fcntl(2) have two names, and gettid(2) can't fail.
	# A signal that can't be queued is lost natively, too.
	listed=$({ printf 'SYS_%s\n' '' futex_time64 rt_sigtimedwait_time64 fcntl64 gettid rt_sigqueueinfo && sed -n 's/^SYSTEM\(_DONE\)\?(\([a-z0-9_]*\),.*/SYS_\2/p' "$faults/inject.def"; } |
		sort -u)
	run -0 comm -23 <(grep -oh 'SYS_[a-z0-9_]*' "$root"/shim/{hooks,server,client,resolver,socket,address,config,process,base}/*.[ch] | sort -u) <(echo "$listed")
	assert_output ''
}

# Except calls that need another thread, a signal or the log's reader at the right moment, an older C library, a
# host without /proc, a processor with the other one of poll(2) and ppoll(2), an epoll set beside a connect, datagrams from before
# the filter, or a link-local address as text.
@test "each call in the list is made in some scenario" {
	local scenario other=ppoll
	[ "$(call_numbers SYS_poll)" != SYS_poll ] || other=poll
	configured
	run -2 "$sweep"
	for scenario in $output; do
		injected "debug:$BATS_TEST_TMPDIR/log" "$scenario" /dev/null count
		injected debug:syslog "$scenario" /dev/null count
	done >"$BATS_TEST_TMPDIR/made"
	printf '%s\n' 'x 1 sigaction' 'x 1 syscall rt_sigtimedwait' 'x 1 syscall nanosleep' 'x 1 syscall execveat' 'x 1 getrlimit' \
		'x 1 syscall kcmp' 'x 1 if_nametoindex' \
		'x 1 syscall membarrier' 'x 1 syscall recvmsg' "x 1 syscall $other" >>"$BATS_TEST_TMPDIR/made"
	run -0 comm -23 <(sed -n 's/^CALL(\([a-z0-9_]*\),.*/\1/p; s/^SYSTEM\(_DONE\)\?(\([a-z0-9_]*\),.*/syscall \2/p' \
		"$faults/inject.def" | sort -u) <(cut -d' ' -f3- "$BATS_TEST_TMPDIR/made" | sort -u)
	assert_output ''
}

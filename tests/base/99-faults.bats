# Calls that fail while the log is written.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/faults

@test "the log, to a file, to standard error and to syslog" {
	swept "debug:$BATS_TEST_TMPDIR/log" client-in
	swept debug client-poll-in6
	swept debug:syslog udp-server
}

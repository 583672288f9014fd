# Calls that fail while the library is loaded.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/faults

@test "the start of the library, its configuration and its log" {
	configured
	swept '' start
	assert_file_contains "$BATS_TEST_TMPDIR/log" 'widened to'
}

# The inputs that are kept of fuzzing (make fuzz), each given to its target again, with the address and the
# undefined-behaviour sanitizer of gcc: a target asserts what must be true, and a sanitizer's report ends it.

bats_require_minimum_version 1.5.0
load lib/helper

setup_file() {
	make -s -j"$(nproc)" -C "$root" BUILD="$build" fuzzers
}

replay() {
	need setarch
	local inputs=("$root/tests/fuzz/corpus/$1"/*)
	run -0 env ASAN_OPTIONS= LSAN_OPTIONS= UBSAN_OPTIONS=print_stacktrace=1 \
		setarch -R "$build/tests/fuzz/$1" "${inputs[@]}"
	assert_output "${#inputs[@]} inputs"
}

@test "control messages, both ways" { replay datagram; }
@test "ELF files and scripts" { replay elf; }
@test "environments of heirs" { replay heir; }
@test "the names table" { replay names; }
@test "NAT64 prefixes and addresses" { replay nat64; }
@test "the peers table" { replay peers; }
@test "configuration, rules and what is handed on" { replay rules; }
@test "unit files, words and drop-ins" { replay unit; }
@test "addresses with lengths" { replay view; }

@test "every target is replayed above" {
	for target in "$root"/tests/fuzz/*.c; do
		target=$(basename "$target" .c)
		[ "$target" = replay ] || assert_file_contains "$BATS_TEST_FILENAME" "{ replay $target; }"
	done
}

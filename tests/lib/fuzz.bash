# Replays the inputs that fuzzing (make fuzz) has kept, with gcc's address and undefined-behaviour sanitizers. A
# target asserts what must be true; an assertion or a sanitizer's report ends it.

# replay ROOM/TARGET
replay() {
	need setarch
	local inputs=("$root/tests/fuzz/corpus/$1"/*)
	make -s -C "$root" BUILD="$build" "$build/tests/fuzz/$1"
	run -0 env ASAN_OPTIONS= LSAN_OPTIONS= UBSAN_OPTIONS=print_stacktrace=1 \
		setarch -R "$build/tests/fuzz/$1" "${inputs[@]}"
	assert_output "${#inputs[@]} inputs"
}

# replayed_all ROOM FILE: asserts that FILE replays every target of the room.
replayed_all() {
	local target
	for target in "$root/tests/fuzz/$1"/*.c; do
		assert_file_contains "$2" "{ replay $1/$(basename "$target" .c); }"
	done
}

# Other C libraries and word sizes: 32-bit programs beside 64-bit ones under one launcher, and musl.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper

needed() {
	need_root
	need musl-gcc
	need readelf
	[ "$(getconf LONG_BIT)" = 64 ] || skip 'needs a machine with 64-bit programs beside the 32-bit ones'
	echo 'int main(void) { return 0; }' | gcc -m32 -x c -o "$BATS_FILE_TMPDIR/word32" - || skip 'gcc -m32 needs gcc-multilib'
}

# Virtual machines of some makes have kernels that run 64-bit programs alone. In CI, too, tests/run lets this pass.
need_32() { "$BATS_FILE_TMPDIR/word32" 2>/dev/null || skip 'this kernel runs no 32-bit programs'; }

# The build directories are this file's own, except the usual compiler's.
setup_file() {
	would_run needed || return 0
	export opt=$BATS_FILE_TMPDIR/opt m32=$BATS_FILE_TMPDIR/m32 musl=$BATS_FILE_TMPDIR/musl
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	make -C "$root" install prefix="$opt"
	make -C "$root" -j"$(nproc)" BUILD="$m32" CC='gcc -m32' install-library "$m32/tests/programs/serve" prefix="$opt"
	make -C "$root" -j"$(nproc)" BUILD="$musl" CC=musl-gcc all programs
}

setup() {
	needed
	hosts_up
}
teardown() { hosts_down; }

class() { LC_ALL=C readelf -h "$1" | sed -n 's/.*Class: *//p'; }

@test "the libraries of both word sizes are installed side by side, where ld.so finds them by \$LIB" {
	run -0 find "$opt/lib/dualstack" -name libdualstack.so
	assert_equal "${#lines[@]}" 2
	assert_equal "$(for file in "${lines[@]}"; do class "$file"; done | sort | tr '\n' ' ')" 'ELF32 ELF64 '
	run -0 "$opt/bin/dualstack-run" sh -c 'echo $LD_PRELOAD'
	assert_output "$opt/lib/dualstack/\$LIB/libdualstack.so"
}

# served PORT: asserts that every way in works, without a complaint.
served() {
	for address in 127.0.0.1 ::1 "$server4"; do
		run -0 ask "$address/$1"
		assert_output --partial 'domain 2 '
	done
	run -0 ask_from_client "$server6/$1"
	assert_output --partial 'domain 2 '
	assert_output --partial "ntop $client6"
	run ! grep -E 'ELF|ld\.so' "$BATS_TEST_TMPDIR/serve.log"
}

@test "a 32-bit and a 64-bit server under one launcher" {
	need_32
	assert_equal "$(class "$m32/tests/programs/serve") $(class "$programs/serve")" 'ELF32 ELF64'
	start serve "$opt/bin/dualstack-run" -- sh -c \
		"$m32/tests/programs/serve blocking 5000 & $programs/serve blocking 5001 & wait"
	wait_port 5000
	wait_port 5001
	served 5000
	served 5001
	# A path names the library of one word size only.
	start plain env LD_PRELOAD="$build/libdualstack.so" "$m32/tests/programs/serve" blocking 5002
	wait_port 5002
	assert_ipv4_only 5002
	run -0 log_of plain
	assert_output --partial 'wrong ELF class'
}

# crossing PARENT WORKER: for each connection, the parent executes the worker, with the environment cleaned.
crossing() {
	local style port=5000
	for style in exec vfork spawn; do
		start serve "$opt/bin/dualstack-run" -- bash -c 'exec -a "$1" "$2" "$3" "$4"' bash "$2" "$1" $style $port
		wait_port $port
		served $port
		port=$((port + 1))
	done
}

@test "a 64-bit parent, a 32-bit worker in a cleaned environment" {
	need_32
	crossing "$programs/serve" "$m32/tests/programs/serve"
}
@test "a 32-bit parent, a 64-bit worker in a cleaned environment" {
	need_32
	crossing "$m32/tests/programs/serve" "$programs/serve"
}

@test "the launcher looks for the library of its own word size before it starts anything" {
	cp -r "$opt" "$BATS_TEST_TMPDIR/opt"
	make -C "$root" install prefix="$BATS_TEST_TMPDIR/opt"
	run -0 "$BATS_TEST_TMPDIR/opt/bin/dualstack-run" echo hello
	for file in $(find "$BATS_TEST_TMPDIR/opt/lib" -name libdualstack.so); do
		[ "$(class "$file")" = ELF32 ] || rm "$file"
	done
	run -125 "$BATS_TEST_TMPDIR/opt/bin/dualstack-run" echo hello
	assert_equal "${#lines[@]}" 1
	assert_output --partial "/libdualstack.so: can't read the library"
}

# same_with BUILD FILE FILTER LEAST: runs the tests of FILE that match FILTER, at least LEAST of them, with what is
# built there.
same_with() {
	local directory=$1
	shift
	run env -i PATH="${PATH//"$BATS_LIBEXEC:"/}" HOME="$HOME" BATS_LIB_PATH="$BATS_LIB_PATH" BUILD="$directory" \
		SCENARIOS="${SCENARIOS:-}" bats --tap --filter "$2" "$root/tests/$1"
	refute_line --regexp '^not ok'
	assert_success
	assert [ "$(grep -c '^ok' <<<"$output")" -ge "$3" ]
	refute_line --partial '# skip'
}

# The library's own time_t is the usual one. LP64 has one only.
@test "32-bit programs with a 64-bit time_t: TCP and UDP, servers and clients" {
	need_32
	local t64=$BATS_TEST_TMPDIR/t64 needed name
	needed=("$t64"/tests/programs/{serve,ask,steps,connects,blocks,udp_serve,udp_ask})
	make -C "$root" -j"$(nproc)" BUILD="$t64" CC='gcc -m32' CPPFLAGS='-D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64' \
		"${needed[@]}" "$t64/dualstack-run" "$t64/dualstack-tool"
	cp "$m32/libdualstack.so" "$t64"
	run -0 eval "nm -D --without-symbol-versions ${needed[*]} | grep -o '__[a-z_2]*64\$' | sort -u"
	for name in __epoll_pwait2_time64 __{fcntl,ioctl}_time64 __{ppoll,pselect,select,{get,set}sockopt,{recv,send}{,m}msg}64; do
		assert_line "$name"
	done
	same_with "$t64" address/40-addresses.bats '^(passed|select)' 2
	same_with "$t64" server/30-widen.bats '^options set' 1
	same_with "$t64" server/60-udp.bats '^(recvmmsg|UDP_GRO)' 2
	SCENARIOS=+held same_with "$t64" client/70-connect.bats '( select|ppoll|pselect|pwait2)\(\)$' 4
	SCENARIOS=+timeout same_with "$t64" client/70-connect.bats '^blocking$' 1
}

@test "musl: widening" {
	same_with "$musl" server/30-widen.bats '^(bind of|listen\(\) without|registrations|falls back: (a kernel|EADDR|no desc)|binding and)' 7
}
@test "musl: addresses, and servers in every style" {
	same_with "$musl" address/40-addresses.bats '^(threads|fork|prefork|fork and|vfork|posix_spawn|poll|accept.s rules|names:)' 8
}
@test "musl: UDP" {
	same_with "$musl" server/60-udp.bats '^(recv|every buffer|a child per|connect\(\)|IP_RECVERR|falls back)' 7
}
@test "musl: connecting to names" {
	same_with "$musl" client/70-connect.bats '( select\(\)$|et-before|^blocking|^nobody there|^the log says)' 5
}

@test "musl: what it installs works in place, without \$LIB" {
	make -C "$root" BUILD="$musl" CC=musl-gcc install prefix="$BATS_TEST_TMPDIR/opt"
	run -0 "$BATS_TEST_TMPDIR/opt/bin/dualstack-run" --log=info "$musl/tests/programs/steps" a=tcp4 a.bind:0.0.0.0/0
	assert_output --partial 'widened to [::]:0'
	assert_file_exist "$BATS_TEST_TMPDIR/opt/lib/dualstack/libdualstack.so"
}

@test "glibc programs that a musl program executes start, without the library; and the other way round" {
	# The loader complains, and the program goes on.
	run -125 "$musl/dualstack-run" echo hello
	assert_output --partial 'built for glibc'
	run -0 --separate-stderr "$musl/dualstack-run" --anyway echo hello
	assert_output hello
	assert_regex "$stderr" 'ABI version invalid.*ignored'
	run -0 --separate-stderr "$opt/bin/dualstack-run" --anyway -- "$musl/tests/programs/steps" a=tcp4 a.bind:0.0.0.0/5000 \
		a.listen a.domain
	assert_line 'a.listen ok'
}

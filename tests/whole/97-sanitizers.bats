# The library, the unit tests and the test programs run under the compiler's sanitizers, and the library in a
# daemon under valgrind. Any report is a failure.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper

needed() {
	need_root
	need gcc
	need valgrind
	need setarch
}

# The build directories are this file's own. gcc brings the runtimes.
setup_file() {
	would_run needed || return 0
	export asan=$BATS_FILE_TMPDIR/asan tsan=$BATS_FILE_TMPDIR/tsan reports=$BATS_FILE_TMPDIR/report
	built "$asan" '-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer' serve ask steps names deny
	make -C "$root" -j"$(nproc)" BUILD="$asan" CC=gcc CFLAGS="$options" unit
	! thread_sanitizer || built "$tsan" -fsanitize=thread storm races
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
}

# It knows machines of 64 bits only.
thread_sanitizer() { gcc -fsanitize=thread -x c -o "$BATS_FILE_TMPDIR/knows" - <<<'int main(void) { return 0; }'; }

# built DIRECTORY OPTIONS PROGRAM...
built() {
	local directory=$1 made=()
	options="-O1 -g $2"
	shift 2
	for program; do made+=("$directory/tests/programs/$program"); done
	make -C "$root" -j"$(nproc)" BUILD="$directory" CC=gcc CFLAGS="$options" \
		"$directory/libdualstack.so" "$directory/dualstack-run" "$directory/dualstack-tool" "${made[@]}"
}

setup() {
	needed
	hosts_up
}
teardown() { hosts_down; }

# Sanitizers report to files, and end the program with a status of its own. The library comes before the
# runtime: a program's call goes to the hook, and the hook's call to the runtime's version of the C library's
# function, so that both run.
address_sanitizer() {
	export ASAN_OPTIONS=verify_asan_link_order=0:log_path=$reports:exitcode=66 UBSAN_OPTIONS=log_path=$reports:print_stacktrace=1
}

assert_no_reports() {
	run cat "$reports"*
	assert_output --partial 'No such file'
}

@test "the unit tests, with addresses and undefined behaviour watched" {
	local test ok=0
	address_sanitizer
	for test in "$asan"/tests/unit/*/test_*; do
		[ -x "$test" ] || continue
		run -0 "$test"
		ok=$((ok + 1))
	done
	assert [ $ok -ge 15 ]
	assert_no_reports
}

# watched FILE FILTER LEAST: runs the same tests with the sanitized build.
watched() {
	address_sanitizer
	run env PATH="${PATH//"$BATS_LIBEXEC:"/}" BUILD="$asan" bats --tap --filter "$2" "$root/tests/$1"
	refute_line --regexp '^not ok'
	assert_success
	assert [ "$(grep -c '^ok' <<<"$output")" -ge "$3" ]
	assert_no_reports
}

@test "widening, with addresses and undefined behaviour watched" {
	watched server/30-widen.bats '^(bind of|listen\(\) without|registrations|falls back: (a kernel|EADDR|no desc)|binding and)' 7
}
@test "addresses, with addresses and undefined behaviour watched" {
	watched address/40-addresses.bats '^(threads|fork$|prefork|poll|names:)' 4
}

# The race detector must see every lock, so the storm is a program of ours.
@test "threads that connect, wait, close and look up names all at once have no data races" {
	thread_sanitizer || skip 'gcc has no -fsanitize=thread here'
	mkdir -p "/etc/netns/$client"
	printf '%s storm.example\n' $server4 $server6 >"/etc/netns/$client/hosts"
	start serve "$run" -- "$programs/serve" threads 5000
	wait_port 5000
	# The program's own address alone, and several attempts for each connect. The log is limited (log.h), but has
	# some of these lines.
	local first
	for first in "own $server4" "ipv6 $server6"; do
		# The runtime needs addresses that an unlucky layout would use otherwise.
		run -0 on_client env TSAN_OPTIONS="suppressions=$root/tests/lib/tsan.suppressions" DUALSTACK_PREFER="${first% *}" \
			setarch -R "$tsan/dualstack-run" --log="info:$BATS_TEST_TMPDIR/log" -- "$tsan/tests/programs/storm" storm.example 5000 40
		refute_output --partial ThreadSanitizer
		assert [ "${output% connected}" -gt 100 ]
		run -0 grep -cF "${first#* }" "$BATS_TEST_TMPDIR/log"
		assert [ "$output" -gt 20 ]
		rm "$BATS_TEST_TMPDIR/log"
	done
}

@test "sockets that are replaced while another thread uses them have no data races" {
	thread_sanitizer || skip 'gcc has no -fsanitize=thread here'
	local case
	for case in accept receive send; do
		run -0 on_server setarch -R "$tsan/dualstack-run" -- "$tsan/tests/programs/races" $case
		refute_output --partial ThreadSanitizer
	done
}

# nginx or the C library might have errors without the library as well: none are expected.
@test "nginx serves both families under valgrind, without an error" {
	local dir=$BATS_TEST_TMPDIR
	need nginx
	need curl
	mkdir "$dir/nginx"
	cat >"$dir/nginx.conf" <<-END
		daemon off;
		user root;
		pid $dir/nginx/pid;
		error_log $dir/nginx/error.log;
		events {}
		http {
			access_log $dir/nginx/access.log;
			client_body_temp_path $dir/nginx/body;
			proxy_temp_path $dir/nginx/proxy;
			fastcgi_temp_path $dir/nginx/fastcgi;
			uwsgi_temp_path $dir/nginx/uwsgi;
			scgi_temp_path $dir/nginx/scgi;
			server { listen 8080; location / { return 200 "hello \$remote_addr\n"; } }
		}
	END
	start nginx "$run" -- valgrind --quiet --trace-children=yes --error-exitcode=66 --log-file="$reports.%p" \
		nginx -c "$dir/nginx.conf" -e "$dir/nginx/error.log"
	wait_until on_server curl -s http://127.0.0.1:8080/
	for at in "127.0.0.1" "[::1]" $server4 "[$server6]"; do
		run -0 on_server curl -s "http://$at:8080/"
		assert_output --partial hello
	done
	run -0 on_client curl -s "http://[$server6]:8080/"
	assert_output --regexp '^hello 2(4[0-9]|5[0-5])\.'
	stop $started
	run -0 cat "$reports".*
	assert_output ''
}

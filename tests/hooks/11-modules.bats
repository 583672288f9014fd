# Modules that a program opens: with RTLD_DEEPBIND they would pass by the library.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() { hosts_up; }
teardown() { hosts_down; }

# The program listens on port 5000, its extension on port 5001, and the extension says who the peer is.
@test "PHP's extensions, opened with RTLD_DEEPBIND: they see what the program sees, unless a rule keeps the flag" {
	need php
	php -m | grep -qx sockets || skip "this php has no sockets extension"
	cat >"$BATS_TEST_TMPDIR/serve.php" <<-'END'
		<?php
		$program = stream_socket_server("tcp://0.0.0.0:5000");
		$extension = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
		socket_set_option($extension, SOL_SOCKET, SO_REUSEADDR, 1);
		socket_bind($extension, "0.0.0.0", 5001);
		socket_listen($extension);
		while (true) {
		    $read = [$program, socket_export_stream($extension)];
		    $none = null;
		    stream_select($read, $none, $none, 100);
		    foreach ($read as $ready) {
		        $peer = $ready == $program ? socket_import_stream(stream_socket_accept($program)) : socket_accept($extension);
		        socket_getpeername($peer, $name);
		        socket_write($peer, "$name\n");
		        socket_close($peer);
		    }
		}
	END
	serves() {
		start php "$run" --log=info "$@" -- php "$BATS_TEST_TMPDIR/serve.php"
		wait_port 5001
		for port in 5000 5001; do
			run ask_from_client "$server6/$port"
			echo "$port $output"
		done >"$BATS_TEST_TMPDIR/answers"
		stop "$started"
		grep DEEPBIND "$BATS_TEST_TMPDIR/php.log" >>"$BATS_TEST_TMPDIR/answers" || :
		run -0 cat "$BATS_TEST_TMPDIR/answers"
	}
	serves
	assert_line "5000 $client6"
	assert_line "5001 $client6"
	php -r 'exit((int)(PHP_VERSION_ID >= 80400));' || skip 'PHP 8.4 opens its extensions without RTLD_DEEPBIND'
	assert_equal "${#lines[@]}" 3
	assert_line --regexp ' is the first module opened with RTLD_DEEPBIND, which is taken off$'
	serves --rule='deepbind program=php* on'
	assert_line "5000 $client6"
	assert_line '5001 ECONNREFUSED'
	assert_equal "${#lines[@]}" 3
	assert_line --partial 'which is kept: such modules do not see the library'
}

# The C library learns from the return address which module calls.
@test "a module is looked for where the one that opens it says, by DT_RUNPATH" {
	mkdir "$BATS_TEST_TMPDIR/inner"
	cd "$BATS_TEST_TMPDIR"
	echo 'int inner(void) { return 7; }' >inner.c
	cat >outer.c <<-'END'
		#include <dlfcn.h>
		#include <stddef.h>
		int outer(int flags) { return dlopen("libinner.so", RTLD_NOW | flags) != NULL; }
	END
	cat >main.c <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <stdio.h>
		#include <stdlib.h>
		int main(int argc, char **argv)
		{
		    void *outer = dlopen(argv[argc - 1], RTLD_NOW);
		    int (*open)(int) = (int (*)(int))dlsym(outer, "outer");
		    int plain = open(0);
		    printf("%d %d\n", plain, open(RTLD_DEEPBIND));
		}
	END
	gcc -shared -fPIC -o inner/libinner.so inner.c
	gcc -shared -fPIC -o libouter.so outer.c -Wl,--enable-new-dtags,-rpath,"$PWD/inner" -ldl
	gcc -o main main.c -ldl
	run -0 "$run" -- ./main "$PWD/libouter.so"
	assert_output '1 1'
}

# As torsocks(1), whose own start would wait for itself.
@test "a preloaded library that opens a module while it is initialised, and interposes syscall()" {
	cat >"$BATS_TEST_TMPDIR/guard.c" <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <unistd.h>
		static int starting;
		long syscall(long number, ...)
		{
			__builtin_va_list args;
			long a[6];

			if (starting)
				_exit(99);
			__builtin_va_start(args, number);
			for (int i = 0; i < 6; i++)
				a[i] = __builtin_va_arg(args, long);
			__builtin_va_end(args);
			return ((long (*)(long, ...))dlsym(RTLD_NEXT, "syscall"))(number, a[0], a[1], a[2], a[3], a[4], a[5]);
		}
		__attribute__((constructor)) static void start(void)
		{
			starting = 1;
			dlopen("libc.so.6", RTLD_LAZY);
			starting = 0;
		}
	END
	# shellcheck disable=SC2086 # several words
	${CC:-cc} -shared -fPIC -o "$BATS_TEST_TMPDIR/guard.so" "$BATS_TEST_TMPDIR/guard.c" -ldl
	run -0 on_server env LD_PRELOAD="$build/libdualstack.so $BATS_TEST_TMPDIR/guard.so" "$programs/steps" a=tcp4 \
		a.bind:0.0.0.0/5000 a.listen who:::1/5000
	assert_line 'who:::1/5000 accepted by a, family 2, 127.0.0.1'
}

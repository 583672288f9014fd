# The library as a file: its exports, its needs, other libraries beside it, and its installation.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper

library=$build/libdualstack.so

# The names in hooks.def, where alone they are listed, that are for this build's word size.
listed() { sed -n 's/^\([a-z0-9_]*\);$/\1/p' "$build/libdualstack.map" | sort; }

@test "it exports the functions of hooks.def and nothing else" {
	assert [ "$(listed | wc -l)" -gt 20 ]
	assert_equal "$(nm -D --defined-only "$library" | awk '{print $3}' | sort)" "$(listed)"
}

@test "it needs libc only" {
	run -0 readelf -d "$library"
	assert_equal "$(grep -c NEEDED <<<"$output")" 1
	assert_line --regexp 'NEEDED.*\[libc\.(so\.6|musl.*)\]'
}

@test "it has no text relocations, and binds everything when it is loaded" {
	run -0 readelf -d "$library"
	refute_output --partial TEXTREL
	assert_output --partial NOW
}

# Nothing below the exported functions calls an interposed name: that would call the library again.
@test "the inner files call no interposed function" {
	for object in "$build"/shim/*/*.o; do
		case $object in */hooks/* | */tool/* | */launcher/* | */program/*) continue ;; esac
		nm -u "$object" | awk '{print $2}' | sort >"$BATS_TEST_TMPDIR/called"
		run comm -12 "$BATS_TEST_TMPDIR/called" <(listed)
		assert_output ''
	done
}

@test "it works with other preload libraries before and after it" {
	need_root
	hosts_up
	for order in "$BATS_TEST_TMPDIR/other.so:$library" "$library:$BATS_TEST_TMPDIR/other.so"; do
		cat >"$BATS_TEST_TMPDIR/other.c" <<-'END'
			#define _GNU_SOURCE
			#include <dlfcn.h>
			#include <unistd.h>
			/* Counts calls of bind() on standard error, and opens a socket before main(). */
			int bind(int fd, const void *addr, unsigned len)
			{
				int (*next)(int, const void *, unsigned) = dlsym(RTLD_NEXT, "bind");
				(void)!write(2, "other bind\n", 11);
				return next(fd, addr, len);
			}
		END
		${CC:-cc} -shared -fPIC -o "$BATS_TEST_TMPDIR/other.so" "$BATS_TEST_TMPDIR/other.c" -ldl
		run -0 on_server env LD_PRELOAD="$order" "$programs/steps" a=tcp4 a.reuseaddr a.bind:0.0.0.0/5000 \
			a.listen who:::1/5000 who:127.0.0.1/5000
		assert_line 'other bind'
		assert_line 'who:::1/5000 accepted by a, family 2, 127.0.0.1'
		assert_line 'who:127.0.0.1/5000 accepted by a, family 2, 127.0.0.1'
		hosts_down
		hosts_up
	done
	hosts_down
}

# As torsocks and proxychains: names are resolved elsewhere, but gethostbyname2() is not interposed.
@test "gethostbyname() of another preload library answers" {
	need_root
	cat >"$BATS_TEST_TMPDIR/other.c" <<-'END'
		#include <netdb.h>
		#include <netinet/in.h>
		#include <stddef.h>
		static char addr[] = {192, 0, 2, 7}, *list[] = {addr, NULL};
		static struct hostent other = {"elsewhere.example", list + 1, AF_INET, sizeof addr, list};
		struct hostent *gethostbyname(const char *name) { return &other; }
		int gethostbyname_r(const char *name, struct hostent *entry, char *buffer, size_t size,
				    struct hostent **result, int *error)
		{
			*entry = other;
			*result = entry;
			return 0;
		}
	END
	${CC:-cc} -shared -fPIC -o "$BATS_TEST_TMPDIR/other.so" "$BATS_TEST_TMPDIR/other.c"
	for order in "$BATS_TEST_TMPDIR/other.so:$library" "$library:$BATS_TEST_TMPDIR/other.so"; do
		run -0 unshare -n env LD_PRELOAD="$order" "$programs/resolve" elsewhere.example
		assert_line 'gethostbyname: 192.0.2.7 length 4 family 2'
		assert_line 'gethostbyname_r: 192.0.2.7 length 4 family 2'
	done
}

# Initialisers of other libraries may run before this library's.
@test "it works in the initialiser of another library" {
	need_root
	hosts_up
	cat >"$BATS_TEST_TMPDIR/early.c" <<-'END'
		#include <netinet/in.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <sys/socket.h>
		#include <unistd.h>
		__attribute__((constructor)) static void early(void)
		{
			if (!getenv("EARLY"))
				return;
			unsetenv("EARLY"); /* not in the commands that the program runs */
			printf("early dup2 %d %d\n", dup2(1, 1), dup2(-1, 9)); /* the first calls of all */
			struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(5000)};
			int fd = socket(AF_INET, SOCK_STREAM, 0);
			int bound = bind(fd, (struct sockaddr *)&any, sizeof any);
			printf("early bind %d listen %d\n", bound, listen(fd, 5));
		}
	END
	${CC:-cc} -shared -fPIC -o "$BATS_TEST_TMPDIR/early.so" "$BATS_TEST_TMPDIR/early.c"
	run -0 on_server sh -c \
		"EARLY=1 LD_PRELOAD=$library:$BATS_TEST_TMPDIR/early.so exec $programs/steps \"\$@\"" sh 'sh:ss -Hltn' who:::1/5000
	assert_line 'early dup2 1 -1'
	assert_line 'early bind 0 listen 0'
	assert_line --regexp '^LISTEN .* \*:5000 '
	hosts_down
}

@test "a program without sockets is left alone: same output, environment and descriptors" {
	plain=$(env -i PATH="$PATH" sh -c 'env | sort; ls /proc/self/fd | wc -l; echo error >&2; exit 3' 2>&1) || status=$?
	assert_equal "$status" 3
	run -3 env -i PATH="$PATH" LD_PRELOAD="$library" \
		sh -c 'env | grep -v -e ^LD_PRELOAD= -e ^DUALSTACK_ | sort; ls /proc/self/fd | wc -l; echo error >&2; exit 3'
	assert_output "$plain"
}

@test "relative paths in LD_PRELOAD work for programs that are executed, too" {
	need_root
	hosts_up
	cd "$build"
	# The server goes to / before it executes anything.
	start serve env LD_PRELOAD=./libdualstack.so "$programs/serve" exec 5000
	wait_port 5000
	run -0 on_client "$programs/ask" $server6/5000
	assert_output --partial "ntop $client6"
	hosts_down
}

@test "make install and uninstall respect DESTDIR, PREFIX and the directory variables" {
	run -0 make -s -C "$root" install DESTDIR="$BATS_TEST_TMPDIR/dest" PREFIX=/opt/x
	lib=$(cat "$build/lib")
	assert_file_executable "$BATS_TEST_TMPDIR/dest/opt/x/bin/dualstack-run"
	assert_file_exist "$BATS_TEST_TMPDIR/dest/opt/x/lib/dualstack/$lib/libdualstack.so"
	assert_file_exist "$BATS_TEST_TMPDIR/dest/opt/x/share/man/man1/dualstack-run.1"
	assert_file_exist "$BATS_TEST_TMPDIR/dest/opt/x/share/man/man7/dualstack.7"
	run -125 "$BATS_TEST_TMPDIR/dest/opt/x/bin/dualstack-run" true
	assert_output --partial "/opt/x/lib/dualstack/$lib/libdualstack.so: can't read the library"
	run -0 make -s -C "$root" uninstall DESTDIR="$BATS_TEST_TMPDIR/dest" PREFIX=/opt/x
	assert_equal "$(find "$BATS_TEST_TMPDIR/dest" -type f)" ''

	run -0 make -s -C "$root" install prefix="$BATS_TEST_TMPDIR/in place" libdir="$BATS_TEST_TMPDIR/lib64"
	run -0 "$BATS_TEST_TMPDIR/in place/bin/dualstack-run" sh -c 'echo $LD_PRELOAD'
	assert_output "$BATS_TEST_TMPDIR/lib64/dualstack/${lib:+\$LIB/}libdualstack.so"
}

@test "it builds with clang, with other CFLAGS, in parallel, and shows its commands with V=1" {
	need clang
	mkdir "$BATS_TEST_TMPDIR/tree"
	cp -r "$root/Makefile" "$root/shim" "$root/tests" "$root/demo" "$BATS_TEST_TMPDIR/tree"
	run -0 make -C "$BATS_TEST_TMPDIR/tree" -j4 CC=clang CFLAGS='-O1 -DXYZZY' V=1
	assert_output --regexp 'clang .*-O1 -DXYZZY .*-c'
	run -0 make -C "$BATS_TEST_TMPDIR/tree" -j4 CC=clang CFLAGS='-O1 -DXYZZY' programs
	assert_file_exist "$BATS_TEST_TMPDIR/tree/build/libdualstack.so"
	assert_equal "$(ls "$BATS_TEST_TMPDIR/tree" | tr '\n' ' ')" 'Makefile build demo shim tests '
}

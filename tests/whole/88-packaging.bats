# What a packager uses: make install and uninstall, make dist, and the bash completion.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper

# Mode, type and path of all under $1; of directories, the project's own.
tree() { (cd "$1" && find . -type f -printf '%m %p\n' -o -type d -path '*dualstack*' -printf '%m %p/\n' | LC_ALL=C sort -k 2); }

lib() { cat "$build/lib"; }

# built DIR: DIR is the tested build, for a make with other settings that need no other objects.
built() { [ -e "$1" ] || cp -r --preserve=timestamps,mode "$build" "$1"; }

@test "make install puts everything in its place, with the same modes whatever the umask" {
	for mask in 000 022 077; do
		(umask $mask && make -C "$root" install DESTDIR="$BATS_TEST_TMPDIR/$mask" PREFIX=/opt/x)
		assert_equal "$(tree "$BATS_TEST_TMPDIR/$mask")" "$(tree "$BATS_TEST_TMPDIR/000")"
	done
	run -0 tree "$BATS_TEST_TMPDIR/077"
	assert_line '755 ./opt/x/bin/dualstack-run'
	assert_line "644 ./opt/x/lib/dualstack/$(lib)/libdualstack.so"
	assert_line '755 ./opt/x/lib/dualstack/dualstack-tool'
	assert_line '755 ./opt/x/lib/dualstack/'
	assert_line '644 ./opt/x/share/bash-completion/completions/dualstack-run'
	assert_line '644 ./opt/x/share/zsh/site-functions/_dualstack-run'
	assert_line '644 ./opt/x/share/fish/vendor_completions.d/dualstack-run.fish'
	for file in README.md demo/README.md demo/changes.md demo/programs.md demo/services.md demo/table.md demo/table.svg; do
		assert_line "644 ./opt/x/share/doc/dualstack/$file"
	done
	for page in "$root"/man/*; do
		assert_line "644 ./opt/x/share/man/man${page##*.}/${page##*/}"
	done
	for example in "$root"/demo/*.conf; do
		[ ! -e "$example" ] || assert_line "644 ./opt/x/share/doc/dualstack/examples/${example##*/}"
	done
	run -125 "$BATS_TEST_TMPDIR/077/opt/x/bin/dualstack-run" true
	assert_output --partial "/opt/x/lib/dualstack/$(lib)/libdualstack.so: can't read the library"
}

@test "what is installed to be read names the paths of this installation, and links to what is there" {
	local to=$BATS_TEST_TMPDIR/dest/opt/x/share file link
	make -C "$root" -j"$(nproc)" install DESTDIR="$BATS_TEST_TMPDIR/dest" PREFIX=/opt/x sysconfdir=/opt/etc LIB=lib64 \
		BUILD="$BATS_FILE_TMPDIR/etc" CFLAGS=-O0
	preload='/opt/x/lib/dualstack/$LIB/libdualstack.so'
	for file in doc/dualstack/README.md doc/dualstack/examples/50-dualstack.conf man/man1/dualstack-run.1; do
		run -0 grep -F "$preload" "$to/$file"
	done
	run -1 grep -rE '/usr/local/lib/dualstack/[$]|[^/a-z]/etc/dualstack[.]conf' "$to"
	for file in "$to"/doc/dualstack/*.md "$to"/doc/dualstack/demo/*.md; do
		while read -r link; do
			case $link in *://* | '#'*) ;; *) assert_file_exist "${file%/*}/${link%%#*}" ;; esac
		done < <(grep -oE '\]\([^)]*\)' "$file" | sed 's/^](//; s/)$//')
	done
	# In a build without $LIB, the path has none.
	built "$BATS_FILE_TMPDIR/other"
	make -C "$root" install DESTDIR="$BATS_TEST_TMPDIR/none" PREFIX=/opt/x LIB= BUILD="$BATS_FILE_TMPDIR/other"
	run -0 grep -F /opt/x/lib/dualstack/libdualstack.so "$BATS_TEST_TMPDIR/none/opt/x/share/doc/dualstack/README.md"
}

@test "make uninstall takes away that, and nothing else" {
	for dir in "$BATS_TEST_TMPDIR/dest" "$BATS_TEST_TMPDIR/d e s t"; do
		make -C "$root" install DESTDIR="$dir" PREFIX=/opt/x
		# Files of another word size, and of another package.
		built "$BATS_TEST_TMPDIR/build99"
		make -C "$root" install-library DESTDIR="$dir" PREFIX=/opt/x LIB=lib99 BUILD="$BATS_TEST_TMPDIR/build99"
		touch "$dir/opt/x/share/man/man1/other.1" "$dir/opt/x/bin/other"
		make -C "$root" uninstall DESTDIR="$dir" PREFIX=/opt/x
		assert_equal "$(cd "$dir" && find . -type f | sort | tr '\n' ' ')" \
			'./opt/x/bin/other ./opt/x/lib/dualstack/lib99/libdualstack.so ./opt/x/share/man/man1/other.1 '
		make -C "$root" uninstall-library DESTDIR="$dir" PREFIX=/opt/x LIB=lib99 BUILD="$BATS_TEST_TMPDIR/build99"
		assert_equal "$(cd "$dir" && find . -path '*dualstack*')" ''
		# Again: it does not fail if nothing is there.
		make -C "$root" uninstall DESTDIR="$dir" PREFIX=/opt/x
	done
}

@test "every directory variable, with spaces and characters that are special to sed and sh" {
	to="$BATS_TEST_TMPDIR/a & b"
	make -C "$root" install prefix="$to" libdir="$BATS_TEST_TMPDIR/lib&64" bindir="$to/my bin" mandir="$to/my man" \
		docdir="$to/my doc" completionsdir="$to/my completions" zshcompletionsdir="$to/my completions" \
		fishcompletionsdir="$to/my completions"
	assert_equal "$(cd "$to" && find . -mindepth 1 -maxdepth 1 | sort | tr '\n' ' ')" \
		'./my bin ./my completions ./my doc ./my man '
	run -0 "$to/my bin/dualstack-run" sh -c 'echo $LD_PRELOAD'
	assert_output "$BATS_TEST_TMPDIR/lib&64/dualstack/\$LIB/libdualstack.so"
	make -C "$root" uninstall prefix="$to" libdir="$BATS_TEST_TMPDIR/lib&64" bindir="$to/my bin" mandir="$to/my man" \
		docdir="$to/my doc" completionsdir="$to/my completions" zshcompletionsdir="$to/my completions" \
		fishcompletionsdir="$to/my completions"
	assert_equal "$(find "$to" "$BATS_TEST_TMPDIR/lib&64" -type f)" ''
}

@test "a libdir that LD_PRELOAD can't name, and a LIB that is none, are refused" {
	for libdir in '/opt/a b/lib' /opt/a:b/lib; do
		run -2 make -s -C "$root" install DESTDIR="$BATS_TEST_TMPDIR/dest" libdir="$libdir"
		assert_line --partial "make install: $libdir: LD_PRELOAD cannot name"
		assert_not_exist "$BATS_TEST_TMPDIR/dest"
	done
	for lib in / /lib64 .. ../lib lib/../.. lib/.. 'a b' 'a:b' 'a;b' 'a$(b' 'a*' 'a`b`'; do
		run -2 make -s -C "$root" install-library BUILD="$BATS_FILE_TMPDIR/bad" DESTDIR="$BATS_TEST_TMPDIR/dest" "LIB=${lib//$/\$\$}"
		assert_line --partial 'make: LIB: expected'
		assert_not_exist "$BATS_TEST_TMPDIR/dest"
	done
}

@test "LIB is the packager's value, or empty" {
	built "$BATS_FILE_TMPDIR/other"
	make -C "$root" install DESTDIR="$BATS_TEST_TMPDIR/dest" PREFIX=/opt/x LIB=lib64 BUILD="$BATS_FILE_TMPDIR/other"
	assert_file_exist "$BATS_TEST_TMPDIR/dest/opt/x/lib/dualstack/lib64/libdualstack.so"
	make -C "$root" install prefix="$BATS_TEST_TMPDIR/opt" LIB= BUILD="$BATS_FILE_TMPDIR/other"
	run -0 "$BATS_TEST_TMPDIR/opt/bin/dualstack-run" sh -c 'echo $LD_PRELOAD'
	assert_output "$BATS_TEST_TMPDIR/opt/lib/dualstack/libdualstack.so"
	assert_file_exist "$output"
}

@test "the parts of an installation are the whole of its programs, and each says where it is" {
	local part to=$BATS_TEST_TMPDIR/parts
	# The launcher knows where it is installed, and is built for that.
	make -s -C "$root" all PREFIX=/usr
	for part in library tool launcher; do
		run -0 make -s -C "$root" install-$part DESTDIR="$to" PREFIX=/usr
		assert_equal "${#lines[@]}" 1
		assert_file_exist "${output#installed: }"
	done
	run -0 make -s -C "$root" install DESTDIR="$BATS_TEST_TMPDIR/all" PREFIX=/usr
	assert_equal "${#lines[@]}" 2
	assert_line "installed: $BATS_TEST_TMPDIR/all/usr/bin/dualstack-run, $BATS_TEST_TMPDIR/all/usr/lib/dualstack/$(lib)/libdualstack.so"
	rm -r "$BATS_TEST_TMPDIR/all/usr/share/man" "$BATS_TEST_TMPDIR/all/usr/share/doc"
	diff -r "$to" "$BATS_TEST_TMPDIR/all"
}

@test "a cross build, whose ld.so can't be run, takes the directory of a native one, and says so" {
	local to=$BATS_TEST_TMPDIR/cross
	run -0 make -s -C "$root" BUILD="$to" CC='gcc -Wl,--dynamic-linker=/nonexistent/ld.so' "$to/lib"
	assert_output --partial "can't be run here; \$LIB is taken to be $(lib) (else say LIB=)"
	assert_equal "$(cat "$to/lib")" "$(lib)"
	run -0 make -s -C "$root" BUILD="$to" CC='gcc -Wl,--dynamic-linker=/nonexistent/ld.so' LIB=lib64 "$to/lib"
	assert_output ''
	assert_equal "$(cat "$to/lib")" lib64
}

# a_tree: $tree is a copy of the repository that is built already, with the flags of make alone.
a_tree() {
	tree=$BATS_TEST_TMPDIR/tree
	mkdir "$tree"
	(cd "$root" && tar -c --exclude='./build*' --exclude=./.git .) | tar -x -C "$tree"
	built "$tree/build"
}

@test "make check-unit: without root, without a network, with what is there" {
	need_root
	need setpriv
	[ -e /usr/include/cmocka.h ] || skip 'cmocka is not installed'
	a_tree
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	chown -R 65534 "$tree"
	run -0 unshare -n setpriv --reuid 65534 --clear-groups env -u MAKEFLAGS -u TESTS -u CI HOME=/nonexistent \
		make -C "$tree" check-unit BUILD=build
	# Nothing is up there, not even the loopback interface, and i386 has no race detector.
	assert_line --regexp '^[1-9][0-9]* passed, 0 failed, [45] skipped$'
	# Flags of the caller's take none of theirs.
	run -0 make -n -C "$root" BUILD="$BATS_TEST_TMPDIR/flags" V=1 LDFLAGS=-Wl,-O1 \
		"$BATS_TEST_TMPDIR/flags/tests/unit/resolver/test_known_names" "$BATS_TEST_TMPDIR/flags/tests/programs/meanwhile"
	assert_line --regexp 'wrap=clock_gettime .*test_known_names'
	assert_line --regexp 'rdynamic .*meanwhile'
}

@test "packages: debhelper builds one, which works when it is installed; an APKBUILD" {
	need_root
	need dh
	a_tree
	local own=$BATS_TEST_TMPDIR/own
	cp -r "$tree/demo/debian" "$tree/debian"
	# The flags with which it is built already.
	(cd "$tree" && env -u MAKEFLAGS BUILD=build DEB_BUILD_OPTIONS=nocheck DEB_CFLAGS_SET='-O2 -g' DEB_CPPFLAGS_SET= \
		DEB_LDFLAGS_SET= debian/rules binary)
	mkdir -p "$own/var/lib/dpkg/info" "$own/var/lib/dpkg/updates"
	touch "$own/var/lib/dpkg/status"
	dpkg --root="$own" --force-depends -i "$BATS_TEST_TMPDIR"/dualstack_*.deb
	run -0 unshare -m sh -c 'mount -t overlay -o "lowerdir=$1/usr:/usr" overlay /usr && shift && exec "$@"' sh "$own" \
		dualstack-run --log=info "$programs/steps" a=tcp4 a.bind:0.0.0.0/0
	assert_output --partial 'widened to [::]'
	dpkg --root="$own" -r dualstack
	assert_equal "$(find "$own" -path '*/var' -prune -o -name '*dualstack*' -print)" ''

	run -0 env -u MAKEFLAGS BUILD=build sh -euc 'cd "$1"; pkgdir=$2; . demo/APKBUILD; build; package' sh "$tree" "$BATS_TEST_TMPDIR/apk"
	assert_file_exist "$BATS_TEST_TMPDIR/apk/usr/lib/dualstack/libdualstack.so"
	run -125 "$BATS_TEST_TMPDIR/apk/usr/bin/dualstack-run" true
	assert_output --partial "/usr/lib/dualstack/libdualstack.so: can't read the library"
	version=$(sed -n 's/^VERSION = //p' "$root/Makefile")
	run -0 grep -c "^\(pkgver=\|dualstack (\)$version" "$root/demo/APKBUILD" "$root/demo/debian/changelog"
}

@test "it needs no root, and writes nowhere else" {
	need_root
	need setpriv
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	mkdir "$BATS_TEST_TMPDIR/tree" "$BATS_TEST_TMPDIR/dest"
	cp -r --preserve=timestamps "$root/Makefile" "$root/README.md" "$root/shim" "$root/man" "$root/demo" "$BATS_TEST_TMPDIR/tree"
	chmod -R go+rX "$BATS_TEST_TMPDIR/tree"
	# The tree is root's and built: the user may write only into dest.
	built "$BATS_TEST_TMPDIR/tree/build"
	make -C "$BATS_TEST_TMPDIR/tree" BUILD=build all install DESTDIR="$BATS_TEST_TMPDIR/warm"
	chown 65534 "$BATS_TEST_TMPDIR/dest"
	setpriv --reuid 65534 --clear-groups make -C "$BATS_TEST_TMPDIR/tree" BUILD=build install DESTDIR="$BATS_TEST_TMPDIR/dest"
	assert_equal "$(tree "$BATS_TEST_TMPDIR/dest")" "$(tree "$BATS_TEST_TMPDIR/warm")"
}

@test "sysconfdir is compiled in, and another one builds anew" {
	local to=$BATS_TEST_TMPDIR/build
	run -0 make -n -C "$root" BUILD="$to" all V=1
	assert_output --partial "-DSYSCONFDIR='\"/etc\"'"
	built "$to"
	run -0 make -C "$root" BUILD="$to" "$to/shim/config/config.o" V=1 sysconfdir='/opt/my etc'
	assert_output --partial "-DSYSCONFDIR='\"/opt/my etc\"'"
}

@test "make dist: the same bytes each time, and its package builds and works" {
	need git
	local tree=$BATS_TEST_TMPDIR/tree git="git -c safe.directory=* -c user.name=x -c user.email=x"
	mkdir "$tree"
	(cd "$root" && tar -c --exclude='./build*' --exclude=./.git .) | tar -x -C "$tree"
	(cd "$tree" && $git init -q && $git add -A && $git commit -qm x)
	touch "$tree/untracked"
	make -C "$tree" dist
	tarball=$(echo "$tree"/build/dualstack-*.tar.gz)
	cp "$tarball" "$BATS_TEST_TMPDIR/first.tar.gz"
	# In another place, at another time, by another user.
	mv "$tree" "$BATS_TEST_TMPDIR/other"
	find "$BATS_TEST_TMPDIR/other" -exec touch -d 2001-01-01 {} +
	(umask 077 && LC_ALL=C TZ=UTC+9 make -C "$BATS_TEST_TMPDIR/other" BUILD=elsewhere dist)
	cmp "$BATS_TEST_TMPDIR/first.tar.gz" "$BATS_TEST_TMPDIR/other/elsewhere/${tarball##*/}"

	name=$(basename "$tarball" .tar.gz)
	assert_regex "$name" '^dualstack-[0-9]+\.[0-9]+\.[0-9]+$'
	tar -x -C "$BATS_TEST_TMPDIR" -f "$BATS_TEST_TMPDIR/first.tar.gz"
	assert_not_exist "$BATS_TEST_TMPDIR/$name/untracked"
	assert_not_exist "$BATS_TEST_TMPDIR/$name/build"
	make -C "$BATS_TEST_TMPDIR/$name" -j"$(nproc)" install prefix="$BATS_TEST_TMPDIR/opt" CFLAGS=-O0
	run -0 "$BATS_TEST_TMPDIR/opt/bin/dualstack-run" --version
	assert_output "dualstack-run ${name#dualstack-}"
	run -0 "$BATS_TEST_TMPDIR/opt/bin/dualstack-run" --log=info "$programs/steps" a=tcp4 a.bind:0.0.0.0/0
	assert_output --partial 'widened to [::]'
	# Nothing is tracked here.
	run -2 make -s -C "$BATS_TEST_TMPDIR/$name" dist
	assert_line --index 0 'make dist: needs git and a clone of the repository: it packs what is committed'
}

# complete_line LINE: what bash offers at its end, one a line. bash splits it at blanks, "=" and ":".
complete_line() {
	bash -c '
		. "$1"
		COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=()
		rest=$2
		while [[ -n $rest ]]; do
			if [[ $rest =~ ^[[:space:]]+ ]]; then
				[[ $rest != "${BASH_REMATCH[0]}" ]] || COMP_WORDS+=("")
			elif [[ $rest =~ ^[=:]+ || $rest =~ ^[^=:[:space:]]+ ]]; then
				COMP_WORDS+=("${BASH_REMATCH[0]}")
			fi
			rest=${rest#"${BASH_REMATCH[0]}"}
		done
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_dualstack_run dualstack-run
		[ ${#COMPREPLY[@]} = 0 ] || printf "%s\n" "${COMPREPLY[@]}" | LC_ALL=C sort
	' bash "$root/shim/completion.bash" "dualstack-run $1"
}

# offers LINE WORD...: asserts that it is exactly these.
offers() {
	run -0 complete_line "$1"
	assert_equal "$(tr '\n' ' ' <<<"$output" | sed 's/ $//')" "${*:2}"
}

@test "completion: options, levels, targets, files" {
	mkdir "$BATS_TEST_TMPDIR/files" && cd "$BATS_TEST_TMPDIR/files"
	mkdir directory
	touch directory/file fruit 'with space' -- --dash
	offers -- --anyway --check --config= --delay= --disable --enable --enabled= --explain --help --log= --loopback= --nat64= --peer= \
		--pool= --prefer= --print-config --probe --rule= --status --synthetic= --text= --version --who
	offers --lo --log= --loopback=
	offers '--log=info --pr' --prefer= --print-config --probe
	offers --text= auto ipv4 ipv6
	offers '--text i' ipv4 ipv6
	offers '--prefer=ipv6 --peer r' real
	offers --delay=
	offers --log= debug error info off
	offers --log=i info
	offers '--log ' debug error info off
	offers --log=info:s stderr syslog
	offers --log=info:f fruit
	offers '--log info:directory/' directory/file
	offers --log=info:/nonexistent/
	offers --log=nonsense
	offers --config=f fruit
	offers '--config f' fruit
	offers '--log=info:stderr --config=directory/f' directory/file
	offers '--config=w' 'with space'
	offers --rule=
	offers "--rule=x --log=e" error
	offers --nonsense
	offers --log=info=x
	offers "--log=$(printf '%04096d' 0)"
	offers '--help '
	offers '$(touch touched)'
	offers '--log=info:$(touch${IFS}touched)'
	offers '`touch touched` -' --dash
	assert_not_exist touched
}

@test "completion: commands and their arguments" {
	mkdir "$BATS_TEST_TMPDIR/bin" && cd "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\n' >xyzzy-server && chmod 755 xyzzy-server
	touch xyzzy-file
	PATH=$PWD:$PATH
	for options in '' '-- ' '--log=info ' '--log info:f -- ' '--config=/a:b=c '; do
		offers "${options}xyzzy-s" xyzzy-server
		offers "${options}xyzzy-server xyzzy-f" xyzzy-file
		# The options after a command are the command's.
		offers "${options}xyzzy-server --log xyzzy-f" xyzzy-file
		offers "${options}xyzzy-server --log="
	done
	offers './xyzzy-s' ./xyzzy-server
	offers '--check xyzzy-s' xyzzy-server
	offers '--check ./xyzzy-s' ./xyzzy-server
	offers '--check xyzzy-server x'
}

@test "completion: a command's arguments are completed as bash-completion knows them" {
	run -0 bash -c '_command_offset() { echo "offset $1"; }; . "$1"; COMP_LINE=$2; COMP_POINT=${#2}
		COMP_WORDS=(dualstack-run --log = info -- tar --ex) COMP_CWORD=6; _dualstack_run' \
		bash "$root/shim/completion.bash" 'dualstack-run --log=info -- tar --ex'
	assert_output 'offset 5'
	[ -e /usr/share/bash-completion/bash_completion ] || skip 'bash-completion is not installed'
	run -0 bash -c '. /usr/share/bash-completion/bash_completion; . "$1"; COMP_LINE=$2; COMP_POINT=${#2}
		COMP_WORDS=(dualstack-run env --ig) COMP_CWORD=2; _dualstack_run; echo "${COMPREPLY[*]}"' \
		bash "$root/shim/completion.bash" 'dualstack-run env --ig'
	assert_output --partial --ignore
}

@test "completion: --check, --probe, --status, --enable, --disable" {
	mkdir "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/tree" && cd "$BATS_TEST_TMPDIR"
	printf '%s\n' '#!/bin/sh' 'case "$*" in --user*) echo "player.service enabled";; *) echo "mail.service enabled -"; echo "mailman.service -";; esac' >bin/systemctl
	chmod 755 bin/systemctl
	PATH=$PWD/bin:$PATH
	offers '--check --' --json --no-network
	offers '--probe --' --config= --delay= --enabled= --json --log= --loopback= --nat64= --peer= --pool= --prefer= --rule= --synthetic= \
		--text= --timeout= --udp=
	offers '--status --' --json
	offers '--enable --' --config= --delay= --dry-run --enabled= --log= --loopback= --nat64= --peer= --pool= --prefer= --root= --rule= \
		--runtime --synthetic= --text= --user
	offers '--enable --log=i' info
	offers '--enable --text ipv' ipv4 ipv6
	offers '--log=info --enable --text=ipv6 mailm' mailman.service
	offers '--disable --' --dry-run --root= --runtime --user
	for option in --enable --disable; do
		offers "$option mail" mail.service mailman.service
		offers "$option --dry-run --root=/tmp mailm" mailman.service
		offers "$option --user " player.service
		offers "$option --root=tr" tree
		offers "$option mail.service mailm" mailman.service
	done
	offers '--status mailm' mailman.service
	run -0 complete_line '--status '"${$%?}"
	assert_line "$$"
	offers '--probe localhos' localhost
	[ ! -e /etc/services ] || offers '--probe localhost domai' domain domain-s
	# Without systemd there are no units, and no complaint.
	printf '%s\n' '#!/bin/sh' 'echo "System has not been booted" >&2' 'exit 1' >bin/systemctl
	offers '--enable '
}

@test "completion in fish" {
	need fish
	local line
	# fish 4 offers what has the letters anywhere, too.
	while IFS='|' read -r line offered; do
		run -0 fish -c 'source "$argv[1]"; complete -C "dualstack-run $argv[2]" | string replace -r "\t.*" "" | string match -- "$argv[3]*"' \
			"$root/shim/completion.fish" "$line" "${line##* }"
		assert_equal "$(tr '\n' ' ' <<<"$output")" "$offered "
	done <<-'END'
		--te|--text
		--text=ip|--text=ipv4 --text=ipv6
		--enable --te|--text
		--check --|--json --no-network
		--delay 7 --expl|--explain
		--probe --te|--text
		ls --almost|--almost-all
		--rule 'bind tcp ipv4' -- ls --almost|--almost-all
	END
}

@test "completion in zsh" {
	need zsh
	need_terminal
	local line offered
	while IFS='|' read -r line offered; do
		run -0 timeout 60 zsh -f "$root/tests/lib/complete.zsh" "$root/shim/completion.zsh" "dualstack-run $line"
		assert_output --regexp "$offered"
	done <<-'END'
		--te|--text=
		--text=i|ipv4  ipv6
		--enable --ru|--rule .*--runtime
		--pr|--prefer .*--print-config .*--probe
		--probe --te|--text=
		ls --almo|--almost-all
	END
	# The settings have nothing to do with it.
	run -0 timeout 60 zsh -f "$root/tests/lib/complete.zsh" "$root/shim/completion.zsh" 'dualstack-run --check --'
	assert_output --partial --no-network
	refute_output --partial -- --text
}

# --enable and --disable over units made up in a directory: what is written, what is not, what is warned of.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	# As the tool names it, with no link in it.
	tree=$(realpath "$BATS_TEST_TMPDIR")/tree
	lib=$root/build
	system=$tree/etc/systemd/system
	conf=$system/a.service.d/50-dualstack.conf
	mkdir -p "$system" "$tree/usr/lib/systemd/system" "$tree$lib" "$tree/usr/sbin" "$tree/run/systemd/system"
	install -m 755 /dev/null "$tree/usr/sbin/a"
	install -m 644 /dev/null "$tree$lib/libdualstack.so"
}

# unit NAME LINE...: a service in the tree, with these lines.
unit() {
	local file=$tree/usr/lib/systemd/system/$1
	shift
	printf '%s\n' '[Unit]' 'Description=test' '[Service]' 'ExecStart=/usr/sbin/a -F' "$@" >"$file"
}

# dropin PATH LINE...: in [Service], below the directories of units in etc.
dropin() {
	mkdir -p "$(dirname "$system/$1")"
	printf '%s\n' '[Service]' "${@:2}" >"$system/$1"
}

# Nobody can be asked about a system that does not run: that is said last, and left out here.
not_asked='dualstack-run: .*: not checked for settings that keep the library out: what is in --root does not run'
enable() {
	local status=0
	"$run" --enable --root="$tree" "$@" 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
	grep -vx "$not_asked" "$BATS_TEST_TMPDIR/stderr" >&2 || true
	return "$status"
}
disable() { "$run" --disable --root="$tree" "$@"; }
files() { (cd "$tree" && find . -name '*dualstack.conf*' -o -name '*.d'); }

# One line on standard error, exit status 125, nothing written.
assert_refused() {
	assert_failure 125
	assert_equal "${#lines[@]}" 1
	assert_output --partial "$1"
	assert_output --regexp '^dualstack-run: '
	run files
	assert_output ''
}

# What is set for LD_PRELOAD, as it is written.
preload() { sed -n 's/^Environment=//p' "${1:-$conf}"; }

@test "enable writes a drop-in, twice the same, and disable removes exactly it" {
	unit a.service
	mkdir "$system/other.service.d"
	before=$(cd "$tree" && find . | sort)
	run -0 enable a
	assert_line --index 0 "a.service: enabled by $conf"
	assert_equal "${#lines[@]}" 2
	assert_equal "$(cat "$conf")" "# Written by dualstack-run --enable; removed by dualstack-run --disable.
[Service]
Environment=\"LD_PRELOAD=$lib/libdualstack.so\""
	assert_equal "$(stat -c '%a %U' "$conf" "$(dirname "$conf")" | tr '\n' ' ')" "644 $(id -un) 755 $(id -un) "
	inode=$(stat -c %i "$conf")
	run -0 enable a.service
	assert_output "a.service: already enabled by $conf"
	assert_equal "$(stat -c %i "$conf")" "$inode"
	run -0 disable a
	assert_line --index 0 "a.service: disabled, $conf is removed"
	assert_equal "$(cd "$tree" && find . | sort)" "$before"
	run -0 disable a
	assert_output "a.service: not enabled by $conf"
}

@test "what could not be asked is said in one line, behind the result" {
	unit a.service PrivateNetwork=yes
	for command in "$run --enable" "$run --enable" "$run --enable --dry-run"; do
		run -0 --separate-stderr $command --root="$tree" a
		assert_equal "${#stderr_lines[@]}" 1
		assert_regex "$stderr" "^$not_asked\$"
	done
}

@test "the umask of who enables it does not keep the service manager out" {
	unit a.service
	(umask 077 && enable a)
	assert_equal "$(stat -c %a "$conf" "$(dirname "$conf")" | tr '\n' ' ')" '644 755 '
}

@test "a drop-in directory with other files stays" {
	unit a.service
	dropin a.service.d/mine.conf Nice=1
	enable a
	disable a
	assert_equal "$(ls "$system/a.service.d")" mine.conf
}

@test "a drop-in that was written for other settings is brought up to date" {
	unit a.service
	enable a
	dropin a.service.d/10-family.conf RestrictAddressFamilies=AF_INET
	run -0 enable a
	assert_line --index 0 "a.service: enabled by $conf"
	assert_equal "$(tail -n 1 "$conf")" RestrictAddressFamilies=AF_INET6
	assert_equal "$(ls -A "$system/a.service.d" | tr '\n' ' ')" '10-family.conf 50-dualstack.conf '
}

@test "--dry-run prints, and writes and removes nothing" {
	unit a.service
	run -0 enable --dry-run a
	assert_line --index 0 "# $conf"
	assert_line --index 2 '[Service]'
	printed=$output
	run files
	assert_output ''
	enable a
	assert_equal "# $conf
$(cat "$conf")" "$printed"
	run -0 disable --dry-run a
	assert_output "# $conf: to be removed"
	assert_file_exists "$conf"
}

@test "settings are written into the drop-in, of several units at once; options stand anywhere" {
	unit a.service
	unit b.service
	cd "$BATS_TEST_TMPDIR"
	echo 'delay = 7' >some.conf
	run -0 "$run" --dry-run --enable a b --root "$tree" --text=ipv6 --log info:syslog --config=some.conf \
		--rule='bind tcp port=1 ipv4' --rule='connect name=*.x% ipv4'
	run files
	assert_output ''
	run -0 enable a b --text=ipv6 --log info:the.log --config=some.conf --rule='bind tcp port=1 ipv4' \
		--rule='connect name=*.x% ipv4'
	assert_line "a.service: enabled by $conf"
	assert_line "b.service: enabled by ${conf/a.service/b.service}"
	assert_line "It takes effect when the system in $tree starts the service."
	run -0 preload
	assert_output "\"LD_PRELOAD=$lib/libdualstack.so\"
\"DUALSTACK_CONFIG=$BATS_TEST_TMPDIR/some.conf\"
\"DUALSTACK_RULES=bind tcp port=1 ipv4\\nconnect name=*.x%% ipv4\"
\"DUALSTACK_TEXT=ipv6\"
\"DUALSTACK_LOG=info:$BATS_TEST_TMPDIR/the.log\""
	assert_equal "$(cat "${conf/a.service/b.service}")" "$(cat "$conf")"
	# Another call says anew what is set.
	run -0 enable a
	assert_equal "$(preload)" "\"LD_PRELOAD=$lib/libdualstack.so\""
	run -0 disable a b
	run files
	assert_output ''
	# If one of them is missing, none is enabled; and no bad setting is written.
	run "$run" --enable --root="$tree" a nosuch
	assert_refused 'nosuch.service: no such unit'
	run "$run" --enable --root="$tree" --text=ipv5 a
	assert_refused "--text: unknown value 'ipv5'"
	run "$run" --enable --root="$tree" --rule='bind x' a
	assert_refused "--rule:1:6: unknown action 'x'"
}

@test "a build directory is warned of" {
	need systemd-analyze
	export HOME=$BATS_TEST_TMPDIR/home XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/run
	mkdir -p "$HOME/.config/systemd/user"
	printf '[Service]\nExecStart=/bin/sh\n' >"$HOME/.config/systemd/user/mine.service"
	run -0 --separate-stderr "$run" --enable --user mine
	assert_equal "${stderr_lines[0]}" "dualstack-run: --enable: the services will need $lib/libdualstack.so, a build directory; see make install"
}

@test "--runtime" {
	unit a.service
	run -0 enable --runtime a
	assert_file_exists "$tree/run/systemd/system/a.service.d/50-dualstack.conf"
	assert_file_not_exists "$conf"
	run -0 disable a
	assert_output "a.service: not enabled by $conf"
	enable a
	run -0 enable --runtime a
	run -0 disable --runtime a
	assert_file_exists "$conf"
	assert_not_exists "$tree/run/systemd/system/a.service.d"
}

@test "--user" {
	need systemd-analyze
	export HOME=$BATS_TEST_TMPDIR/home XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/run
	unset XDG_CONFIG_HOME XDG_DATA_HOME
	mkdir -p "$HOME/.local/share/systemd/user"
	printf '[Service]\nExecStart=/bin/sh\nEnvironment=LD_PRELOAD=/x.so\n' >"$HOME/.local/share/systemd/user/mine.service"
	run -0 "$run" --enable --user mine
	assert_line --partial 'systemctl --user daemon-reload && systemctl --user restart mine.service'
	conf=$HOME/.config/systemd/user/mine.service.d/50-dualstack.conf
	assert_equal "$(preload "$conf")" "LD_PRELOAD=$lib/libdualstack.so:/x.so"
	run -0 "$run" --disable --user mine
	assert_not_exists "$(dirname "$conf")"
	run -0 "$run" --enable --user --runtime mine
	assert_file_exists "$XDG_RUNTIME_DIR/systemd/user/mine.service.d/50-dualstack.conf"
	XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config run -0 "$run" --enable --user mine
	assert_file_exists "$BATS_TEST_TMPDIR/config/systemd/user/mine.service.d/50-dualstack.conf"
	run -125 env -u XDG_RUNTIME_DIR "$run" --enable --user --runtime mine
	assert_output --partial 'XDG_RUNTIME_DIR: not set'
	run -125 env -u HOME "$run" --enable --user mine
	assert_output --partial 'HOME: not set'
	# The system's services are not the user's.
	run -125 "$run" --enable --user systemd-journald
	assert_output --partial 'no such unit'
}

@test "an existing LD_PRELOAD is kept, however it is quoted" {
	while IFS='|' read -r setting expected; do
		rm -rf "$system/a.service.d"
		unit a.service "$setting"
		enable a >/dev/null
		assert_equal "$setting: $(preload)" "$setting: ${expected//=LIB/=$lib/libdualstack.so}"
	done <<'END'
Environment=LD_PRELOAD=/a.so|LD_PRELOAD=LIB:/a.so
Environment="LD_PRELOAD=/a.so /b.so"|"LD_PRELOAD=LIB:/a.so /b.so"
Environment='LD_PRELOAD=/a.so:/b.so'|'LD_PRELOAD=LIB:/a.so:/b.so'
Environment=A=1 "B=LD_PRELOAD=/no.so" LD_PRELOAD=/a.so C=3|LD_PRELOAD=LIB:/a.so
Environment = LD_PRELOAD="/a.so"|LD_PRELOAD=LIB:"/a.so"
Environment=LD_PRELOAD=/%i/100%%.so|LD_PRELOAD=LIB:/%i/100%%.so
Environment=LD_PRELOAD=/$LIB/${PLATFORM}.so|LD_PRELOAD=LIB:/$LIB/${PLATFORM}.so
Environment=LD_PRELOAD=/a.so LD_PRELOAD=/b.so|LD_PRELOAD=LIB:/b.so
Environment=LD_PRELOAD=|LD_PRELOAD=LIB
Environment=XLD_PRELOAD=/a.so|"LD_PRELOAD=LIB"
Environment=LD_PRELOAD=/a.so "unclosed|LD_PRELOAD=LIB:/a.so
#Environment=LD_PRELOAD=/a.so|"LD_PRELOAD=LIB"
END
}

# Only systemd knows for sure what an escape means, or what it makes of one that there is none of.
@test "an LD_PRELOAD beside a backslash is refused" {
	for value in 'LD_PRELOAD=/\x61.so' '"LD_PRELOAD=/a\"b.so"' 'A=\t LD_PRELOAD=/a.so' 'LD_PRELOAD=/a\q LD_PRELOAD=/b'; do
		unit a.service "Environment=$value"
		run enable a
		assert_refused "a.service: /usr/lib/systemd/system/a.service: Environment=$value: sets LD_PRELOAD in a line with a backslash"
	done
	unit a.service 'Environment=A=\t'
	run -0 enable a
}

@test "lists, resets, continued lines and the order of drop-ins are as systemd reads them" {
	unit a.service Environment=LD_PRELOAD=/unit.so
	dropin a.service.d/20-b.conf 'Environment=A=1 \' '# LD_PRELOAD=/comment.so \' '  LD_PRELOAD=/later.so'
	dropin a.service.d/10-a.conf Environment=LD_PRELOAD=/earlier.so
	enable a
	assert_equal "$(preload)" "LD_PRELOAD=$lib/libdualstack.so:/later.so"
	dropin a.service.d/30-c.conf Environment=
	enable a
	assert_equal "$(preload)" "\"LD_PRELOAD=$lib/libdualstack.so\""
	# Of two of the same name, the one in etc; a link to /dev/null takes one away.
	mkdir -p "$tree/usr/lib/systemd/system/a.service.d"
	printf '[Service]\nEnvironment=LD_PRELOAD=/vendor.so\n' >"$tree/usr/lib/systemd/system/a.service.d/30-c.conf"
	printf '[Service]\nEnvironment=LD_PRELOAD=/vendor.so\n' >"$tree/usr/lib/systemd/system/a.service.d/40-d.conf"
	ln -s /dev/null "$system/a.service.d/40-d.conf"
	run -0 enable a
	assert_output --partial already
	# Files with other names, and other sections, say nothing.
	printf '[Service]\nEnvironment=LD_PRELOAD=/x.so\n' >"$system/a.service.d/45-e.conf~"
	printf '[Install]\nEnvironment=LD_PRELOAD=/x.so\n' >"$system/a.service.d/45-f.conf"
	run -0 enable a
	assert_output --partial already
}

@test "drop-ins of all services, of a template and of all whose name begins alike" {
	unit a-b@.service
	dropin service.d/10.conf Environment=LD_PRELOAD=/all.so
	enable a-b@c
	conf=$system/a-b@c.service.d/50-dualstack.conf
	assert_equal "$(preload)" "LD_PRELOAD=$lib/libdualstack.so:/all.so"
	dropin a-@c.service.d/11.conf Environment=LD_PRELOAD=/prefix.so
	enable a-b@c
	assert_equal "$(preload)" "LD_PRELOAD=$lib/libdualstack.so:/prefix.so"
	dropin a-b@.service.d/12.conf Environment=LD_PRELOAD=/template.so
	enable a-b@c
	assert_equal "$(preload)" "LD_PRELOAD=$lib/libdualstack.so:/template.so"
	run -0 enable a-b@
	assert_line --index 0 --partial a-b@.service.d/50-dualstack.conf
}

@test "the library that is there already is not named twice" {
	unit a.service "Environment=LD_PRELOAD=/a.so:$lib/libdualstack.so:/b.so"
	enable a
	assert_equal "$(preload)" "LD_PRELOAD=/a.so:$lib/libdualstack.so:/b.so"
}

@test "an alias is the unit that it stands for" {
	unit a.service
	ln -s /usr/lib/systemd/system/a.service "$system/dbus-org.example.A.service"
	ln -s dbus-org.example.A.service "$system/alias.service"
	dropin alias.service.d/10.conf Environment=LD_PRELOAD=/of-alias.so
	run -0 enable alias
	assert_line --index 0 "a.service: enabled by $conf"
	assert_equal "$(preload)" "LD_PRELOAD=$lib/libdualstack.so:/of-alias.so"
	run -0 enable a
	assert_output --partial already
	run -0 disable alias
	assert_file_not_exists "$conf"
}

@test "a link to a file elsewhere is a unit by the link's name" {
	mkdir -p "$tree/opt"
	printf '[Service]\nExecStart=/usr/sbin/a\n' >"$tree/opt/z.service"
	ln -s /opt/z.service "$system/a.service"
	run -0 enable a
	assert_line --index 0 "a.service: enabled by $conf"
}

@test "links do not lead out of the root" {
	unit a.service
	mkdir -p "$BATS_TEST_TMPDIR/outside"
	ln -s "$BATS_TEST_TMPDIR/outside" "$system/a.service.d"
	run -125 enable a
	assert_output --partial 'No such file or directory'
	assert_equal "$(ls -A "$BATS_TEST_TMPDIR/outside")" ''
	mkdir -p "$tree$BATS_TEST_TMPDIR/outside"
	run -0 enable a
	assert_equal "$(ls -A "$BATS_TEST_TMPDIR/outside")" ''
	assert_file_exists "$tree$BATS_TEST_TMPDIR/outside/50-dualstack.conf"
	rm "$system/a.service.d"
	ln -s ../../../../../../../../../.. "$system/up"
	ln -s up "$system/a.service.d"
	run -0 enable a
	assert_file_exists "$tree/50-dualstack.conf"
	rm "$system/a.service.d" "$tree/50-dualstack.conf"
	ln -s a.service.d "$system/a.service.d"
	run -125 enable a
	assert_output --partial 'Too many levels of symbolic links'
}

@test "units that are masked, missing or not services" {
	ln -s /dev/null "$system/masked.service"
	run enable masked
	assert_refused 'masked.service: masked by'
	: >"$system/empty.service"
	run enable empty
	assert_refused 'empty.service: masked by'
	ln -s loop.service "$system/loop.service"
	mkdir "$system/directory.service"
	for name in missing loop directory template@x; do
		run enable $name
		assert_refused "$name.service: no such unit"
		run disable $name
		assert_refused "$name.service: no such unit"
	done
	for type in socket timer mount target scope slice path device swap automount; do
		run enable a.$type
		assert_refused "a.$type: a $type unit runs no program, expected a service"
	done
}

@test "a unit that is gone can be disabled" {
	unit a.service
	enable a
	rm "$tree/usr/lib/systemd/system/a.service"
	run -0 disable a
	assert_file_not_exists "$conf"
}

@test "names meant to escape" {
	unit a.service
	long=$(head -c 4096 /dev/zero | tr '\0' a)
	for name in '' . .. / ../a ../../etc/passwd /usr/lib/systemd/system/a.service a/../a a/ $'a\nb' $'a\n' $'\e[31m' \
		'a b' ' a' 'a;b' '$(id)' '%n' 'a*' 'ä' @ @x .service "$long" "$long.service" "a.service/$long" \
		'a.service.d/50-dualstack.conf'; do
		for command in enable disable; do
			run $command "$name"
			assert_failure 125
			assert_equal "${#lines[@]}" 1
			assert_output --regexp '^dualstack-run: '
			[ ${#output} -lt 4400 ]
		done
	done
	for name in -- -x --a --root=x; do
		run enable -- "$name"
		assert_failure 125
		assert_equal "${#lines[@]}" 1
	done
	run files
	assert_output ''
	# At most 255 bytes in all; file systems take no longer ones.
	name=$(head -c 247 /dev/zero | tr '\0' a)
	run enable "$name"
	assert_refused "no such unit"
	run enable "a$name"
	assert_refused "not a unit's name"
}

@test "bad options" {
	unit a.service
	for command in --enable --disable; do
		run "$run" $command --root="$tree"
		assert_refused "$command: no unit"
		for option in --xyzzy -x --user=1 --runtime= --dry-run=yes --roo "--$(head -c 4096 /dev/zero | tr '\0' a)" \
			$'--a\nb'; do
			run "$run" $command --root="$tree" "$option" a
			assert_refused "unknown option"
		done
		run "$run" $command --root="$tree" --json a
		assert_refused "$command: unknown option '--json'"
		run "$run" $command a --root
		assert_refused '--root: no value'
		run "$run" $command --root= a
		assert_refused '--root: no value'
		run "$run" $command --root="$tree/missing" a
		assert_refused 'No such file or directory'
		run "$run" $command --root="$tree/usr/sbin/a" a
		assert_refused 'Not a directory'
		run "$run" $command --root="/$(head -c 5000 /dev/zero | tr '\0' a)" a
		assert_refused 'File name too long'
		run "$run" $command --root="$(head -c 300 /dev/zero | tr '\0' a)" a
		assert_refused 'File name too long'
	done
	cd "$tree/etc"
	run -0 --separate-stderr "$run" --enable --root=.. --dry-run -- a
	assert_line --index 0 "# $conf"
}

@test "a 50-dualstack.conf of somebody else is neither overwritten nor removed" {
	unit a.service
	dropin a.service.d/50-dualstack.conf Environment=LD_PRELOAD=/theirs.so
	theirs=$(cat "$conf")
	for command in enable disable 'enable --dry-run' 'disable --dry-run'; do
		run -125 $command a
		assert_output "dualstack-run: $conf: not written by dualstack-run --enable, left as it is; move it out of the way"
		assert_equal "$(cat "$conf")" "$theirs"
	done
	rm "$conf"
	ln -s /dev/null "$conf"
	run -125 enable a
	run -125 disable a
	assert_link_exists "$conf"
	rm "$conf"
	mkfifo "$conf"
	run -125 enable a
	rm "$conf"
	mkdir "$conf"
	run -125 enable a
}

@test "a directory that can't be written to" {
	need_root
	unit a.service
	mount -t tmpfs -o ro none "$system"
	run "$run" --enable --root="$tree" a
	umount "$system"
	assert_refused 'Read-only file system'
	mount -t tmpfs -o nr_inodes=3 none "$system"
	mkdir "$system/a.service.d"
	: >"$system/b"
	run enable a
	left=$(ls "$system")
	umount "$system"
	assert_failure 125
	assert_output --partial 'No space left on device'
	assert_equal "$left" b
	: >"$system/a.service.d"
	run -125 enable a
	assert_output --partial 'Not a directory'
}

@test "a unit that can't be read" {
	unit a.service
	mkdir -p "$system/a.service.d"
	ln -s loop.conf "$system/a.service.d/loop.conf"
	run -125 enable a
	assert_output --partial 'loop.conf: Too many levels'
	rm "$system/a.service.d/loop.conf"
	ln -s missing "$system/a.service.d/gone.conf"
	mkfifo "$system/a.service.d/fifo.conf"
	run -0 enable a
	truncate -s 17M "$system/a.service.d/large.conf"
	run -125 enable a
	assert_output --partial 'large.conf: File too large'
}

@test "lines of 4 KiB and more, no newline at the end, NUL bytes, CR LF" {
	long=$(head -c 100000 /dev/zero | tr '\0' a)
	unit a.service "Environment=A=$long LD_PRELOAD=/a.so" "X-$long=1" "[$long" "# $long"
	printf '\r\n[Service]\r\nEnvironment=LD_PRELOAD=/b.so\r\n\0\0[Service\n=x\n[]\nEnvironment=LD_PRELOAD=/c.so \\' \
		>>"$tree/usr/lib/systemd/system/a.service"
	enable a
	assert_equal "$(preload)" "LD_PRELOAD=$lib/libdualstack.so:/b.so"
}

@test "AF_INET6 is added where the unit restricts address families" {
	while IFS='|' read -r values expected; do
		rm -rf "$system/a.service.d"
		IFS=';' read -ra set <<<"$values"
		unit a.service "${set[@]/#/RestrictAddressFamilies=}"
		enable a >/dev/null
		assert_equal "$values|$(sed -n 's/^RestrictAddressFamilies=//p' "$conf")" "$values|$expected"
	done <<'END'
AF_INET AF_UNIX|AF_INET6
AF_UNIX AF_INET|AF_INET6
AF_INET AF_INET6|
AF_INET;AF_INET6 AF_UNIX|
AF_INET AF_INET6;~AF_INET6|AF_INET6
AF_INET6;~AF_INET6;AF_INET|AF_INET6
~AF_INET6|AF_INET6
~AF_PACKET AF_INET6|AF_INET6
~AF_PACKET|
~AF_INET6;;~AF_PACKET|
AF_INET; |
none;AF_INET|AF_INET6
END
}

# warns PATTERN LINE...: a service with these lines is enabled all the same, with one line of warning. Without
# a pattern, with none.
warns() {
	local pattern=$1
	shift
	rm -rf "$system/a.service.d/50-dualstack.conf"
	unit a.service "$@"
	run --separate-stderr enable a
	assert_success
	if [ -z "$pattern" ]; then
		assert_equal "$*: $stderr" "$*: "
	else
		assert_equal "${#stderr_lines[@]}" 1
		[[ $stderr == "dualstack-run: a.service: "$pattern ]] || fail "$*: '$stderr' is not like $pattern"
	fi
	assert_file_exists "$conf"
}

@test "warnings: families" {
	warns 'RestrictAddressFamilies=AF_UNIX: forbids AF_INET, *' RestrictAddressFamilies=AF_UNIX
	warns 'RestrictAddressFamilies=none: forbids AF_INET, *' RestrictAddressFamilies=none
	dropin a.service.d/60-strict.conf RestrictAddressFamilies= 'RestrictAddressFamilies=AF_INET'
	warns 'RestrictAddressFamilies=AF_INET: a drop-in read after 50-dualstack.conf forbids AF_INET6*'
}

@test "a drop-in that is read after ours and forbids a family does not make ours a list that permits" {
	unit a.service
	dropin a.service.d/60-strict.conf 'RestrictAddressFamilies=~AF_INET6'
	enable a
	refute grep -q RestrictAddressFamilies "$conf"
	dropin a.service.d/60-strict.conf 'RestrictAddressFamilies=AF_INET AF_UNIX'
	enable a
	assert_equal "$(tail -n 1 "$conf")" RestrictAddressFamilies=AF_INET6
}

@test "warnings: LD_PRELOAD of a later drop-in, and a root without the library" {
	dropin a.service.d/60-x.conf Environment=LD_PRELOAD=/x.so
	warns 'Environment=LD_PRELOAD=/x.so: /etc/systemd/system/a.service.d/60-x.conf is read after *'
	dropin a.service.d/60-x.conf Environment=
	warns 'Environment=: /etc/systemd/system/a.service.d/60-x.conf is read after *'
	rm "$system/a.service.d/60-x.conf"
	rm -r "$tree$lib"
	warns "--root=$tree: has no $lib/libdualstack.so; *"
}

@test "a library where LD_PRELOAD can't name it, one whose name has to be quoted, and none" {
	copy="$BATS_TEST_TMPDIR/with space"
	mkdir "$copy"
	cp "$root"/build/{dualstack-run,dualstack-tool,libdualstack.so} "$copy"
	unit a.service
	run "$copy/dualstack-run" --enable --root="$tree" a
	assert_refused "LD_PRELOAD can't name a path with a space"
	mv "$copy" "$BATS_TEST_TMPDIR/100%\"x"
	copy="$BATS_TEST_TMPDIR/100%\"x"
	run "$copy/dualstack-run" --enable --root="$tree" a
	assert_equal "$(preload)" "\"LD_PRELOAD=$BATS_TEST_TMPDIR/100%%\\\"x/libdualstack.so\""
	run -0 "$copy/dualstack-run" --disable --root="$tree" a
	rm "$copy/libdualstack.so"
	run "$copy/dualstack-run" --enable --root="$tree" a
	assert_refused "libdualstack.so: can't read the library"
}

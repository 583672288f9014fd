# Tests in a systemd of their own (in-systemd). systemd.bash is for what runs there.

# Installs the build where systemd's services may read it, for this file's tests.
install_over() {
	over=$BATS_FILE_TMPDIR/over
	export over
	make -s -C "$root" install DESTDIR="$over" PREFIX=/usr/local
}

# Skips, with a reason, if in-systemd does not work.
need_systemd() {
	need_root
	need ip
	[ -x /lib/systemd/systemd ] || skip 'systemd is not installed'
	[ "$("$root/tests/lib/in-systemd" echo booted 2>&1)" = booted ] ||
		skip 'no systemd can be booted here: it needs overlayfs and cgroups version 2'
}

# inside FUNCTION...: runs the last function in a booted systemd; it calls the others.
inside() {
	"$root/tests/lib/in-systemd" --over "$over" bash -c \
		"root=$(printf %q "$root"); . \"\$root/tests/lib/systemd.bash\"; $(declare -f "$@"); ${!#}"
}

# FTP clients that know IPv4 only, by their option: data connections go where the control connection went.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names

setup() {
	need curl
	need wget
	need ncftpget
	need vsftpd
	hosts_up
	names_up
}
teardown() { hosts_down; }

# A server that knows both families.
serves() {
	mkdir -p "$BATS_TEST_TMPDIR/ftp" "$BATS_TEST_TMPDIR/empty"
	echo 'what is in the file' >"$BATS_TEST_TMPDIR/ftp/file"
	chmod 755 "$BATS_TEST_TMPDIR/ftp"
	printf '%s\n' listen_ipv6=YES anonymous_enable=YES anon_root="$BATS_TEST_TMPDIR/ftp" background=NO listen_port=2121 \
		secure_chroot_dir="$BATS_TEST_TMPDIR/empty" seccomp_sandbox=NO connect_from_port_20=NO >"$BATS_TEST_TMPDIR/conf"
	start vsftpd vsftpd "$BATS_TEST_TMPDIR/conf"
	wait_port 2121
}

fetched() {
	run -0 on_client "$@"
	assert_output --partial 'what is in the file'
}

by_curl() {
	fetched "$run" -- curl -4 -s --max-time 20 "ftp://$1:2121/file"
	fetched "$run" -- curl -4 -s --max-time 20 --disable-epsv "ftp://$1:2121/file"
}

@test "a server with IPv4 and IPv6" {
	serves
	by_curl both.example
	fetched "$run" -- curl -4 -s --max-time 20 --ftp-port - "ftp://both.example:2121/file"
	fetched "$run" -- wget -4 -q -T 20 -t 1 -O - "ftp://both.example:2121/file"
	fetched "$run" -- ncftpget -c -t 20 "ftp://both.example:2121/file"
}

@test "a server with IPv6 alone: EPSV works, what carries addresses does not" {
	serves
	on_server nft 'add table ip lost; add chain ip lost in { type filter hook input priority 0; }
		add rule ip lost in tcp dport != 53 reject with tcp reset'
	by_curl six.example
	by_curl both.example
	# The client's address, a synthetic one, goes to the server (PORT, EPRT), or one of the server's comes (PASV).
	run -30 on_client "$run" -- curl -4 -s --max-time 20 --ftp-port - ftp://six.example:2121/file
	run -4 on_client "$run" -- wget -4 -q -T 20 -t 1 -O - ftp://six.example:2121/file
}

# bats file_tags=beside
# FTP servers that know IPv4 only: data connections of clients over IPv6 and over IPv4.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	need python3
	hosts_up
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	ftp=$BATS_TEST_TMPDIR/ftp
	mkdir -p "$ftp" "$BATS_TEST_TMPDIR/empty"
	echo 'what is in the file' >"$ftp/file"
	chmod 755 "$ftp"
}
teardown() { hosts_down; }

vsftpd_up() {
	need vsftpd
	printf '%s\n' listen=YES listen_ipv6=NO anonymous_enable=YES anon_root="$ftp" background=NO listen_port=2121 \
		secure_chroot_dir="$BATS_TEST_TMPDIR/empty" seccomp_sandbox=NO connect_from_port_20=NO >"$BATS_TEST_TMPDIR/conf"
	start vsftpd "$run" "$@" -- vsftpd "$BATS_TEST_TMPDIR/conf"
	wait_port 2121
}

# proftpd_up IPV6 LIMIT [OPTION...]: UseIPv6 on or off, and who may log in. mod_xfer is built in, or a module (Debian 13).
proftpd_up() {
	unpacked /usr/sbin/proftpd
	local modules=${unpacked%/sbin/*}/lib/proftpd
	cat >"$BATS_TEST_TMPDIR/conf" <<-END
		ModulePath $modules
		$([ ! -e "$modules/mod_xfer.so" ] || echo LoadModule mod_xfer.c)
		UseIPv6 $1
		DefaultAddress 0.0.0.0
		Port 2121
		PidFile $BATS_TEST_TMPDIR/pid
		ScoreboardFile none
		SystemLog none
		WtmpLog off
		UseReverseDNS off
		UseFtpUsers off
		<IfModule mod_delay.c>
			DelayEngine off
		</IfModule>
		RequireValidShell off
		AuthUserFile $BATS_TEST_TMPDIR/users
		User nobody
		Group nogroup
		<Anonymous $ftp>
			User nobody
			Group nogroup
			UserAlias anonymous nobody
			<Limit LOGIN>
				$2
			</Limit>
		</Anonymous>
	END
	install -m 600 /dev/null "$BATS_TEST_TMPDIR/users"
	start proftpd "$run" "${@:3}" -- "$unpacked" -n -c "$BATS_TEST_TMPDIR/conf"
	wait_port 2121
}

# fetches HOST LINE...: what comes of each way.
fetches() {
	run -0 on_client python3 "$root/tests/lib/ftp.py" "$1" "${@:3}"
	assert_output "$2"
}
all=$'EPSV what is in the file\nPASV what is in the file\nEPRT what is in the file'

# Of an address of another family a server that knows IPv4 only wants to know nothing.
both_families() {
	fetches $server6 "${all/EPRT*/EPRT $1}" EPSV PASV EPRT
	fetches $server4 "$all"$'\nPORT what is in the file' EPSV PASV EPRT PORT
}

@test "vsftpd: EPSV, PASV, PORT, EPRT; EPRT of an IPv6 address with peer = real" {
	vsftpd_up
	both_families '500 Bad EPRT protocol.'
	stop "$started"
	DUALSTACK_PEER=real vsftpd_up
	both_families 'what is in the file'
}

@test "ProFTPD: EPSV, PASV, PORT, EPRT" {
	proftpd_up off 'AllowAll'
	both_families '522 Network protocol not supported, use (1)'
	stop "$started"
	# Then its socket is an IPv6 one at ::ffff:0.0.0.0, and IPv6 peers are what they are.
	proftpd_up on 'AllowAll'
	fetches $server6 $'EPSV what is in the file\nEPRT what is in the file' EPSV EPRT
	fetches $server4 "$all" EPSV PASV EPRT
}

# What both call by the same number can be told to the other.
@test "a client and a server with the same key: PASV, PORT and EPRT over IPv6" {
	need curl
	need wget
	export DUALSTACK_KEY=0123456789abcdef0123456789abcdef
	mkdir -p "/etc/netns/$client"
	echo "$server6 six.example" >"/etc/netns/$client/hosts"
	for of in vsftpd_up 'proftpd_up off AllowAll'; do
		$of
		for with in wget\ -4\ -{,-no-passive-ftp\ -}qO-\ -T9\ -t1 'curl -4 -sv -m 9 --ftp-port -'; do
			run -0 --separate-stderr on_client "$run" --text=ipv4 -- $with ftp://six.example:2121/file
			assert_output 'what is in the file'
			[[ $with != curl* ]] || assert_regex "$stderr" 'EPRT \|1\|2[45]'
		done
		stop "$started"
	done
}

@test "ProFTPD, Allow and Deny" {
	compared ProFTPD 'Allow, Deny' synthetic
	for list in 240.0.0.0/4 192.0.2.0/24; do
		proftpd_up off "Allow from $list
				DenyAll"
		run on_client python3 "$root/tests/lib/ftp.py" $server6 EPSV
		stop "$started"
		case $list in 240*) assert_output 'EPSV what is in the file' ;; *) assert_output --partial '530 Login incorrect.' ;; esac
	done
}

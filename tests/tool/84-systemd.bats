# Services of a real systemd, booted in namespaces over an overlay of this machine: Debian's unmodified units,
# enabled, reached over both families, disabled, and reached over IPv4 only.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/inside

setup_file() { install_over; }
setup() { need_systemd; }

imap() {
	case $1 in *:*) set -- "[$1]" ;; esac
	$at curl -s --max-time 10 --login-options AUTH=PLAIN -u reader:secret \
		"imap://$1:143/INBOX;MAILINDEX=1" | grep 'both families'
}

# Debian's daemon with a mailbox of ours, listening on $1, where the unit starts it.
dovecot_up() {
	BATS_RUN_TMPDIR=/srv/run BATS_TEST_TMPDIR=/srv/run/test
	mkdir -p $BATS_TEST_TMPDIR
	. "$root/tests/lib/dovecot.bash"
	dovecot_config "$1" 143
	cp $BATS_TEST_TMPDIR/dovecot/dovecot.conf /etc/dovecot/dovecot.conf
}

dovecot_story() {
	dovecot_up '*'
	client_up

	quietly systemctl start dovecot
	dualstack-run --enable dovecot
	dualstack-run --enable dovecot.service
	dualstack-run --status dovecot 2>&1 | sed -n '/^Not/s/\[[0-9]*\]//gp'
	quietly systemctl restart dovecot
	systemctl show dovecot -p ProtectSystem -p PrivateTmp -p PrivateDevices -p NonBlocking -p DropInPaths | sort
	reached imap
	before=$(systemctl show dovecot -p MainPID)
	quietly systemctl reload dovecot
	wait_until grep 'SIGHUP received' $BATS_TEST_TMPDIR/dovecot/log
	reached imap
	[ "$(systemctl show dovecot -p MainPID)" = "$before" ] || echo 'another process'
	dualstack-run --status dovecot | sed -n '/:143/s/ \+/ /gp' | cut -d ' ' -f 3-6
	dualstack-run --status dovecot.service --json | jq -c '[.widened, (.sockets | map(select(.port == 143)) | .[0].state)]'

	dualstack-run --disable dovecot
	ls /etc/systemd/system/dovecot.service.d 2>&1
	quietly systemctl restart dovecot
	reached imap
	quietly systemctl stop dovecot
	grep -oE '(Login|Logged in):.* rip=[^,]*' $BATS_TEST_TMPDIR/dovecot/log | sed 's/.* //' | sort -u
}

@test "dovecot.service: enabled, reached over both families, reloaded, disabled, IPv4 only" {
	need dovecot
	run inside imap dovecot_up dovecot_story
	assert_success
	assert_output - <<'END'
dovecot.service: enabled by /etc/systemd/system/dovecot.service.d/50-dualstack.conf
It takes effect with: systemctl restart dovecot.service
dovecot.service: already enabled by /etc/systemd/system/dovecot.service.d/50-dualstack.conf
Not loaded where it is needed (dualstack(7), SYMPTOMS): dovecot
DropInPaths=/etc/systemd/system/dovecot.service.d/50-dualstack.conf
NonBlocking=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectSystem=full
reached: 127.0.0.1 yes ::1 yes 192.0.2.1 yes 2001:db8:1::1 yes
reached: 127.0.0.1 yes ::1 yes 192.0.2.1 yes 2001:db8:1::1 yes
[::]:143 dual-stack 0 0
[1,"dual_stack"]
dovecot.service: disabled, /etc/systemd/system/dovecot.service.d/50-dualstack.conf is removed
It takes effect with: systemctl restart dovecot.service
ls: cannot access '/etc/systemd/system/dovecot.service.d': No such file or directory
reached: 127.0.0.1 yes ::1 no 192.0.2.1 yes 2001:db8:1::1 no
rip=127.0.0.1
rip=192.0.2.2
rip=2001:db8:1::2
END
}

# The example of dualstack-run(1), as it is there.
example_story() {
	dovecot_up '*'
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/{/^\.Bd/,/^\.Ed/{/^\./!p}}' "$root/man/dualstack-run.1" >/srv/example
	grep -c . /srv/example
	sh -e /srv/example
}

@test "dualstack-run(1): the example with dovecot.service" {
	need dovecot
	run inside dovecot_up example_story
	assert_success
	assert_line --index 0 3
	assert_line --regexp '^dovecot\[.* tcp +\[::\]:143 +dual-stack'
}

# Logs in, and is welcomed. It quits as a client does: bip 0.9.3 ends itself when one goes away while it is being
# written to. (ngircd would take a second to answer that.)
to_bip() {
	UNTIL='End of MOTD' THEN=QUIT $at "$programs/ask" "$1/7778" "PASS ${user:-u}:secret:c" 'NICK reader' \
		'USER reader 0 * :reader' | grep ' 001 .*:Welcome'
}
to_ngircd() {
	UNTIL='End of MOTD' $at "$programs/ask" "$1/6667" "NICK r$RANDOM" 'USER reader 0 * :reader' |
		grep ' 001 .*:Welcome'
}

ngircd_up() {
	mkdir -p /srv/run/test
	BATS_RUN_TMPDIR=/srv/run BATS_TEST_TMPDIR=/srv/run/test
	. "$root/tests/lib/irc.bash"
	ngircd_config "$1" 6667
	sed -i 's/^Server[UG]ID.*//' /srv/run/test/ngircd.conf
	printf '[Limits]\nMaxConnectionsIP = 0\n' | cat /srv/run/test/ngircd.conf - >/etc/ngircd/ngircd.conf
}

bip_story() {
	ngircd_up 127.0.0.1
	quietly systemctl start ngircd
	bip_config 7778
	sed -i 's,^pid_file.*,pid_file = "/run/bip/bip.pid";,' /srv/run/test/bip/bip.conf
	cp /srv/run/test/bip/bip.conf /etc/bip/bip.conf
	chown -R bip:bip /srv/run/test/bip /etc/bip
	# bip forks twice, and its unit leaves it to systemd to guess which process it is: often one that is about
	# to exit, and the service is taken for stopped. So without the library, too.
	mkdir /etc/systemd/system/bip.service.d
	printf '[Service]\nPIDFile=/run/bip/bip.pid\n' >/etc/systemd/system/bip.service.d/pid.conf
	client_up

	dualstack-run --enable bip
	quietly systemctl start bip
	wait_until to_bip 127.0.0.1
	reached to_bip
	# bip says nothing of it, but has another user then.
	sed -n '/^user/,$p' /etc/bip/bip.conf | sed 's/"u"/"v"/; s/reader/writer/' >/srv/user
	cat /srv/user >>/etc/bip/bip.conf
	user=v
	quietly systemctl reload bip
	wait_until to_bip 127.0.0.1
	reached to_bip

	dualstack-run --disable bip
	quietly systemctl restart bip
	wait_until to_bip 127.0.0.1
	reached to_bip
}

@test "bip.service: enabled, reached over both families, reloaded, disabled, IPv4 only" {
	need bip
	need ngircd
	run inside to_bip ngircd_up bip_story
	assert_success
	assert_output - <<'END'
bip.service: enabled by /etc/systemd/system/bip.service.d/50-dualstack.conf
It takes effect with: systemctl restart bip.service
reached: 127.0.0.1 yes ::1 yes 192.0.2.1 yes 2001:db8:1::1 yes
reached: 127.0.0.1 yes ::1 yes 192.0.2.1 yes 2001:db8:1::1 yes
bip.service: disabled, /etc/systemd/system/bip.service.d/50-dualstack.conf is removed
It takes effect with: systemctl restart bip.service
reached: 127.0.0.1 yes ::1 no 192.0.2.1 yes 2001:db8:1::1 no
END
}

ngircd_story() {
	ngircd_up 0.0.0.0
	client_up
	mkdir /etc/systemd/system/ngircd.service.d
	printf '[Service]\nRestrictAddressFamilies=AF_INET AF_UNIX\n' >/etc/systemd/system/ngircd.service.d/harden.conf

	dualstack-run --enable ngircd
	quietly systemctl start ngircd
	wait_until to_ngircd 127.0.0.1
	systemctl show ngircd -p RestrictAddressFamilies
	reached to_ngircd
	quietly systemctl reload ngircd
	# It binds its listeners anew.
	wait_until eval "journalctl -u ngircd -o cat | grep 'Re-reading of configuration done'"
	wait_until to_ngircd 127.0.0.1
	reached to_ngircd

	echo 'as restricted as before:'
	sed -i /AF_INET6/d /etc/systemd/system/ngircd.service.d/50-dualstack.conf
	systemctl daemon-reload
	quietly systemctl restart ngircd
	wait_until to_ngircd 127.0.0.1
	reached to_ngircd

	dualstack-run --disable ngircd
	ls /etc/systemd/system/ngircd.service.d
	quietly systemctl restart ngircd
	wait_until to_ngircd 127.0.0.1
	reached to_ngircd
}

@test "ngircd.service with RestrictAddressFamilies=AF_INET AF_UNIX" {
	need_filters
	need ngircd
	run inside to_ngircd ngircd_up ngircd_story
	assert_success
	assert_output - <<'END'
ngircd.service: enabled by /etc/systemd/system/ngircd.service.d/50-dualstack.conf
It takes effect with: systemctl restart ngircd.service
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
reached: 127.0.0.1 yes ::1 yes 192.0.2.1 yes 2001:db8:1::1 yes
reached: 127.0.0.1 yes ::1 yes 192.0.2.1 yes 2001:db8:1::1 yes
as restricted as before:
reached: 127.0.0.1 yes ::1 no 192.0.2.1 yes 2001:db8:1::1 no
ngircd.service: disabled, /etc/systemd/system/ngircd.service.d/50-dualstack.conf is removed
It takes effect with: systemctl restart ngircd.service
harden.conf
reached: 127.0.0.1 yes ::1 no 192.0.2.1 yes 2001:db8:1::1 no
END
}

# seen LISTEN: what a service that systemd gives a listener at LISTEN says to who comes from where.
seen() {
	printf '[Socket]\nListenStream=%s\nBindIPv6Only=both\n' "$1" >/etc/systemd/system/told.socket
	systemctl daemon-reload
	quietly systemctl stop told.service told.socket
	quietly systemctl start told.socket
	for address in 127.0.0.1 ::1; do echo "$address: $("$programs/ask" $address/7000)"; done
	for address in 192.0.2.1 2001:db8:1::1; do
		echo "$address: $(ip netns exec client "$programs/ask" $address/7000)"
	done
	tr '\0' '\n' <"/proc/$(systemctl show --value told.service -p MainPID)/environ" | grep ^LD_PRELOAD
}

activated_story() {
	client_up
	printf '[Service]\nExecStart=/usr/bin/python3 %s/tests/lib/activated.py\n' "$root" \
		>/etc/systemd/system/told.service
	without=$(seen 0.0.0.0:7000; seen '[::]:7000')
	quietly dualstack-run --enable told
	with=$(seen 0.0.0.0:7000; seen '[::]:7000')
	[ "$(grep -v LD_PRELOAD <<<"$with")" = "$without" ] || echo "without the library: $without"
	echo "$with"
}

@test "socket activation: an AF_INET and a dual-stack AF_INET6 listener are what they are without the library" {
	need python3
	run inside seen activated_story
	assert_success
	assert_output - <<'END'
127.0.0.1: AF_INET sees 127.0.0.1
::1: ECONNREFUSED
192.0.2.1: AF_INET sees 192.0.2.2
2001:db8:1::1: ECONNREFUSED
LD_PRELOAD=/usr/local/lib/dualstack/$LIB/libdualstack.so
127.0.0.1: AF_INET6 sees ::ffff:127.0.0.1
::1: AF_INET6 sees ::1
192.0.2.1: AF_INET6 sees ::ffff:192.0.2.2
2001:db8:1::1: AF_INET6 sees 2001:db8:1::2
LD_PRELOAD=/usr/local/lib/dualstack/$LIB/libdualstack.so
END
}

synthetic_story() {
	client_up
	printf '[Service]\nEnvironment=DUALSTACK_PEER=synthetic\nExecStart=/usr/bin/python3 %s/tests/lib/activated.py\n' "$root" \
		>/etc/systemd/system/told.service
	quietly dualstack-run --enable told
	seen '[::]:7000' | sed 's/sees 2[45][0-9][.].*/sees a synthetic address/'
}

@test "socket activation: an AF_INET program is shown a dual-stack listener as AF_INET, where its unit asks for it" {
	need python3
	run inside seen synthetic_story
	assert_success
	assert_output - <<'END'
127.0.0.1: AF_INET sees 127.0.0.1
::1: AF_INET sees 127.0.0.1
192.0.2.1: AF_INET sees 192.0.2.2
2001:db8:1::1: AF_INET sees a synthetic address
LD_PRELOAD=/usr/local/lib/dualstack/$LIB/libdualstack.so
END
}

dovecot_socket_story() {
	dovecot_up '*, ::'
	client_up
	quietly systemctl enable dovecot.socket
	dualstack-run --enable dovecot
	quietly systemctl start dovecot.socket
	reached imap
	systemctl is-active dovecot.service
}

@test "dovecot.socket, which brings a listener for each family" {
	need dovecot
	run inside imap dovecot_up dovecot_socket_story
	assert_success
	assert_output - <<'END'
dovecot.service: enabled by /etc/systemd/system/dovecot.service.d/50-dualstack.conf
It takes effect with: systemctl restart dovecot.service
reached: 127.0.0.1 yes ::1 yes 192.0.2.1 yes 2001:db8:1::1 yes
active
END
}

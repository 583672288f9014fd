# shellcheck shell=bash
# A Postfix of the test's own, on ports 2525 (smtpd) and 2526 (postscreen), which knows IPv4 only and discards what it gets.

# postfix_config CHROOT IMPORTED: CHROOT is y or n, as in master.cf; IMPORTED are variables that it lets through.
postfix_config() {
	postfix=$BATS_TEST_TMPDIR/postfix
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	mkdir -p "$postfix"/etc/{postfix-files.d,dynamicmaps.cf.d} "$postfix/spool" "$postfix/data"
	chown postfix "$postfix/data"
	cp /etc/postfix/postfix-files /etc/postfix/dynamicmaps.cf "$postfix/etc"
	cat >"$postfix/etc/main.cf" <<-END
		compatibility_level = 3.6
		queue_directory = $postfix/spool
		data_directory = $postfix/data
		command_directory = /usr/sbin
		daemon_directory = /usr/lib/postfix/sbin
		inet_protocols = ipv4
		inet_interfaces = all
		myhostname = server.example
		mydestination = server.example
		mynetworks = 127.0.0.0/8
		local_recipient_maps =
		local_transport = discard
		smtpd_peername_lookup = no
		postscreen_greet_wait = 1s
		smtpd_forbid_unauth_pipelining = no
		maillog_file = $postfix/log
		maillog_file_prefixes = $postfix
		import_environment = $(postconf -hd import_environment) $2
	END
	cat >"$postfix/etc/master.cf" <<-END
		2525 inet n - $1 - - smtpd
		2526 inet n - $1 - 1 postscreen
		smtpd pass - - $1 - - smtpd
		cleanup unix n - $1 - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		rewrite unix - - $1 - - trivial-rewrite
		bounce unix - - $1 - 0 bounce
		defer unix - - $1 - 0 bounce
		discard unix - - $1 - - discard
		anvil unix - - $1 - 1 anvil
		postlog unix-dgram n - n - 1 postlogd
	END
}

postfix_up() {
	start postfix "$@" postfix -c "$postfix/etc" start-fg
	wait_port 2525
	wait_port 2526
}

postfix_down() {
	kill "$(tr -d ' ' <"$postfix/spool/pid/master.pid")"
	wait_until eval '! listening 2525'
	wait "$started" 2>/dev/null || true
}

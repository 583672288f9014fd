# Unmodified dovecot: an IMAP login and a FETCH pass through its login, auth and mail processes, which have
# their own chroots and users, in environments that its master has cleaned.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/dovecot

setup() {
	need dovecot
	need /usr/lib/dovecot/imap
	need curl
	hosts_up
}
teardown() { hosts_down; }

# start_dovecot PREFIX...: in the foreground, under PREFIX.
start_dovecot() {
	start dovecot "$@" dovecot -F -c "$BATS_TEST_TMPDIR/dovecot/dovecot.conf"
}

assert_fetched() {
	run -0 fetch "$@"
	assert_output --partial 'Subject: both families'
	assert_output --partial 'body of the mail'
}

assert_logged_in_from() {
	wait_until grep -q "\(Login\|Logged in\): user=<reader>.* rip=$1," "$BATS_TEST_TMPDIR/dovecot/log" ||
		fail "$(dovecot_log)"
}

@test "listen = *: IMAP over IPv4, ::1 and a global IPv6 address, logged with the real one" {
	dovecot_config '*' 1143
	start_dovecot "$run" --
	wait_port 1143

	assert_fetched "$server" 127.0.0.1 1143
	assert_fetched "$server" '[::1]' 1143
	assert_fetched "$client" $server4 1143
	assert_fetched "$client" "[$server6]" 1143

	assert_logged_in_from 127.0.0.1
	assert_logged_in_from 192.0.2.2
	assert_logged_in_from $client6
	refute grep -q 'rip=24[0-9]\.' "$BATS_TEST_TMPDIR/dovecot/log"
	stop "$started"
}

@test "listen = *, without the shim: IPv4 alone" {
	dovecot_config '*' 1143
	start_dovecot
	wait_port 1143
	assert_fetched "$client" $server4 1143
	run -7 fetch "$client" "[$server6]" 1143
	assert_ipv4_only 1143
	stop "$started"
}

# Its sockets, one for each family, are the same as without the shim.
both_families() {
	local prefix=$1 sockets
	dovecot_config "$2" 1143
	# shellcheck disable=SC2086 # nothing, or the launcher
	start_dovecot $prefix
	wait_port 1143
	assert_fetched "$client" $server4 1143
	assert_fetched "$client" "[$server6]" 1143
	assert_fetched "$server" '[::1]' 1143
	assert_logged_in_from 192.0.2.2
	assert_logged_in_from $client6
	sockets=$(on_server ss -Hltne 'sport = :1143' | sed 's/.*\(0.0.0.0:1143\|\[::\]:1143\|\*:1143\).*\(v6only:[01]\)*/\1 \2/' | sort)
	stop "$started"
	assert_equal "$(echo "$sockets" | awk '{print $1}' | tr '\n' ' ')" '0.0.0.0:1143 [::]:1143 '
}

@test "listen = *, ::" { both_families "$run" '*, ::'; }
@test "listen = *, :: without the shim" { both_families '' '*, ::'; }
@test "listen = ::, *" { both_families "$run" '::, *'; }
@test "listen = ::, * without the shim" { both_families '' '::, *'; }

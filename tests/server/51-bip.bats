# Unmodified bip, with ip = "0.0.0.0": an IRC client logs in over each family, and reaches a real IRC server
# through it.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/irc

setup() {
	need bip
	need ngircd
	hosts_up
	ngircd_config 127.0.0.1 6667
	start ngircd ngircd -n -f "$BATS_TEST_TMPDIR/ngircd.conf"
	wait_port 6667
	bip_config 7778
}
teardown() { hosts_down; }

# bip greets a client with the server's words, once it is connected there.
start_bip() {
	start bip "$@" bip -n -f "$BATS_TEST_TMPDIR/bip/bip.conf" -s "$BATS_TEST_TMPDIR/bip"
	wait_port 7778
	wait_until grep -q 'Connected for user' "$BATS_TEST_TMPDIR/bip.log"
}

assert_welcome() {
	# It sends QUIT: bip 0.9.3 crashes if a client goes away while it is being written to.
	UNTIL='End of MOTD' THEN=QUIT run -0 ip netns exec "$1" "$programs/ask" "$2/7778" 'PASS u:secret:c' 'NICK reader' \
		'USER reader 0 * :reader'
	assert_output --partial ':irc.example.net 001 reader :Welcome'
}

@test "an IRC client logs in to bip over IPv4, ::1 and a global IPv6 address" {
	start_bip "$run" --log=debug --
	assert_welcome "$server" 127.0.0.1
	assert_welcome "$server" ::1
	assert_welcome "$client" $server4
	assert_welcome "$client" $server6
	assert_equal "$(grep -c 'A client connected' "$BATS_TEST_TMPDIR/bip.log")" 4
	run -0 log_of bip
	assert_output --partial "accepted from [$client6]"
}

@test "without the shim: IPv4 alone" {
	start_bip
	assert_welcome "$client" $server4
	assert_ipv4_only 7778
}

# WeeChat to bip to an IRC server, and mutt to dovecot, all configured for IPv4 only. They talk over links with
# IPv6 only, and then, without a restart or a changed configuration, over links with IPv4 only. The hosts are
# demo/lib's.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/irc
load ../lib/dovecot
load ../../demo/lib/hosts
load ../../demo/lib/mail-and-chat

setup() {
	local program
	need_root
	for program in ip nft ss dnsmasq dovecot ngircd bip weechat-headless mutt; do need $program; done
	need_terminal
	dir=$BATS_TEST_TMPDIR/files
	mkdir "$dir"
	links_up
}
teardown() { links_down; }

# assert_wire FAMILY OTHER: all three connections had packets of FAMILY, and none of OTHER.
assert_wire() {
	local port
	for port in 7778 6667 143; do
		[ "$(packets "$1" $port)" -ge 3 ] || fail "port $port: $(packets "$1" $port) packets over $1"
		assert_equal "$port $2 $(packets "$2" $port)" "$port $2 0"
	done
	assert_equal "$(connections "$bouncer" 7778)" "$1"
}

# talk NUMBER: sends a message there and back, and a mail.
talk() {
	types weechat "typed $1"
	until_true has_read friend "typed $1"
	types friend "answered $1"
	until_true has_read weechat "answered $1"
	mail "mail$1"
	assert_file_contains "$dir/mail$1" '^body of the mail'
}

@test "over IPv6-only links, and then over IPv4-only ones: messages and mail arrive, and the other family is not used" {
	links_have IPv6
	run -2 ip -n "$user" -4 route get 192.0.2.34
	wire_watched
	servers_up
	friend_up
	weechat_up
	until_true has_read weechat 'has joined'
	talk 1
	assert_wire IPv6 IPv4
	assert_equal "$(connections "$server" 6667)" IPv6
	assert_file_contains "$dir/friend/logs/irc.net.#lounge.weechatlog" '@fd00:db8:3::1) has joined'
	assert_file_contains "$(dirname "$dir")/dovecot/log" 'rip=fd00:db8:2::1,'

	sums=$(cat "$BATS_TEST_TMPDIR"/{ngircd.conf,bip/bip.conf,dovecot/dovecot.conf} "$dir/weechat/irc.conf" | cksum)
	links_have IPv4
	run -2 ip -n "$user" -6 route get fd00:db8:2::2
	wire_watched
	# WeeChat sees that its connection is dead.
	types weechat 'anybody there?'
	until_true bip_is_back
	talk 2
	assert_wire IPv4 IPv6
	assert_file_contains "$(dirname "$dir")/dovecot/log" 'rip=192.0.2.33,'
	for pid in $services; do kill -0 $pid; done
	assert_equal "$sums" \
		"$(cat "$BATS_TEST_TMPDIR"/{ngircd.conf,bip/bip.conf,dovecot/dovecot.conf} "$dir/weechat/irc.conf" | cksum)"
}

@test "without the library nothing of it works over IPv6-only links" {
	run=env
	links_have IPv6
	wire_watched
	servers_up
	weechat_up
	until_true grep -q 'not found\|refused' "$dir/weechat/logs/irc.server.net.weechatlog"
	until_true grep -q 'Cannot connect\|getaddrinfo\|Connection refused' "$dir/bip.log"
	mail mail 3>&- &
	until_true grep -q 'Could not connect to mail.example (Network is unreachable)' "$dir/mutt.log"
	assert_not_exists "$dir/mail"
	for port in 7778 6667 143; do
		assert_equal "$(packets IPv4 $port) $(connections "$bouncer" $port)" '0 '
		assert_equal "$(connections "$server" $port)" ''
	done
}

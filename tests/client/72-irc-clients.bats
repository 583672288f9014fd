# Unmodified WeeChat and bip are clients of a real IRC server, whose name has several addresses.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names
load ../lib/irc

setup() {
	need ngircd
	hosts_up
	names_up
	drop_in6 $dead6
	drop_in $mute4
	ngircd_config "$server4,$server6" 6667
	start ngircd ngircd -n -f "$BATS_TEST_TMPDIR/ngircd.conf"
	wait_until eval '[ "$(on_server ss -Hltn "sport = :6667" | wc -l)" = 2 ]'
}
teardown() { hosts_down; }

# The families of the server's connections on port 6667.
families() {
	on_server ss -Htn state established 'sport = :6667' |
		awk '{ print $3 ~ /^\[2001/ ? "IPv6" : "IPv4" }' | sort -u | tr '\n' ' '
}

# weechat IPV6 NAME [dualstack-run...]: connects in the background; sets $weechat to its pid.
weechat() {
	local ipv6=$1 name=$2 dir=$BATS_TEST_TMPDIR/weechat.$BATS_TEST_NUMBER.$RANDOM
	shift 2
	ip netns exec "$client" "$@" weechat-headless -d "$dir" --stdout -r '/set irc.server_default.autoreconnect off' \
		-r "/server add x $name.example/6667 -notls" -r '/set irc.server.x.nicks tester' \
		-r "/set irc.server.x.ipv6 $ipv6" -r "/set irc.server.x.ipv6 $(weechat_46 "$ipv6")" \
		-r "/set logger.file.auto_log on" -r "/set logger.file.flush_delay 0" \
		-r '/connect x' >"$dir.out" 2>&1 </dev/null 3>&- &
	weechat=$!
	log=$dir/logs/irc.server.x.weechatlog
}

over() {
	local family=$1
	shift
	weechat "$@" "$run" --
	wait_until grep -q hello "$log"
	assert_equal "$(families)" "$family "
	stop $weechat
	wait_until eval '[ -z "$(families)" ]'
}

# If nobody is there, or it can use no address, it says so in its own words.
says() {
	local words=$1
	shift
	weechat "$@"
	wait_until grep -qE "$words" "$log"
	stop $weechat
}

@test "WeeChat with ipv6 = off" {
	need weechat-headless
	says 'not found|refused|error' off six
	says 'refused' off only6
	over IPv6 off six
	over IPv6 off only6
	over IPv4 off only4
	over IPv4 off dead
	over IPv4 off four
	# Its own IPv4 address is first, unless the administrator prefers IPv6.
	over IPv4 off both
	over IPv6 off mute
	DUALSTACK_PREFER=ipv6 over IPv6 off both
	says 'refused' off nobody
	says 'refused' off nobody "$run" --
}

@test "WeeChat with ipv6 = on: it falls back to IPv4" {
	need weechat-headless
	over IPv6 on six
	over IPv6 on only6
	over IPv4 on only4
	over IPv4 on dead
	over IPv4 on four
	over IPv6 on both
	says 'refused' on nobody
	says 'refused' on nobody "$run" --
	# Natively it waits for the IPv6 address until it or the user gives up.
	weechat on dead
	wait_until eval 'on_client ss -Htno state syn-sent | grep "$dead6" | grep -q "timer:(on,[^,]*,1)"'
	assert_equal "$(families)" ''
	stop $weechat
}

# start_bip NAME [dualstack-run...]: in the background; sets $bip to its pid.
start_bip() {
	local name=$1
	shift
	: >"$BATS_TEST_TMPDIR/bip.log"
	sed -i "s/host = \"[^\"]*\"/host = \"$name.example\"/" "$BATS_TEST_TMPDIR/bip/bip.conf"
	ip netns exec "$client" "$@" bip -n -f "$BATS_TEST_TMPDIR/bip/bip.conf" -s "$BATS_TEST_TMPDIR/bip" \
		>"$BATS_TEST_TMPDIR/bip.log" 2>&1 </dev/null 3>&- &
	bip=$!
}

# Both sides of bip: a client over IPv6, and the server by name.
bip_by_name() {
	start_bip "$1" "$run" --log=info --
	wait_until grep -q 'Connected for user' "$BATS_TEST_TMPDIR/bip.log"
	assert_equal "$(families)" "$2 "
	UNTIL='End of MOTD' THEN=QUIT run -0 ip netns exec "$client" "$programs/ask" "$3/7778" 'PASS u:secret:c' 'NICK reader' \
		'USER reader 0 * :reader'
	assert_output --partial ':irc.example.net 001 reader :Welcome'
	stop $bip
	wait_until eval '[ -z "$(families)" ]'
}

@test "bip, for a client that is connected to it over IPv6" {
	need bip
	bip_config 7778
	bip_by_name six IPv6 ::1
	bip_by_name only6 IPv6 $client6
	bip_by_name only4 IPv4 $client6
	bip_by_name dead IPv4 $client6
	bip_by_name four IPv4 $client6
}

@test "bip, nobody there: its own words, with the shim and without" {
	need bip
	bip_config 7778
	for with in env "$run"; do
		start_bip nobody $with
		wait_until grep -q 'Connection refused' "$BATS_TEST_TMPDIR/bip.log"
		stop $bip
	done
	# Natively it does not get beyond an IPv6 address that does not answer.
	start_bip dead
	wait_until eval 'on_client ss -Htno state syn-sent | grep "$dead6" | grep -q "timer:(on,[^,]*,1)"'
	assert_equal "$(families)" ''
	stop $bip
}

# bats file_tags=beside
# Reverse names of IPv6 peers, as servers verify them: a name that leads back to the peer is its name, and no other is.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/exim
load ../lib/postfix

# What a DNS server says of the client's addresses: this name has both families,
named6=$client6
# this one IPv6 alone,
only6=2001:db8:1::6
# these claim the name of the first, and this one has none.
liar4=192.0.2.66
liar6=2001:db8:1::66
nobody6=2001:db8:1::99
peers=(192.0.2.2 $named6 $only6 $liar4 $liar6 $nobody6)

setup() {
	need dnsmasq
	need python3
	hosts_up
	ip -n "$client" addr add $liar4/24 dev veth0
	for address in $only6 $liar6 $nobody6; do ip -n "$client" addr add $address/64 dev veth0 nodad; done
	mkdir -p "/etc/netns/$server"
	echo 'nameserver 127.0.0.1' >"/etc/netns/$server/resolv.conf"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	printf '%s peer.example\n' 192.0.2.2 $named6 >"$BATS_TEST_TMPDIR/names"
	echo "$only6 six.example" >>"$BATS_TEST_TMPDIR/names"
	start_dns --local=/example/arpa/ \
		--listen-address=127.0.0.1 --bind-interfaces --addn-hosts="$BATS_TEST_TMPDIR/names" \
		--ptr-record=66.2.0.192.in-addr.arpa,peer.example \
		--ptr-record=6.6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa,peer.example
	for address in 192.0.2.2 $named6; do wait_until eval "on_server getent ahosts peer.example | grep -q $address"; done
}
teardown() { hosts_down; }

# let_in PORT PORTS GREETED: the peers that are greeted so on each port.
let_in() { run -0 on_client python3 "$root/tests/lib/knock.py" "$1" "$2" "$3" 'QUIT\r\n' "${peers[@]}"; }

# wrapped's wildcards: a name in a domain; and whoever's name does not lead back to it, which is not who has none. A refusal
# takes tcpd five seconds, twist none.
@test "libwrap: names, and PARANOID" {
	need inetd
	need tcpd
	echo 'echo: .example' >"/etc/netns/$server/hosts.allow"
	printf '%s\n' 'echo: ALL: twist /bin/true' 'printf: PARANOID: twist /bin/true' >"/etc/netns/$server/hosts.deny"
	printf '%s stream tcp4 nowait root %s %s hello\n' 8000 "$(command -v tcpd)" /bin/echo 8001 "$(command -v tcpd)" \
		/usr/bin/printf >"$BATS_TEST_TMPDIR/inetd.conf"
	start inetd sh -c 'mount -t tmpfs tmpfs /run && exec "$@"' sh "$run" -- inetd -i "$BATS_TEST_TMPDIR/inetd.conf"
	wait_port 8001
	let_in 8000 2 hello
	assert_line --index 0 "192.0.2.2 $named6 $only6"
	assert_line --index 1 "192.0.2.2 $named6 $only6 $nobody6"
}

# both_ways FUNCTION: FUNCTION starts its server with both protocols, and with IPv4 alone under the library.
both_ways() {
	"$1" all env
	"$1" ipv4 "$run" --
}

postfix_lets_in() {
	rm -rf "$BATS_TEST_TMPDIR/postfix"
	postfix_config n 'LD_PRELOAD DUALSTACK_SETTINGS DUALSTACK_KEY'
	printf '%s\n' "inet_protocols = $1" 'smtpd_peername_lookup = yes' 'smtpd_delay_reject = no' smtpd_error_sleep_time=0 \
		'smtpd_client_restrictions = reject_unknown_client_hostname' >>"$postfix/etc/main.cf"
	postfix_up "${@:2}"
	let_in 2525 1 '220 '
	assert_output "192.0.2.2 $named6 $only6"
	postfix_down
}

@test "Postfix: reject_unknown_client_hostname" {
	need postfix
	both_ways postfix_lets_in
}

# exim_lets_in PROTOCOLS COMMAND...: whom it greets.
exim_lets_in() {
	local interfaces=0.0.0.0
	[ "$1" = ipv4 ] || interfaces='0.0.0.0 ; ::0'
	exim_config "$interfaces" 'host_lookup = *' 'acl_smtp_connect = accept verify = reverse_host_lookup' "$more"
	exim_up "${@:2}"
	let_in 2525 1 '220 '
	assert_output "${confirmed:-192.0.2.2 $named6 $only6}"
	stop "$started"
}

# It asks the DNS itself: for an AAAA as well, unless it is told not to.
@test "exim: verify = reverse_host_lookup" {
	local more='' confirmed=''
	both_ways exim_lets_in
	more='disable_ipv6 = true' confirmed=192.0.2.2
	exim_lets_in ipv4 "$run" --
}

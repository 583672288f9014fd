# Three hosts, each a network namespace, with a link between each two of them:
#
#   user      WeeChat and mutt
#   bouncer   bip
#   server    dovecot, ngircd, and another IRC user on the same machine; dnsmasq, with A and AAAA for all names
#
# Every program is configured for IPv4 only, connects by name, and runs under dualstack-run without options. (The DNS
# server and the other user's WeeChat, which stays on loopback, do not need it.)
#
# The caller sets $run, the launcher, $dir, a directory that the programs write to, and $root, the repository.

user=ds$$u bouncer=ds$$b server=ds$$s

# link HOST HOST NUMBER: interfaces named after the other end, with 192.0.2.(16 N + 1) and fd00:db8:N::1 at the first
# host, 2 at the second; no address yet.
links="$user:to-bouncer:$bouncer:to-user:1
$user:to-server:$server:to-user:2
$bouncer:to-server:$server:to-bouncer:3"

links_up() {
	local host a a_if b b_if n
	for host in "$user" "$bouncer" "$server"; do
		ip netns add "$host"
		ip -n "$host" link set lo up
		# A connection whose other end is gone gives up after about 2 seconds, not a quarter of an hour. No other
		# time of the kernel's is changed.
		on "$host" sysctl -qw net.ipv4.tcp_retries2=3
	done
	while IFS=: read -r a a_if b b_if n; do
		ip link add name "$a_if" netns "$a" type veth peer name "$b_if" netns "$b"
		# Without duplicate address detection, addresses can be used at once.
		on "$a" sysctl -qw "net.ipv6.conf.$a_if.accept_dad=0"
		on "$b" sysctl -qw "net.ipv6.conf.$b_if.accept_dad=0"
		ip -n "$a" link set "$a_if" up
		ip -n "$b" link set "$b_if" up
	done <<<"$links"
	names_served
}

# The links have one family: its addresses and routes, and none of the other. Loopback is left as it is.
links_have() {
	local a a_if b b_if n
	while IFS=: read -r a a_if b b_if n; do
		case $1 in
		IPv6)
			ip -n "$a" -4 addr flush dev "$a_if"
			ip -n "$b" -4 addr flush dev "$b_if"
			ip -n "$a" addr add "fd00:db8:$n::1/64" dev "$a_if"
			ip -n "$b" addr add "fd00:db8:$n::2/64" dev "$b_if"
			;;
		IPv4)
			on "$a" sysctl -qw "net.ipv6.conf.$a_if.disable_ipv6=1"
			on "$b" sysctl -qw "net.ipv6.conf.$b_if.disable_ipv6=1"
			ip -n "$a" addr add "192.0.2.$((16 * n + 1))/28" dev "$a_if"
			ip -n "$b" addr add "192.0.2.$((16 * n + 2))/28" dev "$b_if"
			;;
		esac
	done <<<"$links"
}

# Each name has an A and an AAAA, whatever the links have; each host knows the DNS server by both addresses.
names_served() {
	mkdir -p "/etc/netns/$user" "/etc/netns/$bouncer"
	printf 'nameserver fd00:db8:2::2\nnameserver 192.0.2.34\n' >"/etc/netns/$user/resolv.conf"
	printf 'nameserver fd00:db8:3::2\nnameserver 192.0.2.50\n' >"/etc/netns/$bouncer/resolv.conf"
	run_on "$server" dns dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root --local=/example/ \
		--host-record=bouncer.example,192.0.2.18,fd00:db8:1::2 --host-record=mail.example,192.0.2.34,fd00:db8:2::2 \
		--host-record=irc.example,192.0.2.50,fd00:db8:3::2
	until_true eval 'on "$server" ss -Hlun "sport = :53" | grep -q .'
}

# The kernel counts, from 0, the packets that come in for a port, by family; not those of loopback.
wire_watched() {
	local port host
	for host in "$server" "$bouncer"; do
		on "$host" nft 'add table inet wire; delete table inet wire; add table inet wire
			add chain inet wire in { type filter hook input priority 0; }'
		for port in 7778 6667 143; do
			on "$host" nft "add rule inet wire in iif != lo meta nfproto ipv4 tcp dport $port counter comment \"IPv4-$port\"
				add rule inet wire in iif != lo meta nfproto ipv6 tcp dport $port counter comment \"IPv6-$port\""
		done
	done
}

# packets FAMILY PORT
packets() {
	local host=$server
	[ "$2" = 7778 ] && host=$bouncer
	on "$host" nft list table inet wire | sed -n "s/.*counter packets \([0-9]*\) .*\"$1-$2\".*/\1/p"
}

# connections HOST PORT: the families of the connections to the port over a link, according to ss(8).
connections() {
	on "$1" ss -Htn state established "sport = :$2" |
		awk '$3 !~ /127\.0\.0\.1|\[::1\]/ { print $3 ~ /fd00/ ? "IPv6" : "IPv4" }' | sort -u
}

# The configurations are those of the tests, with the ports as shipped, the name of the IRC server, and a second
# instead of two minutes until bip connects again. Their pids are in $services.
servers_up() {
	ngircd_config 0.0.0.0 6667
	run_on "$server" ngircd "$run" -- ngircd -n -f "$BATS_TEST_TMPDIR/ngircd.conf"
	services=$started
	dovecot_config '*' 143
	run_on "$server" dovecot "$run" -- dovecot -F -c "$BATS_TEST_TMPDIR/dovecot/dovecot.conf"
	services+=" $started"
	until_true listens "$server" 6667
	until_true listens "$server" 143
	bip_config 7778
	sed -i 's/host = "[^"]*"/host = "irc.example"/; 1i reconn_timer = 1;' "$BATS_TEST_TMPDIR/bip/bip.conf"
	run_on "$bouncer" bip "$run" -- bip -n -f "$BATS_TEST_TMPDIR/bip/bip.conf" -s "$BATS_TEST_TMPDIR/bip"
	services+=" $started"
	until_true listens "$bouncer" 7778
}

# weechat HOST NAME IPV6 ADDRESS PASSWORD NICK [dualstack-run...]: joins #lounge there. The option "ipv6" is IPV6.
weechat() {
	local host=$1 name=$2 ipv6=$3 address=$4 password=$5 nick=$6
	shift 6
	mkdir -p "$dir/$name"
	# Input goes through its own pipe, the fifo plugin.
	run_on "$host" "$name" "$@" weechat-headless -d "$dir/$name" --stdout \
		-r '/set fifo.file.enabled on' -r "/set fifo.file.path $dir/$name/pipe" \
		-r '/set logger.file.auto_log on' -r '/set logger.file.flush_delay 0' \
		-r "/set irc.server_default.ipv6 $ipv6" -r "/set irc.server_default.ipv6 $(weechat_46 "$ipv6")" -r '/set irc.server_default.autoreconnect_delay 1' \
		-r "/server add net $address -notls" -r "/set irc.server.net.nicks $nick" -r "/set irc.server.net.username $nick" \
		-r "/set irc.server.net.password $password" \
		-r '/set irc.server.net.autojoin #lounge' -r '/connect net'
	until_true test -p "$dir/$name/pipe"
}

friend_up() {
	# By its address: WeeChat looks names and IPv4 addresses up with AI_ADDRCONFIG, so it does not find 127.0.0.1 if no
	# link has IPv4.
	weechat "$server" friend on ::1/6667 '' friend
	until_true has_read friend 'has joined'
}

weechat_up() {
	weechat "$user" weechat off bouncer.example/7778 u:secret:c reader "$run" --
	services+=" $started"
}

# types NAME TEXT: into the channel.
types() { printf 'irc.net.#lounge *%s\n' "$2" >"$dir/$1/pipe"; }

# has_read NAME TEXT: the text is in the channel there.
has_read() { grep -qF -- "$2" "$dir/$1/logs/irc.net.#lounge.weechatlog"; }

# Over IPv4, after the links have changed: WeeChat is connected to bip, and bip has joined the channel again.
bip_is_back() { [ "$(connections "$bouncer" 7778)" = IPv4 ] && has_read friend '@192.0.2.49) has joined #lounge'; }

# mail NAME: mutt, for IPv4 only, opens the mailbox, writes its first mail to $dir/NAME and goes. It draws on a
# terminal, which script(1) has for it; Debian 13's ncurses opens none without a size.
mail() {
	cat >"$dir/muttrc" <<-END
		set use_ipv6=no
		set folder=imap://reader@mail.example/ spoolfile=imap://reader@mail.example/INBOX imap_pass=secret
		set ssl_starttls=no ssl_force_tls=no imap_authenticators=login
		set header_cache="" message_cachedir="" record="" quit=yes
	END
	HOME=$dir TERM=vt100 on "$user" timeout 20 script -qec "stty rows 24 cols 80; '$run' -- mutt -n -F '$dir/muttrc' \
		-e 'push \"<pipe-message>cat >$dir/$1<enter><exit>\"'" /dev/null >"$dir/mutt.log" 2>&1 </dev/null 3>&-
}

links_down() { hosts_end "$user" "$bouncer" "$server"; }

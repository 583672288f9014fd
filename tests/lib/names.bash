# Names for the client host, from a real DNS server on the server host.
#
#   four  A only                        six    AAAA only
#   both  A and AAAA                    slow   A, and a query for its AAAA is not answered
#   eight seven AAAA, where nobody listens, and an A
#   dead  A and AAAA; packets to the IPv6 address are dropped (drop_in6)
#   mute  A and AAAA; packets to the IPv4 address are dropped (drop_in)
#   other the A of "both", with an AAAA of its own
#   own   A and AAAA of the client itself
#   far   A and AAAA; neither has a route
#   only4, only6, nobody                 A and AAAA; only the A, only the AAAA, or neither has a service

dead6=2001:db8:1::dead
mute4=192.0.2.9

names_up() {
	need dnsmasq
	need nft
	need socat
	local i
	mkdir -p "/etc/netns/$client"
	echo "nameserver $server6" >"/etc/netns/$client/resolv.conf"
	{
		echo "$server4 four.example both.example eight.example dead.example other.example"
		echo "$server6 six.example both.example"
		echo "$dead6 dead.example"
		printf '%s mute.example\n' $mute4 "$server6"
		for i in 1 2 3 4 5 6 7; do echo "2001:db8:1::8$i eight.example"; done
		echo "2001:db8:1::99 other.example only4.example nobody.example"
		echo "192.0.2.8 only6.example nobody.example"
		echo "$server4 only4.example"
		echo "$server6 only6.example"
		printf '%s own.example\n' 192.0.2.2 "$client6"
		printf '%s far.example\n' 198.51.100.1 2001:db8:ffff::1
	} >"$BATS_TEST_TMPDIR/hosts"
	for i in 81 82 83 84 85 86 87 99 dead; do ip -n "$server" addr add 2001:db8:1::$i/64 dev veth0 nodad; done
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	ip -n "$server" addr add 192.0.2.8/24 dev veth0
	ip -n "$server" addr add $mute4/24 dev veth0
	# An upstream that never answers, for the name that is not local: the AAAA of "slow".
	start silence socat -u UDP4-RECV:5399,bind=127.0.0.1 OPEN:/dev/null
	start_dns --local=/example/ \
		--addn-hosts="$BATS_TEST_TMPDIR/hosts" --host-record=slow.test,$server4 --server=/test/127.0.0.1#5399
	wait_until eval 'on_server ss -Hlun "sport = :53" | grep -q .'
	wait_until eval 'on_client getent ahosts eight.example | grep -q 192.0.2.1'
}

# Packets to the address vanish: no ICMP, no RST.
drop_in6() {
	on_server nft 'add table inet lost; add chain inet lost in { type filter hook input priority 0; }
		add rule inet lost in ip6 daddr '"$1"' meta l4proto tcp drop'
}

drop_in() {
	on_server nft 'add table inet mute; add chain inet mute in { type filter hook input priority 0; }
		add rule inet mute in ip daddr '"$1"' meta l4proto tcp drop'
}

# IPv4 packets to the ports in a set vanish until a port is taken out of it.
holds_up() {
	on_server nft 'add table inet held; add set inet held ports { type inet_service; }
		add chain inet held in { type filter hook input priority 0; }
		add rule inet held in ip version 4 tcp dport @ports tcp flags syn drop'
}
hold() { on_server nft add element inet held ports "{ $1 }"; }
# The command that takes one out.
letting_go() { echo "ip netns exec $server nft delete element inet held ports '{ $1 }'"; }

# Servers on the server host, at the named addresses, that tell over which family they were reached (greet.py):
# in a line on port 7000, by HTTP on 8080, by TLS on 8443.
greet() {
	need openssl
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$BATS_TEST_TMPDIR/key" -out "$BATS_TEST_TMPDIR/pem" \
		-subj /CN=test -days 2 2>/dev/null
	cat "$BATS_TEST_TMPDIR/key" >>"$BATS_TEST_TMPDIR/pem"
	start greet python3 "$root/tests/lib/greet.py" 7000 8080 8443 "$BATS_TEST_TMPDIR/pem" "$@"
	wait_until eval '[ "$(on_server ss -Hltn "sport = :8443" | wc -l)" = '$#' ]'
}

# An IPv6-only client host whose network has NAT64 (tayga) on the server host, and behind that a host that has IPv4
# only: 192.31.196.10.
#
#   four.example   A only           nowhere.example   A only, of no host
#   both.example   A and AAAA of two hosts: the AAAA is $server6

far4=192.31.196.10

# nat64_up PREFIX [ADVERTISED]: ADVERTISED is the prefix in ipv4only.arpa; - for none.
nat64_up() {
	need tayga
	need_tun
	need dnsmasq
	need python3
	hosts_up
	far=ds$$f
	ip netns add "$far"
	ip -n "$far" link set lo up
	ip link add name veth1 netns "$server" type veth peer name veth0 netns "$far"
	ip -n "$server" addr add 192.31.196.1/24 dev veth1
	ip -n "$far" addr add $far4/24 dev veth0
	ip -n "$server" link set veth1 up
	ip -n "$far" link set veth0 up
	ip -n "$far" route add default via 192.31.196.1
	# The client's link has IPv6 only.
	ip -n "$client" addr del 192.0.2.2/24 dev veth0
	ip -n "$server" addr del $server4/24 dev veth0
	ip -n "$client" route add default via $server6
	on_server sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	tayga_up "$1"
	wait_until eval "on_client $programs/steps a=tcp6 a.connect:${1%/96}$far4/1 | grep ECONNREFUSED"
	names_of_nat64 "${2:-$1}"
}

tayga_up() {
	mkdir -p "$BATS_TEST_TMPDIR/tayga"
	cat >"$BATS_TEST_TMPDIR/tayga.conf" <<-END
		tun-device nat64
		ipv4-addr 192.168.255.1
		ipv6-addr 2001:db8:ff::1
		prefix $1
		dynamic-pool 192.168.255.0/24
		data-dir $BATS_TEST_TMPDIR/tayga
	END
	on_server tayga -c "$BATS_TEST_TMPDIR/tayga.conf" --mktun
	ip -n "$server" link set nat64 up
	ip -n "$server" route add 192.168.255.0/24 dev nat64
	ip -n "$server" route add "$1" dev nat64
	start tayga tayga -c "$BATS_TEST_TMPDIR/tayga.conf" --nodetach
}

# ipv4only.arpa's AAAA with the prefix (RFC 7050, 2.2), of 96 bits.
names_of_nat64() {
	local arpa=()
	[ "$1" = - ] || arpa=("--host-record=ipv4only.arpa,192.0.0.170,${1%/96}192.0.0.170")
	mkdir -p "/etc/netns/$client"
	echo "nameserver $server6" >"/etc/netns/$client/resolv.conf"
	start_dns --local=/example/ \
		--local=/arpa/ --host-record=four.example,$far4 --host-record=nowhere.example,192.31.196.99 \
		--host-record=both.example,$far4,$server6 "${arpa[@]}"
	wait_until eval 'on_server ss -Hlun "sport = :53" | grep -q .'
}

on_far() { ip netns exec "$far" "$@"; }

# start_far NAME COMMAND...: like start(), on the far host.
start_far() {
	local server=$far
	start "$@"
}

nat64_down() {
	local pid
	for pid in $(ip netns pids "$far" 2>/dev/null); do kill -9 "$pid" 2>/dev/null || true; done
	ip netns del "$far" 2>/dev/null || true
	hosts_down
}

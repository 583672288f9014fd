# shellcheck shell=bash
# The network of demo/table: hosts as network namespaces around a router, a DNS server, servers, and the router's
# counters. Sourced by demo/table, which sets $work, $run, $port_* and $prefix (of the namespaces' names).

# host      its number: 192.0.2.(8n+2)/29 and 2001:db8:n::2, with the router at .1 and ::1   families
hosts='
c4          1   4
c6          2   6
cd          3   46
s4          4   4
s6          5   6
sd          6   46'

declare -A address4 address6
pids=()

on() {
	local host=$1
	shift
	ip netns exec "$prefix$host" "$@"
}

# wait_until WHAT COMMAND...: ten seconds at most.
wait_until() {
	local what=$1 i
	shift
	for ((i = 0; i < 200; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	fail "waited in vain for $what"
}

# Ends what runs in the namespaces, by pid, and takes them down.
hosts_down() {
	local host pid
	for host in router $(awk '{ print $1 }' <<<"$hosts"); do
		for pid in $(ip netns pids "$prefix$host" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
		ip netns del "$prefix$host" 2>/dev/null
		rm -rf "/etc/netns/$prefix$host"
	done
	wait 2>/dev/null
	[ -z "${made_etc_netns:-}" ] || rmdir /etc/netns 2>/dev/null
}

# ip_in NAMESPACE: each line of standard input as a command of ip(8).
ip_in() { ip -n "$prefix$1" -batch - || fail "cannot set up $1"; }

# A host of the given families on a link of its own. One without IPv6 has it disabled, as an administrator does it; one
# without IPv4 has 127.0.0.1 and no other IPv4 address.
host_up() {
	local host=$1 n=$2 families=$3 resolver
	ip netns add "$prefix$host" || fail "cannot make a network namespace"
	mkdir -p "/etc/netns/$prefix$host"
	ip link add name eth0 netns "$prefix$host" type veth peer name "$host" netns "${prefix}router" ||
		fail "cannot make a link"
	# Without duplicate address detection, addresses can be used at once; without a limit, each closed port is told of.
	on "$host" sysctl -qw net.ipv6.conf.eth0.accept_dad=0 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 ||
		fail "cannot set up $host"
	on router sysctl -qw "net.ipv6.conf.$host.accept_dad=0" || fail "cannot set up the router"
	case $families in
	*6*) ;;
	*) on "$host" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 ;;
	esac
	printf 'link set %s up\n' lo eth0 | ip_in "$host"
	echo "link set $host up" | ip_in router
	case $families in
	*4*)
		resolver=192.0.2.$((8 * n + 1))
		address4[$host]=192.0.2.$((8 * n + 2))
		echo "addr add $resolver/29 dev $host" | ip_in router
		printf '%s\n' "addr add ${address4[$host]}/29 dev eth0" "route add default via $resolver" | ip_in "$host"
		;;
	esac
	case $families in
	*6*)
		resolver=2001:db8:$n::1
		address6[$host]=2001:db8:$n::2
		echo "addr add $resolver/64 dev $host nodad" | ip_in router
		printf '%s\n' "addr add ${address6[$host]}/64 dev eth0 nodad" "route add default via $resolver" | ip_in "$host"
		;;
	esac
	echo "nameserver $resolver" >"/etc/netns/$prefix$host/resolv.conf"
}

# The router counts what it forwards, by source, destination and the server's port: all that goes to a server, and what
# it says. A segment that says something has PSH set (Linux: the last one of each write); a datagram always does.
counters_up() {
	local family
	{
		echo 'table inet wire {'
		for family in 4 6; do
			printf 'set %s { type ipv%s_addr . ipv%s_addr . inet_proto . inet_service; flags dynamic; counter; }\n' \
				"to$family" $family $family "from$family" $family $family
		done
		echo 'chain forward { type filter hook forward priority 0;'
		for family in 4 6; do
			local ip=ip
			[ $family = 4 ] || ip=ip6
			echo "meta l4proto { tcp, udp } update @to$family { $ip saddr . $ip daddr . meta l4proto . th dport counter }"
			echo "tcp flags & psh == psh update @from$family { $ip saddr . $ip daddr . meta l4proto . th sport counter }"
			echo "meta l4proto udp update @from$family { $ip saddr . $ip daddr . meta l4proto . th sport counter }"
		done
		printf '}\n}\n'
	} | on router nft -f - || fail "nftables on the router"
}

counters_reset() {
	local set
	for set in to4 from4 to6 from6; do echo "flush set inet wire $set"; done | on router nft -f -
}

# counters_read: a line per flow, "to4 SOURCE DESTINATION PROTOCOL PORT PACKETS".
counters_read() {
	# -p: without /etc/protocols, nft has no names for them.
	on router nft -p list table inet wire | awk '
		$1 == "set" { set = $2 }
		/counter packets/ {
			line = $0
			sub(/.*elements = \{/, "", line)
			gsub(/[,}]/, "", line)
			split(line, f, " ")
			print set, f[1], f[3], f[5] == 6 ? "tcp" : "udp", f[7], f[10]
		}'
}

names_up() {
	local host n
	while read -r host n _; do
		[ -n "$n" ] || continue
		for address in ${address4[$host]:-} ${address6[$host]:-}; do echo "--host-record=$host.example,$address"; done
	done <<<"$hosts" >"$work/names"
	# shellcheck disable=SC2046 # a word a line
	on router dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file= \
		--local=/example/ $(cat "$work/names") >"$work/dns.log" 2>&1 </dev/null &
	pids+=($!)
	for host in c4 c6 cd; do wait_until 'the DNS server' on "$host" getent ahosts sd.example; done
}

# server HOST FAMILY SHIM: an echo server that knows that family only (that of IPv6 has a dual-stack socket, as
# net.ipv6.bindv6only is 0), TCP and UDP.
server() {
	local host=$1 family=$2 shim=$3 launcher=() port
	[ "$shim" = 0 ] || launcher=("$run")
	port=$(port_of "$family" "$shim")
	on "$host" "${launcher[@]}" socat -d -d "TCP$family-LISTEN:$port,fork,reuseaddr,backlog=64" PIPE \
		>"$work/$host-$port-tcp.log" 2>&1 </dev/null &
	pids+=($!)
	on "$host" "${launcher[@]}" socat "UDP$family-RECVFROM:$port,fork" PIPE >"$work/$host-$port-udp.log" 2>&1 </dev/null &
	pids+=($!)
}

serving() { [ "$(on "$1" ss -Hltun 'sport >= :7000 and sport < :7100' | wc -l)" -eq "$2" ]; }

servers_up() {
	local host family shim
	for host in s4 s6 sd; do
		for family in 4 6; do
			for shim in 0 1; do server "$host" $family $shim; done
		done
	done
	for host in s4 s6 sd; do wait_until "the servers on $host" serving "$host" 8; done
}

hosts_up() {
	local host n families
	[ -d /etc/netns ] || made_etc_netns=1
	ip netns add "${prefix}router" || fail "cannot make a network namespace"
	ip -n "${prefix}router" link set lo up
	on router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 \
		net.ipv6.icmp.ratelimit=0
	while read -r host n families; do
		[ -z "$host" ] || host_up "$host" "$n" "$families"
	done <<<"$hosts"
	counters_up
	names_up
	servers_up
}

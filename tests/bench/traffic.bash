# shellcheck shell=bash
# Connections a second (connect, one exchange, close), requests a second on lasting connections, MiB and
# datagrams a second; and the CPU time for each, of the server or of the forwarder in front of it. Sourced by
# tests/bench/run.

# measure, load's mode, how many at once
epoll_measures='connections-1 connect 1
	connections-64 connect 64
	requests-1 kept 1
	requests-64 kept 64
	bulk bulk 1'
peers_measures='peers-64 peers 64'
serial_measures='connections-1 connect 1
	connections-64 connect 64
	requests-1 kept 1'
nginx_measures='connections-1 connect 1
	connections-64 connect 64
	requests-64 kept 64'
dovecot_measures='connections-1 connect 1
	connections-64 connect 64'
udp_measures='udp udp 16'

# sample ROUND TARGET: of $measure, by $mode, $count at once.
sample() {
	local round=$1 family variant address port group rate total used=0
	read -r family variant address port group <<<"$2"
	[ -z "$groups" ] || used=$(cpu_of "$group")
	if ! rate=$(load "$mode" "$address" "$port" "$count" "$each" ${request+"$request"}); then
		lose "$group: $measure, $family"
		return
	fi
	read -r rate total <<<"$rate"
	record "$measure" "$server" "$family" "$variant" "$round" "$rate"
	[ -n "$groups" ] || return 0
	used=$(($(cpu_of "$group") - used))
	record "cpu:$measure" "$server" "$family" "$variant" "$round" "$(awk "BEGIN { print $used / $total }")"
}

# traffic SERVER [MEASURES]
traffic() {
	local server=$1 measures=${2:-$1}_measures measure mode count request
	say "traffic: ${2:-$1}"
	while read -r measure mode count; do
		unset request
		[ -z "${requests[$server]+set}" ] || request=${requests[$server]}
		[ "$mode" != bulk ] || request=B
		in_rounds sample "${targets[@]}"
	done <<<"${!measures}"
}

forms epoll
# A plain socket in a process with widened ones.
new_port
beside=$port
new_port
serve beside "$build/dualstack-run" -- "$programs/server" epoll 4 "$port" $address4 "$beside"
answers beside connect $address4 "$beside" q
targets+=("ipv4 beside $address4 $beside beside")
forwarders
traffic epoll
# Each connection comes from an address that the server has not seen.
mapfile -t targets < <(printf '%s\n' "${targets[@]}" | grep '^ipv6 dual')
traffic epoll peers
for server in serial nginx dovecot udp; do
	if forms $server; then traffic $server; fi
done

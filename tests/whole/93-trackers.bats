# bats file_tags=beside
# BitTorrent trackers and BEP 7: peers announce from each of their addresses. opentracker is bound to IPv4 only;
# curl, aria2c and a script (BEP 15) announce. Then: what a tracker that knows IPv4 alone, as Debian 12 builds it, does
# with the addresses that stand for IPv6 peers, whom that harms, and the rule that keeps it IPv4.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names
load ../lib/tracker

setup() {
	need opentracker
	need curl
	need python3
	hosts_up
	names_up
	# Over UDP opentracker lets the kernel choose the source of its answers: it is the address that was
	# asked.
	for i in 81 82 83 84 85 86 87 99 dead; do
		ip -n "$server" addr change 2001:db8:1::$i/64 dev veth0 preferred_lft 0
	done
	ip -n "$client" addr add 192.0.2.3/24 dev veth0
	ip -n "$client" addr add 2001:db8:1::3/64 dev veth0 nodad
}
teardown() { hosts_down; }

synthetic='2(4[0-9]|5[0-5])\.[0-9]+\.[0-9]+\.[0-9]+'
rule='bind program=opentracker ipv4'

# --- from each local address, bound before connecting

# told_to ANNOUNCE FROM: the peers of each_address() that the tracker tells FROM.
told_to() {
	local in4='127.0.0.1:1 192.0.2.2:5001 192.0.2.3:5001' in6="$synthetic:5001 $synthetic:5001"
	[ -z "$both" ] || in6='\[2001:db8:1::2\]:5001 \[2001:db8:1::3\]:5001'
	case $both,$1,$2 in
	yes,udp*,*:*) echo "$in6" ;;
	yes,udp*) echo "$in4" ;;
	*) echo "$in4 $in6" ;;
	esac
}

# each_address ANNOUNCE...: one peer, with one port, id and key, announces from the client's four addresses,
# twice.
each_address() {
	local count=1 from
	for from in 192.0.2.2 $client6 192.0.2.3 2001:db8:1::3; do
		count=$((count + 1))
		run -0 "$1" "$from" both.example 5001 "${@:2}"
		assert_output --partial "announce: $count leechers"
	done
	for from in 192.0.2.2 $client6 192.0.2.3 2001:db8:1::3; do
		run -0 "$1" "$from" both.example 5001 "${@:2}"
		assert_output --regexp "^announce: 5 leechers, 0 seeders, peers $(told_to "$1" "$from")\$"
	done
}

@test "UDP: from each local address, and each is counted: one peer per address, whatever its key" {
	start_tracker "$run" --
	each_address udp_announce "$run"
}

@test "HTTP: from each local address, and each is counted: one peer per address, whatever its key" {
	start_tracker "$run" --
	each_address http_announce "$run" curl
}

@test "a socket bound to an address of one family does not use the other" {
	start_tracker "$run" --
	# Addresses of the other family only.
	run -0 udp_announce 192.0.2.2 six.example 5001 "$run"
	assert_output ENETUNREACH
	run -0 udp_announce $client6 four.example 5001 "$run"
	assert_output ENETUNREACH
	run -7 http_announce 192.0.2.2 six.example 5001 "$run" curl -4
	run -7 http_announce $client6 four.example 5001 "$run" curl -6
	# The same without bind() works: they are reachable.
	run -0 on_client "$run" curl -4 -s "http://six.example:$tracker_port/scrape"
	run -0 on_client "$run" python3 -c "import socket; socket.socket(socket.AF_INET6).connect(('four.example', $tracker_port))"
	# Addresses of both, with nobody at those of its own family.
	greet $server4 $server6
	run -7 on_client "$run" curl -4 -s --interface 192.0.2.2 http://only6.example:8080/
	run -7 on_client "$run" curl -6 -s --interface $client6 http://only4.example:8080/
	run -0 on_client "$run" curl -4 -s http://only6.example:8080/
	run -0 on_client "$run" curl -6 -s http://only4.example:8080/
	run -0 counted "$test_hash"
	assert_output 'scrape: 1 leechers, 0 seeders'
}

# The IPv6 peers at these ports, as told() gets them over IPv4.
told_in6() { [ -n "$both" ] || printf " $synthetic:%s" "$@"; }

@test "aria2c, HTTP: from each local address" {
	need aria2c
	start_tracker "$run" --
	torrent_of http://both.example:$tracker_port/announce
	local from
	for from in 192.0.2.2 $client6 192.0.2.3 2001:db8:1::3; do
		aria "$client" "from-$from" 7001 "$run" -- aria2c --interface="$from"
	done
	wait_until counts "$hash" 4 0
	run -0 told "$hash"
	assert_output --regexp "peers 127.0.0.1:1 192.0.2.2:7001 192.0.2.3:7001$(told_in6 7001 7001)\$"
}

# Its UDP socket is AF_INET, and it sends to the name's first address of any family.
@test "aria2c, UDP: if the name has IPv6 addresses, over IPv6 with the shim, and not at all without it" {
	need aria2c
	start_tracker "$run" --
	torrent_of udp://both.example:$tracker_port
	aria "$client" plain 7001 aria2c
	wait_until grep -q 'Address family not supported' "$BATS_TEST_TMPDIR/plain/log"
	run -0 counted "$hash"
	assert_output 'scrape: 0 leechers, 0 seeders'
	aria "$client" both 7002 "$run" -- aria2c
	torrent_of udp://six.example:$tracker_port
	aria "$client" six 7003 "$run" -- aria2c
	torrent_of udp://four.example:$tracker_port
	aria "$client" bound 7004 "$run" -- aria2c --interface=192.0.2.3
	wait_until counts "$hash" 3 0
	wait_until grep -q "UDPT received ANNOUNCE reply from $server6" "$BATS_TEST_TMPDIR/both/log"
	wait_until grep -q "UDPT received ANNOUNCE reply from $server6" "$BATS_TEST_TMPDIR/six/log"
	wait_until grep -q "UDPT received ANNOUNCE reply from $server4" "$BATS_TEST_TMPDIR/bound/log"
	run -0 told "$hash"
	assert_output --regexp "peers 127.0.0.1:1 192.0.2.3:7004$(told_in6 7002 7003)\$"
}

# --- what the tracker tells of IPv6 peers

for_ipv4() { [ -z "$both" ] || skip 'this opentracker knows both families, and tells IPv6 addresses of IPv6 peers'; }

@test "the tracker tells others an IPv6 peer's synthetic address, by UDP and HTTP alike, which nobody can reach" {
	for_ipv4
	start_tracker "$run" --
	run -0 udp_announce $client6 both.example 5001
	run -0 udp_announce 192.0.2.2 both.example 5002
	assert_output --regexp "^announce: 3 leechers, 0 seeders, peers 127.0.0.1:1 192.0.2.2:5002 $synthetic:5001\$"
	by_udp=$output
	shown=$(printf '%s\n' ${by_udp#*peers} | sed -n 's/:5001$//p')
	run -0 http_announce 192.0.2.2 both.example 5002 curl
	assert_output "$by_udp"
	# It tells IPv6 peers the same, and no peers6 (BEP 7), which they could use.
	run -0 http_announce $client6 both.example 5001 curl
	assert_output "$by_udp"
	run -0 on_client "$programs/steps" a=tcp4 "a.connect:$shown/5001"
	assert_line "a.connect:$shown/5001 ENETUNREACH"
	# Only the tracker's processes know which peer it stands for; elsewhere it is no use, with or without
	# the shim.
	run -0 on_client "$run" -- "$programs/steps" a=tcp4 "a.connect:$shown/5001"
	assert_line "a.connect:$shown/5001 ENETUNREACH"
}

@test "peer = real does not help: such a peer is listed as 0.0.0.0" {
	for_ipv4
	echo 'peer = real' >"$BATS_TEST_TMPDIR/conf"
	start_tracker "$run" --config="$BATS_TEST_TMPDIR/conf" --
	run -0 http_announce $client6 both.example 5001 curl
	assert_output 'announce: 2 leechers, 0 seeders, peers 0.0.0.0:5001 127.0.0.1:1'
}

# swarm: a peer with the data and addresses of both families announces it; then a peer with IPv4 only wants it.
# They learn of each other from the tracker alone.
swarm() {
	need aria2c
	torrent_of http://both.example:$tracker_port/announce
	mkdir "$BATS_TEST_TMPDIR/seeder"
	cp "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/seeder"
	aria "$client" seeder 7001 aria2c --seed-time=10
	wait_until counts "$hash" 0 1
	mkdir -p "/etc/netns/$server"
	cp "/etc/netns/$client/resolv.conf" "/etc/netns/$server"
	aria "$server" leecher 7002 aria2c --disable-ipv6 --interface=$server4
}
has_it() { cmp -s "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/leecher/data"; }

@test "a download from a dual-stack peer: works without the shim at the tracker" {
	start_tracker
	swarm
	wait_until has_it
}

@test "a download from a dual-stack peer: fails with the shim at the tracker for a peer with IPv4 only" {
	start_tracker "$run" --
	swarm
	if [ -n "$both" ]; then
		# It tells the peer of no other, and counts both.
		wait_until counts "$hash" 1 1
		wait_until grep -q 'Now processing tracker response' "$BATS_TEST_TMPDIR/leecher/log"
	else
		wait_until grep -qE "Failed to connect to the host $synthetic, cause: Network is unreachable" "$BATS_TEST_TMPDIR/leecher/log"
	fi
	run grep -c 'Connecting to 192.0.2.2' "$BATS_TEST_TMPDIR/leecher/log"
	assert_output 0
	run has_it
	assert_failure
}

@test "a download from a dual-stack peer: works again with the rule" {
	start_tracker "$run" --rule="$rule" --
	swarm
	wait_until has_it
}

@test "the rule: the tracker stays IPv4, UDP and TCP, and dual-stack peers come over IPv4" {
	start_tracker "$run" --log=info --rule="$rule" --
	assert_equal "$(on_server ss -Hltun "sport = :$tracker_port" | awk '{ print $5 }' | sed 's/\[::ffff:\(.*\)\]/\1/')" \
		"$(printf '%s\n' 0.0.0.0:$tracker_port{,})"
	assert_ipv4_only $tracker_port
	run -0 udp_announce $client6 both.example 5001
	assert_output ECONNREFUSED
	run -0 udp_announce 192.0.2.2 both.example 5001
	assert_output 'announce: 2 leechers, 0 seeders, peers 127.0.0.1:1 192.0.2.2:5001'
	run -0 on_client curl -s "http://both.example:$tracker_port/scrape"
	# The rule changes nothing for other programs.
	start other "$run" --rule="$rule" -- "$programs/serve" blocking 7000
	wait_port 7000
	run -0 ask ::1/7000
}

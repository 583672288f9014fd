# Two UDP servers that the project was made for: Jamulus, with a real client that plays into it, and opentracker
# (BEP 15).

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	hosts_up
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
}
teardown() { hosts_down; }

synthetic='2(4[0-9]|5[0-5])\.[0-9]+\.[0-9]+\.[0-9]+'
bound() { on_server ss -Hlun "sport = :$1" | grep -q .; }

start_jamulus() {
	mkdir -p "$BATS_TEST_TMPDIR/home"
	HOME=$BATS_TEST_TMPDIR/home QT_QPA_PLATFORM=offscreen start jamulus "$@" \
		Jamulus -s -n -p 22124 -l "$BATS_TEST_TMPDIR/connections"
	wait_until bound 22124
}

# A client without sound hardware, on JACK's dummy driver. Its 105 MB of shared memory exceed the /dev/shm of
# some containers (usually 64 MB), so it gets one of its own.
start_jack() {
	JACK_DEFAULT_SERVER=dualstack ip netns exec "$client" sh -c 'mkdir -p /dev/shm &&
		mount -t tmpfs -o size=256m dualstack /dev/shm && exec jackd -r -n dualstack -d dummy -r 48000 -p 128' \
		>"$BATS_TEST_TMPDIR/jackd.log" 2>&1 </dev/null 3>&- &
	jack=$!
	wait_until beside_jack jack_lsp || { log_of jackd >&2; return 1; }
}

# In jackd's network and mount namespaces.
beside_jack() {
	JACK_DEFAULT_SERVER=dualstack JACK_NO_START_SERVER=1 nsenter --target "$jack" --net --mount "$@"
}

connect_to_jamulus() {
	HOME=$BATS_TEST_TMPDIR/home QT_QPA_PLATFORM=offscreen beside_jack \
		Jamulus -n -j -6 -c "$1" >"$BATS_TEST_TMPDIR/client.log" 2>&1 </dev/null 3>&- &
	jamulus_client=$!
}

connected() { grep -qE ", $1, connected" "$BATS_TEST_TMPDIR/connections"; }

@test "Jamulus: clients of both families play into one server on one port" {
	need Jamulus
	need jackd
	need jack_lsp
	need nsenter
	start_jamulus "$run" --log=info --
	assert_equal "$(on_server ss -Hlun 'sport = :22124' | wc -l)" 1
	start_jack
	connect_to_jamulus "[$server6]:22124"
	wait_until connected "$synthetic"
	stop $jamulus_client
	connect_to_jamulus "$server4:22124"
	wait_until connected '192\.0\.2\.2'
}

@test "Jamulus without the shim: IPv4 alone" {
	need Jamulus
	start_jamulus
	run -0 on_server "$programs/steps" a=udp6 a.connect:::1/22124 a.send a.error
	assert_line 'a.error ECONNREFUSED'
}

start_opentracker() {
	printf 'dualstack-test-hash!' | od -An -v -tx1 | tr -d ' \n' >"$BATS_TEST_TMPDIR/white"
	echo >>"$BATS_TEST_TMPDIR/white"
	chmod 644 "$BATS_TEST_TMPDIR/white"
	start opentracker "$@" opentracker -i 0.0.0.0 -p 6969 -P 6969 -d "$BATS_TEST_TMPDIR" -u nobody -w /white
	wait_until bound 6969
	# A thread reads the list after the start.
	wait_until eval 'ip netns exec "$server" python3 "$root/tests/lib/announce.py" 127.0.0.1 6969 1 | grep -q announce'
}

announce() { ip netns exec "$1" python3 "$root/tests/lib/announce.py" "${@:2}"; }

@test "opentracker at 0.0.0.0: UDP announces over each family, and a scrape that counts all" {
	need opentracker
	need python3
	start_opentracker "$run" --
	run -0 announce "$client" $server4 6969 5001
	assert_output 'announce: 2 leechers, 0 seeders, peers 127.0.0.1:1 192.0.2.2:5001'
	run -0 announce "$client" $server6 6969 5002
	assert_output --partial 'announce: 3 leechers'
	run -0 announce "$server" ::1 6969 5003
	assert_output --partial 'announce: 4 leechers'
	link_local=$(ip -n "$server" -6 -o addr show dev veth0 scope link | awk '{ sub("/.*", "", $4); print $4 }')%veth0
	run -0 announce "$client" "$link_local" 6969 5004
	assert_output --partial 'announce: 5 leechers'
	run -0 announce "$client" $server6 6969 0 scrape
	assert_output 'scrape: 5 leechers, 0 seeders'
	# The same peer is counted once, over either family.
	run -0 announce "$client" $server6 6969 5002
	assert_output --partial 'announce: 5 leechers'
}

http_announce() {
	on_client curl -s --max-time 5 "http://$1:6969/announce?info_hash=dualstack-test-hash!&peer_id=$2&port=$3&uploaded=0&downloaded=0&left=1&compact=1"
}

@test "opentracker at 0.0.0.0: TCP announces over each family" {
	need opentracker
	need curl
	start_opentracker "$run" --
	run -0 --keep-empty-lines http_announce $server4 aaaaaaaaaaaaaaaaaaaa 5001
	assert_output --partial 'incompletei2e'
	run -0 --keep-empty-lines http_announce "[$server6]" bbbbbbbbbbbbbbbbbbbb 5002
	assert_output --partial 'incompletei3e'
}

@test "opentracker without the shim: IPv4 alone" {
	need opentracker
	need python3
	start_opentracker
	run -0 on_server "$programs/steps" a=udp6 a.connect:::1/6969 a.send a.error
	assert_line 'a.error ECONNREFUSED'
	assert_ipv4_only 6969
}

# opentracker, and aria2c, which announces to it and downloads through it. Debian 12 builds opentracker for IPv4;
# Debian 13's knows both families, binds [::ffff:0.0.0.0] for 0.0.0.0, and tells of an IPv6 peer by HTTP (peers6),
# and by UDP to those that ask over IPv6.

case $(opentracker -h 2>&1) in *::1*) both=yes ;; *) both= ;; esac

tracker_port=6969
test_hash=$(printf 'dualstack-test-hash!' | od -An -v -tx1 | tr -d ' \n')

# torrent_of URL: makes DATA, its torrent, which is announced at URL, and $hash, the info hash.
torrent_of() {
	[ -e "$BATS_TEST_TMPDIR/data" ] || head -c 100000 /dev/urandom >"$BATS_TEST_TMPDIR/data"
	torrent=$BATS_TEST_TMPDIR/$(printf '%s' "$1" | tr -c 'a-z0-9' _).torrent
	hash=$(python3 "$root/tests/lib/torrent.py" make "$BATS_TEST_TMPDIR/data" "$1" "$torrent")
}

# start_tracker [dualstack-run...]: for the test's hash and the data's. It drops its privileges, and tracks only
# its list.
start_tracker() {
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	torrent_of http://none.example/announce
	printf '%s\n' "$test_hash" "$hash" >"$BATS_TEST_TMPDIR/white"
	chmod 644 "$BATS_TEST_TMPDIR/white"
	start tracker "$@" opentracker -i 0.0.0.0 -p $tracker_port -P $tracker_port -d "$BATS_TEST_TMPDIR" -u nobody -w /white
	tracker=$started
	# A thread reads the list after the start.
	wait_until eval 'on_server python3 "$root/tests/lib/announce.py" 127.0.0.1 $tracker_port 1 | grep -q announce'
}

# udp_announce FROM NAME PEER_PORT [dualstack-run...]: from the client.
udp_announce() {
	local from=$1 name=$2 port=$3
	shift 3
	on_client "$@" python3 "$root/tests/lib/announce.py" ${both:+--both} --from="$from" "$name" $tracker_port "$port"
}

# http_announce FROM NAME PEER_PORT COMMAND...: likewise, with curl or dualstack-run curl, and more options.
http_announce() {
	local from=$1 name=$2 port=$3
	shift 3
	on_client "$@" -s --max-time 5 --interface "$from" "http://$name:$tracker_port/announce?info_hash=dualstack-test-hash!&peer_id=-DS0001-aaaaaaaaaaaa&key=2e&port=$port&uploaded=0&downloaded=0&left=1&compact=1" \
		>"$BATS_TEST_TMPDIR/answer" || return
	python3 "$root/tests/lib/torrent.py" answer <"$BATS_TEST_TMPDIR/answer"
}

# How many leechers and seeders the tracker counts for HASH; asked over IPv4.
counted() {
	on_client python3 "$root/tests/lib/announce.py" --hash="$1" $server4 $tracker_port 0 scrape
}
counts() { [ "$(counted "$1")" = "scrape: $2 leechers, $3 seeders" ]; }

# What the tracker tells a peer at the server's loopback about HASH. It counts that peer from then on.
told() {
	on_server python3 "$root/tests/lib/announce.py" --hash="$1" 127.0.0.1 $tracker_port 1
}

# aria HOST NAME PORT COMMAND...: runs aria2c, or dualstack-run aria2c, with more options, in the background. It
# listens on PORT; its directory and log are called NAME, its pid is in $started. It looks up names through
# libc, finds peers by the tracker alone, and checks and seeds what it has. When stopped it tells the tracker.
aria() {
	local host=$1 name=$2 port=$3 dir=$BATS_TEST_TMPDIR/$2
	shift 3
	mkdir -p "$dir"
	ip netns exec "$host" "$@" --no-conf --async-dns=false --dir="$dir" --listen-port="$port" --dht-listen-port="$port" \
		--dht-file-path="$dir/dht" --enable-dht=true --enable-peer-exchange=false --bt-enable-lpd=false \
		--check-integrity=true --seed-ratio=0 --file-allocation=none --log="$dir/log" \
		--log-level=debug --console-log-level=warn "$torrent" >"$dir/out" 2>&1 </dev/null 3>&- &
	started=$!
}

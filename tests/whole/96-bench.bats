# make bench in its short form: it runs, and its output is well-formed. The measurements mean nothing then.

setup() {
	bats_require_minimum_version 1.5.0
	load ../lib/helper
	bench=$root/tests/bench
}

# results FORM <TSV: the output of results.awk.
results() {
	awk -v form="$1" -v rounds=3 -v seconds=1 -v machine=here -f "$bench/results.awk" "$bench/goals" -
}

# series MEASURE SERVER FAMILY VARIANT VALUE...: one value for each round.
series() {
	local round=0 value
	for value in "${@:5}"; do printf '%s\t%s\t%s\t%s\t%d\t%s\n' "${@:1:4}" $((round += 1)) "$value"; done
}

@test "a ratio is the median of the rounds' ratios, and is compared with its goal" {
	{
		# The ratio of the medians is 100 to 200.
		series requests-64 epoll ipv6 dual 100 200 1000
		series requests-64 epoll ipv6 dualstack 98 100 2000
		series requests-64 epoll ipv4 dual 100 100 100
		series requests-64 epoll ipv4 dualstack 96 96 96
		series memory epoll - native 50 50 50
		series memory epoll - dualstack 150 151 40
	} >"$BATS_TEST_TMPDIR/tsv"
	run -0 results json <"$BATS_TEST_TMPDIR/tsv"
	jq -e '[.results[] | select(.goal)] | map([.median, (.ratio // .difference).median, .verdict]) ==
		[[100, 0.98, "met?"], [96, 0.96, "missed"], [150, 100, "met?"]]' <<<"$output"
	jq -e '.results[1].ratio.quartiles == [0.74, 1.49]' <<<"$output"
	run -0 results table <"$BATS_TEST_TMPDIR/tsv"
	assert_line --regexp '^  ipv6  dualstack .* 0\.980 .* >=0\.97 met\?$'
	assert_line --regexp '^  ipv4  dualstack .* 0\.960 .* >=0\.97 missed$'
	assert_line --regexp '^  dualstack .* \+100 .* <=\+100 met\?$'
}

@test "the whole bench, in one short round: every measure of every variant, as table, JSON and picture" {
	need_root
	local tool
	for tool in gnuplot jq 6tunnel haproxy socat nginx dovecot findmnt systemd-socket-activate; do need $tool; done
	out=$BATS_TEST_TMPDIR/out
	NO_INSTALL=1 ROUNDS=1 SECONDS_EACH=0.01 OUT=$out run -0 --separate-stderr "$bench/run"
	assert_line --regexp '^connections-64 \(1/s\), nginx '
	# Every measure, with its servers.
	run -0 jq -r '[.results[] | select(.measure | test("^cpu:|^calls:") | not)] | group_by(.measure)[] |
		"\(.[0].measure): \(map(.server) | unique | join(" "))"' "$out/results.json"
	assert_output - <<-END
		bulk: epoll
		connections-1: dovecot epoll nginx serial
		connections-64: dovecot epoll nginx serial
		memory: dovecot epoll nginx
		memory-100: connections
		memory-10000: connections
		peers-64: epoll
		questions: udp
		requests-1: epoll serial
		requests-64: epoll nginx
		start: listen nginx perl true
		udp: udp
	END
	# Servers are measured in all five ways; forwarders also over IPv6.
	jq -e '[.results[] | select(.measure != "peers-64" and .server != "connections" and .family != "-") |
		select(.measure | test("^cpu:peers-64$|questions$") | not)] | group_by([.measure, .server]) |
		all(map(.family + " " + .variant) | contains(["ipv4 dual", "ipv4 dualstack", "ipv4 native", "ipv6 dual",
		"ipv6 dualstack"]))' "$out/results.json"
	jq -e '[.results[] | select(.measure == "connections-64" and .server == "epoll" and .family == "ipv6").variant] ==
		["dual", "dualstack", "6tunnel", "socat", "haproxy", "socket-proxyd"]' "$out/results.json"
	jq -e '.results | all(.median > 0 or (.measure | test("^cpu:|^memory-")))' "$out/results.json"
	jq -e '.machine | contains("cores of")' "$out/results.json"
	# Every goal was compared with something.
	jq -e '[.results[] | select(.variant == "dualstack" and (.measure | test("^(conn|requ|bulk|udp)")) )] | all(has("verdict"))' \
		"$out/results.json"
	run -0 head -c 200 "$out/results.svg"
	assert_output --partial '<svg'
	assert_file_contains "$out/results.svg" 'socket-proxyd'
}

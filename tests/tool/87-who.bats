# dualstack-run --who: whom a synthetic address stood for, from the library's log.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/inside

teardown() { hosts_down; }

@test "--who: the peer behind an address, from log files, compressed or not, and of the resolver's answers" {
	hosts_up
	log=$BATS_TEST_TMPDIR/log
	start serve "$run" --log="info:$log" -- "$programs/serve" blocking 5000
	wait_port 5000
	run -0 ask_from_client $server6/5000
	shown=$(grep -oE '\b2(4[0-9]|5[0-5])(\.[0-9]+){3}' <<<"$output" | head -n 1)
	run -0 "$run" --who "$shown" "$log"
	assert_output --regexp "accepted from \[$client6\]:[0-9]+, shown as $shown:[0-9]+\$"
	assert_equal "${#lines[@]}" 1
	gzip "$log"
	run -0 "$run" --who "$shown" "$log.gz"
	assert_output --partial "[$client6]"
	run -1 "$run" --who 203.0.113.1 "$log.gz"
	assert_output ''
	run -0 on_client "$run" --log="info:$log" -- python3 -c 'import socket; print(socket.getaddrinfo("2001:db8::7", 1, socket.AF_INET)[0][4][0])'
	run -0 "$run" --who "$output" "$log" "$log.gz"
	assert_output --partial '[2001:db8::7]:1 is given to the program as'
	for bad in '' 240.1.2 2001:db8::7; do
		run -125 "$run" --who "$bad" "$log"
		assert_output "dualstack-run: --who: '$bad', expected an IPv4 address"
	done
}

who_story() {
	client_up
	for target in stderr syslog; do
		systemd-run -q --unit=serve-$target dualstack-run --log=info:$target "$programs/serve" blocking 5000
		wait_until eval 'ss -Hltn "sport = :5000" | grep -q .'
		shown=$(ip netns exec client "$programs/ask" 2001:db8:1::1/5000 | grep -oE '\b2(4[0-9]|5[0-5])(\.[0-9]+){3}' | head -n 1)
		wait_until dualstack-run --who "$shown"
		dualstack-run --who "$shown" | sed "s/.*descriptor/descriptor/; s/$shown:[0-9]*/the address/; s/]:[0-9]*/]/"
		systemctl stop serve-$target
	done
}

@test "--who: from the journal, for a service that logs to standard error or to syslog" {
	install_over
	need_systemd
	run inside who_story
	assert_success
	assert_output - <<'END'
descriptor 4 accepted from [2001:db8:1::2], shown as the address
descriptor 4 accepted from [2001:db8:1::2], shown as the address
END
}

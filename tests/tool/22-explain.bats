# dualstack-run --explain: what it says of servers and clients, and how it ends with them.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() { hosts_up; }
teardown() { hosts_down; }

@test "a server: both families, what stays IPv4, and its peers; it ends when the launcher is told to" {
	start serve "$run" --explain --rule='bind tcp port=5002 ipv4' "$programs/serve" blocking 5000
	wait_port 5000
	run -0 ask_from_client "$server6/5000"
	run -0 ask_from_client "$server4/5000"
	kill -TERM "$started"
	wait "$started" || status=$?
	assert_equal "$status" 143
	run -0 log_of serve
	assert_line --regexp '^dualstack-run: .*/serve: what the library did:$'
	assert_line '  dual-stack sockets     [::]:5000'
	assert_line --regexp "^  IPv6 peers             \[$client6\]:[0-9]+, shown as 2[0-9.:]+$"
	refute_output --partial 'descriptor'
	start serve "$run" --explain --rule='bind tcp port=5002 ipv4' "$programs/serve" blocking 5002
	wait_port 5002
	stop "$started"
	run -0 log_of serve
	assert_line '  stays IPv4             0.0.0.0:5002, in IPv4 alone'
	run -0 on_server "$run" --explain "$programs/steps" a=tcp6 a.bind:::ffff:0.0.0.0/5003
	assert_line --regexp '^  dual-stack sockets .*:5003 widened to \[::\]$'
	run -0 on_server "$run" --explain --rule='bind udp port=5003 ipv4' "$programs/steps" a=udp4 a.bind:0.0.0.0/5003
	assert_line '  stays IPv4             0.0.0.0:5003, in IPv4 alone'
}

@test "a client: names, and which way its connections went" {
	need curl
	mkdir -p "/etc/netns/$client"
	printf '%s\n' "$server6 six.example" "$server4 both.example" "$server6 both.example" >"/etc/netns/$client/hosts"
	start serve "$run" "$programs/serve" blocking 5000
	wait_port 5000
	run on_client "$run" --explain curl -4 -s -m 5 http://six.example:5000/
	assert_line --regexp "^  names                  \[$server6\]:[0-9]+ is given to the program as 2[0-9.:]+$"
	assert_line '  dual-stack sockets     [::]:0'
	run -7 on_client "$run" --explain curl -4 -s -m 5 http://both.example:5009/
	assert_line --regexp "^  connects               both.example: $server4:5009 [Ef][A-Za-z]+.*$server6\]:5009 "
}

@test "a daemon is waited for, and what became another user is heard; nothing is left behind" {
	need setpriv
	export TMPDIR=$BATS_TEST_TMPDIR
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	cp "$programs/serve" "$BATS_TEST_TMPDIR/served"
	start serve "$run" --explain sh -c "setsid setpriv --reuid nobody --clear-groups $BATS_TEST_TMPDIR/served blocking 5000 & exit 3"
	wait_port 5000
	run -0 ask_from_client "$server6/5000"
	kill -TERM "$started"
	wait "$started" || status=$?
	assert_equal "$status" 3
	run -0 log_of serve
	assert_line '  dual-stack sockets     [::]:5000'
	assert_line --partial '  IPv6 peers             '
	assert_equal "$(find "$BATS_TEST_TMPDIR" -name 'dualstack.*')" ''
	run -0 "$run" --explain true
	assert_output --partial 'true: the library had nothing to do'
	run -5 "$run" --explain sh -c 'exit 5'
	run -143 "$run" --explain sh -c 'kill -TERM $$'
}

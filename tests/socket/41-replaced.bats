# Sockets that are replaced or narrowed while another thread or process uses them (tests/programs/races.c).

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() { hosts_up; }
teardown() { hosts_down; }

@test "a thread that waits in accept() goes on waiting, on the new socket" {
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		run -0 on_server $prefix "$programs/races" accept
		assert_equal "$(sort <<<"$output")" $'accept: ok\nconnect: ok\nlisten on IPv6: ok'
		hosts_down
		hosts_up
	done
}

@test "a thread that waits in recvfrom() gets the answer that comes over IPv6" {
	run -0 on_server "$run" -- "$programs/races" receive
	assert_output $'sendto: 5\nrecvfrom: 6 length 16 from the peer: yes'
}

@test "two threads send first at the same time" {
	run -0 on_server "$run" -- "$programs/races" send
	assert_output '0 sends failed, few rounds from two ports'
}

@test "a child that waits in recvfrom() keeps its socket when the parent narrows it" {
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		run -0 on_server $prefix "$programs/races" fork
		assert_output 'child: 1 length 16 family 2'
	done
}

@test "a sandbox that forbids getsockopt() after the socket is widened" {
	for prefix in '' "$run"; do
		# shellcheck disable=SC2086 # nothing, or the launcher
		run -0 on_server $prefix "$programs/races" sandbox
		assert_output 'from 127.0.0.1 family 2 length 16, answered: 1'
	done
}

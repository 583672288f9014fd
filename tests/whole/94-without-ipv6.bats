# Hosts without IPv6 or with part of it, like containers: every daemon starts, serves IPv4 as without the shim,
# and serves IPv6, without a restart, once it comes. --check has a name for each situation.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/dovecot
load ../lib/irc
load ../lib/daemons

setup() {
	local command
	for command in $daemons curl jq; do need "$command"; done
	hosts_up
	daemons_config
	answers=$BATS_TEST_TMPDIR/answers
	through=()
}
teardown() { hosts_down; }

# named NAME: --check calls the daemons' situation so.
named() {
	run on_server "${through[@]}" "$run" --check --json --no-network
	assert_equal "$(jq -r .ipv6 <<<"$output")" "$1"
}

same() {
	run diff -r "$1" "$2"
	assert_success
	assert_output ''
}

# ask_over_ipv4 NAME: puts the answers, logged peers and sockets of all daemons into a directory.
ask_over_ipv4() {
	local name
	daemons_ask "$answers/$1/loopback" "$server" 127.0.0.1
	daemons_ask "$answers/$1/client" "$client" $server4
	mkdir "$answers/$1/logged"
	for name in $daemons; do daemon_logged "$name" >"$answers/$1/logged/$name"; done
	daemons_sockets >"$answers/$1.sockets"
}

# Starts all daemons without the shim, and under it; these go on. Answers and logs are the same.
assert_same_over_ipv4() {
	daemons_start "${through[@]}"
	ask_over_ipv4 plain
	daemons_stop
	daemons_start "${through[@]}" "$run" --log=info --
	ask_over_ipv4 shim
	same "$answers/plain" "$answers/shim"
	# And not empty.
	run -0 find "$answers/plain/client" -type f -empty
	assert_output ''
	run -0 sort -u "$answers"/plain/logged/{dovecot,ngircd,nginx,python3}
	assert_output $'127.0.0.1\n192.0.2.2'
}

in6_reaches() { on_client "$programs/ask" $server6/8080 'GET / HTTP/1.0' ''; }

# The same processes answer the same over IPv6 as over IPv4, except the client's address.
assert_taken_up() {
	local name
	wait_until in6_reaches
	daemons_ask "$answers/6/client" "$client" $server6
	# The tracker counts this client, too.
	LC_ALL=C sed -i 's/d8:complete.*//' "$answers"/{plain,6}/client/opentracker
	sed -Ei "s/2(4[0-9]|5[0-5])(\.[0-9]+){3}|$client6/192.0.2.2/g" "$answers"/6/client/*
	same "$answers/plain/client" "$answers/6/client"
	for name in $daemons; do kill -0 "${daemon_pid[$name]}"; done
	wait_until eval 'daemon_logged dovecot | grep -qx $client6'
	# IPv4 as before.
	daemons_ask "$answers/4/client" "$client" $server4
	LC_ALL=C sed -i 's/d8:complete.*//' "$answers/4/client/opentracker"
	same "$answers/plain/client" "$answers/4/client"
}

# The sockets were dual-stack all the time. (Debian 13's opentracker binds [::ffff:0.0.0.0].)
assert_ready() {
	run -0 cat "$answers/shim.sockets"
	assert_output "$(sed -E 's/\[::ffff:0\.0\.0\.0\]|0\.0\.0\.0/*/' "$answers/plain.sockets" | sort)"
	assert_line "tcp *:1143"
	assert_line "udp *:22124"
}

@test "IPv6 disabled by sysctl, and enabled later" {
	on_server sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	named disabled_by_sysctl
	assert_same_over_ipv4
	assert_ready
	run -0 on_server "$programs/steps" a=tcp6 a.connect:::1/8080
	assert_line 'a.connect:::1/8080 EADDRNOTAVAIL'
	on_server sysctl -qw net.ipv6.conf.all.disable_ipv6=0
	named link_local_only
	ip -n "$server" addr add $server6/64 dev veth0 nodad
	named no_route
	assert_taken_up
	ip -n "$server" -6 route add default via $client6
	named usable
	run -0 ask ::1/8080 'GET / HTTP/1.0' ''
	assert_output --partial 'hello 127.0.0.1'
}

@test "only link-local addresses, and a global one later" {
	ip -n "$server" addr del $server6/64 dev veth0
	named link_local_only
	assert_same_over_ipv4
	assert_ready
	ip -n "$server" addr add $server6/64 dev veth0 nodad
	assert_taken_up
}

@test "an IPv6 address and no route, and a route later; no address" {
	ip -n "$server" -6 addr flush dev veth0
	named no_address
	ip -n "$server" addr add $server6/128 dev veth0 nodad
	ip -n "$server" -6 route flush root ::/0
	named no_route
	assert_same_over_ipv4
	assert_ready
	ip -n "$server" -6 route add 2001:db8:1::/64 dev veth0
	assert_taken_up
}

@test "the address family refused (seccomp): plain IPv4 sockets, now and later" {
	need_filters
	through=("$programs/deny" socket,0=10:EAFNOSUPPORT --)
	named family_refused
	assert_same_over_ipv4
	# The very same sockets.
	same "$answers/plain.sockets" "$answers/shim.sockets"
	run -0 cat "$answers/shim.sockets"
	assert_line 'tcp 0.0.0.0:1143'
	refute_output --partial '*'
	for name in $daemons; do
		grep -qF 'stays IPv4' "$BATS_TEST_TMPDIR/$name.log" || fail "$name: $(log_of "$name")"
	done
	# The host has IPv6 all the time, but a process can't leave its sandbox.
	for name in dovecot ngircd bip opentracker nginx python3; do
		run -0 on_client "$programs/steps" a=tcp6 "a.connect:$server6/${daemon_port[$name]}"
		assert_line --partial ECONNREFUSED
	done
	run -0 on_client "$programs/steps" a=udp6 a.connect:$server6/22124 a.send a.error
	assert_line 'a.error ECONNREFUSED'
}

# dualstack.conf(5) has one list for both families.
@test "a rule's addresses: prefixes of both families in one field" {
	greeter() { start greeter python3 -m http.server --bind "$1" --directory "$BATS_TEST_TMPDIR/www" "$2"; wait_port "$2"; }
	greeter $server4 7001
	greeter $server6 7002
	local rule="address=192.0.2.0/24,2001:db8:1::/48"
	# connect: literals of either family.
	run -0 on_client "$run" --rule="connect ${rule/192.0.2/198.51.100} ipv4" curl -s http://$server4:7001/page
	run -7 on_client "$run" --rule="connect $rule ipv6" curl -s http://$server4:7001/page
	run -0 on_client "$run" --rule="connect $rule ipv6" curl -s "http://[$server6]:7002/page"
	run -7 on_client "$run" --rule="connect $rule ipv4" curl -s "http://[$server6]:7002/page"
	run -0 on_client "$run" --rule="connect $rule ipv4" curl -s http://$server4:7001/page
	run -0 on_client "$run" --rule="connect ${rule/2001:db8:1:/2001:db8:2:} ipv4" curl -s "http://[$server6]:7002/page"
	# bind: of an IPv4 socket and of the program's own IPv6 socket.
	for addresses in 0.0.0.0,:: 0.0.0.0/0,::/0 ::/0,0.0.0.0/0; do
		run -0 on_server "$run" --rule="bind address=$addresses ipv4" -- "$programs/steps" \
			a=tcp4 a.bind:0.0.0.0/7003 a.listen b=tcp6 b.bind:::/7004 b.listen 'sh:ss -Hltn "sport >= :7003"'
		assert_output --partial ' 0.0.0.0:7003 '
		assert_output --partial '[::ffff:0.0.0.0]:7004 '
		refute_output --partial '*:700'
	done
	# It is read once for all, and printed as it was written.
	run -0 "$run" --rule="bind $rule dual" --print-config
	assert_line "bind $rule dual"
}

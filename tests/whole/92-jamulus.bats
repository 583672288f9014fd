# Jamulus with a directory: a server has one entry and one port for both families, and registers over IPv4
# because of a rule. The hosts are demo/lib's.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	local program
	need_root
	for program in ip nft ss nsenter dnsmasq Jamulus jackd jack_lsp python3 socat jq; do need $program; done
	dir=$BATS_TEST_TMPDIR
	load ../../demo/lib/hosts
	load ../../demo/lib/jamulus
	hosts_linked
	wire_watched "$directory"
	echo 'connect udp name=directory.example ipv4' >"$dir/dualstack.conf"
}
teardown() { jamulus_down; }

synthetic='2(4[0-9]|5[0-5])\.[0-9]+\.[0-9]+\.[0-9]+'

# wire FAMILY: how many packets came to the directory.
wire() { datagrams "$directory" "$1"; }

# The ping times of both families, IPv6 first.
outcomes() { ping_times --json | jq -r '[.addresses[] | "\(.family) \(.outcome)"] | join(", ")'; }

known_to_directory() { on "$directory" python3 "$root/demo/lib/jamulus.py" list 127.0.0.1 22124 | sed 1d; }

directory_loses_ipv4() { ip -n "$server" -4 addr flush dev to-directory; }

@test "one entry, one port, both families; the server registers over IPv4" {
	directory_up
	server_up "$run" --config="$dir/dualstack.conf" --
	until_true is_listed
	assert_equal "$(listed)" '192.0.2.33 22124 Both families'
	[ "$(wire IPv4)" -ge 1 ]
	assert_equal "$(wire IPv6)" 0
	assert_equal "$(on "$server" ss -Hlun 'sport = :22124' | awk '{ print $4 }')" '*:22124'

	wire_watched "$server"
	jack_up
	plays "$run" -- Jamulus -n -j -c jam.example:22124
	until_true connected '192\.0\.2\.17'
	assert_equal "$(datagrams "$server" IPv6)" 0
	end "$client"
	# With -6 it also takes IPv6 addresses; the name's first address is one.
	plays "$run" -- Jamulus -n -j -6 -c jam.example:22124
	until_true connected "$synthetic"
	until_true eval '[ "$(datagrams "$server" IPv6)" -gt 10 ]'
	end "$client"

	assert_equal "$(listed)" '192.0.2.33 22124 Both families'
	assert_equal "$(wire IPv6)" 0
}

@test "a client with IPv6 only plays by name with -6; without -6 Jamulus looks for an IPv4 address" {
	server_up "$run" --
	jack_up
	ip -n "$player" -4 addr flush dev to-server
	wire_watched "$server"
	plays "$run" -- strace -f -qq -e trace=sendto -e signal=none -o "$dir/strace" Jamulus -n -j -c jam.example:22124
	# It has no address then.
	until_true grep -q 'inet_addr("0.0.0.0")}, 16) = -1 EINVAL' "$dir/strace"
	assert_equal "$(datagrams "$server" IPv6)" 0
	kill "$client"
	plays "$run" -- Jamulus -n -j -6 -c jam.example:22124
	until_true connected "$synthetic"
	assert_equal "$(datagrams "$server" IPv4)" 0
}

@test "without an IPv4 route to the directory the server is not registered, and nothing goes over IPv6" {
	directory_up
	directory_loses_ipv4
	jamulus "$server" server "$run" --config="$dir/dualstack.conf" -- strace -f -qq -e trace=sendto -e signal=none \
		-o "$dir/strace" Jamulus -s -n -p 22124 -e directory.example:22124 -o 'Both families;Here;82'
	until_true grep -q '"192.0.2.34")}, 16) = -1 ENETUNREACH' "$dir/strace"
	until_true grep -q 'Registration failed' "$dir/server.log"
	assert_equal "$(known_to_directory)" ''
	assert_equal "$(wire IPv6) $(wire IPv4)" '0 0'
}

@test "a server registers over IPv4 because of the rule; without it, over IPv6, with an address of no use to others" {
	directory_up
	run -0 stray "$run" --config="$dir/dualstack.conf" --
	until_true eval 'known_to_directory | grep -q Stray'
	assert_equal "$(wire IPv6) $(wire IPv4)" '0 1'
	directory_loses_ipv4
	run -1 stray "$run" --config="$dir/dualstack.conf" --
	assert_line 'OSError: [Errno 101] Network is unreachable'
	assert_equal "$(wire IPv6)" 0
	run -0 stray "$run" --
	until_true eval '[ "$(wire IPv6)" = 1 ]'
	run -0 known_to_directory
	assert_output --regexp "$synthetic [0-9]+ Stray"
}

@test "on and off in the configuration file; --probe shows both addresses' times" {
	for state in no yes; do
		echo "enabled = $state" >"$dir/dualstack.conf"
		server_up "$run" --config="$dir/dualstack.conf" --
		case $state in
		no) assert_equal "$(outcomes)" 'ipv6 refused, ipv4 answered' ;;
		yes) assert_equal "$(outcomes)" 'ipv6 answered, ipv4 answered' ;;
		esac
		[ $state = yes ] || end "$jam"
	done
	run -0 ping_times
	assert_line --regexp '^fd00:db8:1::2 +answered +[0-9.]+ ms$'
	assert_line --regexp '^192\.0\.2\.18 +answered +[0-9.]+ ms  chosen$'
}

# For how long is tested with a clock of its own, in tests/unit/resolver/test_known_names.c.
@test "a look-up that yields no IPv6 address does not make a known one forgotten" {
	tells_family
	run -0 looks_twice "$run" --rule='connect tcp ipv6-first' --
	assert_output $'IPv6\nIPv6\nIPv4'
}

@test "the same, by a program whose own IPv4 address is first" {
	tells_family
	run -0 looks_twice "$run" --
	assert_output $'IPv4\nIPv4\nIPv4'
}

@test "the same for datagrams without an IPv4 route: the resolver's answer stands for the IPv6 address" {
	ip -n "$player" -4 addr flush dev to-server
	run -0 looks_twice udp "$run" --
	assert_line --index 0 --regexp "^$synthetic$"
	assert_equal "${lines[1]}" "${lines[0]}"
	assert_line --index 2 192.0.2.18
}

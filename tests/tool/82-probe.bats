# dualstack-run --probe: what is behind a name, over both families, with names from a real DNS server.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names

setup() {
	need jq
	hosts_up
	names_up
	start echo python3 "$root/tests/lib/echo.py" "$server6" 7100 7100
	start echo4 python3 "$root/tests/lib/echo.py" 0.0.0.0 7100 7101
	wait_port 7101
	wait_until eval 'on_server ss -Hltn "sport = :7100" | grep -q "\[$server6\]"'
}
teardown() { hosts_down; }

probe() { on_client "$run" --probe "$@"; }

# refused MESSAGE ARG...: one line on standard error, and nothing looked up or printed.
refused() {
	run -125 --separate-stderr "$run" --probe "${@:2}"
	assert_output ''
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "$stderr" "^dualstack-run: $1"
}

# field NAME: of each address, in order.
field() { jq -r "[.addresses[].$1 | tostring] | join(\" \")" <<<"$output"; }

# A program's connect goes to its own IPv4 address first, then to the other family; prefer = ipv6 turns that round.
@test "both families answer: IPv4 is chosen, or IPv6 if it is preferred, as JSON and as a table" {
	run -0 probe --json both.example 7100
	assert_equal "$(field address)" "$server6 $server4"
	assert_equal "$(field family)" 'ipv6 ipv4'
	assert_equal "$(field outcome)" 'connected connected'
	assert_equal "$(field error)" 'null null'
	assert_equal "$(field chosen)" 'false true'
	assert_equal "$(field tried)" 'true true'
	assert_equal "$(jq -c '[.host, .port, .protocol, .delay_ms, .chosen]' <<<"$output")" \
		"[\"both.example\",7100,\"tcp\",250,\"$server4\"]"
	run -0 jq -e '.addresses | all(.ms >= 0 and .ms < 5000)' <<<"$output"

	run -0 probe both.example 7100
	assert_line --index 0 --regexp '^ADDRESS +OUTCOME +TIME$'
	assert_line --index 1 --regexp "^$server6 +connected +[0-9]+\.[0-9] ms$"
	assert_line --index 2 --regexp "^$server4 +connected +[0-9]+\.[0-9] ms  chosen$"
	assert_equal "${#lines[@]}" 3
	DUALSTACK_PREFER=ipv6 run -0 probe --json both.example 7100
	assert_equal "$(field chosen)" 'true false'
	run -0 on_client "$run" --rule='connect ipv6' --probe both.example 7100
	assert_line --index 1 --regexp "^$server6 .* ms  chosen$"
	assert_line --index 2 --regexp "^$server4 .* ms  left out by a rule$"
}

@test "one family only, by name and by address; a service by its name" {
	run -0 probe --json both.example 7101
	assert_equal "$(field outcome)" 'refused connected'
	assert_equal "$(field error)" 'ECONNREFUSED null'
	assert_equal "$(jq -r .chosen <<<"$output")" "$server4"
	run -0 probe --json six.example 7100
	assert_equal "$(field address)" "$server6"
	run -0 probe $server4 7101
	assert_line --index 1 --regexp "^$server4 +connected .*chosen$"
	run -1 probe "$server6" 7101
	assert_line --index 1 --regexp "^$server6 +Connection refused +[0-9.]+ ms$"
	run -1 probe --json "$server6" imap2
	assert_equal "$(jq -c '[.port, .chosen]' <<<"$output")" '[143,null]'
}

@test "nobody answers over IPv6, which is preferred: IPv4 is chosen after the delay, and none with a delay of 0" {
	drop_in6 $dead6
	export DUALSTACK_PREFER=ipv6
	run -0 probe --timeout=0.8 --json dead.example 7101
	assert_equal "$(field address)" "$dead6 $server4"
	assert_equal "$(field outcome)" 'no_answer connected'
	assert_equal "$(jq -r .chosen <<<"$output")" $server4
	run -0 jq -e '.addresses[0].ms >= 800' <<<"$output"
	DUALSTACK_DELAY=0 run -0 probe --json --timeout=0.3 dead.example 7101
	assert_equal "$(jq -c '[.delay_ms, .chosen]' <<<"$output")" '[0,null]'
	DUALSTACK_DELAY=0 run -0 probe --json --timeout=0.3 eight.example 7101
	assert_equal "$(jq -r .chosen <<<"$output")" $server4
	DUALSTACK_DELAY=1000 run -0 probe --json --timeout=.3 dead.example 7101
	assert_equal "$(jq -c '[.delay_ms, .chosen]' <<<"$output")" "[1000,\"$server4\"]"
}

@test "eight addresses, of which seven refuse: they are all asked, and the last is chosen" {
	run -0 probe --json eight.example 7101
	assert_equal "$(jq '.addresses | length' <<<"$output")" 8
	assert_equal "$(jq '[.addresses[] | select(.outcome == "refused")] | length' <<<"$output")" 7
	assert_equal "$(jq -r .chosen <<<"$output")" $server4
}

@test "what it says is what a program gets" {
	drop_in6 $dead6
	for DUALSTACK_PREFER in own ipv6; do
		export DUALSTACK_PREFER
		for name in both dead eight six; do
			run -0 probe --timeout=0.5 --json $name.example 7100
			chosen=$(jq -r .chosen <<<"$output")
			run -0 on_client "$run" --log=info -- "$programs/blocks" plain $name.example 7100
			assert_output --regexp "\\[?${chosen//./\\.}\\]?:7100 (connected|is given to the program)"
		done
	done
}

@test "the library switched off: what is there is shown all the same, and nothing is chosen" {
	DUALSTACK_DISABLE=1 run -0 probe both.example 7100
	assert_line --regexp "^$server6 +connected +[0-9.]+ ms$"
	assert_line 'The library is switched off and chooses none.'
	DUALSTACK_DISABLE=1 run -0 probe --json both.example 7100
	assert_equal "$(jq -c '[.delay_ms, .chosen]' <<<"$output")" '[null,null]'
}

@test "no route: the address is shown with that" {
	ip -n "$client" -6 route del 2001:db8:1::/64
	run -1 probe --json "$server6" 7100
	assert_equal "$(field outcome)" failed
	assert_equal "$(field error)" ENETUNREACH
	ip -n "$client" -4 route del 192.0.2.0/24
	run -1 probe --json $server4 7101
	assert_equal "$(field error)" ENETUNREACH
	run -1 probe $server4 7101
	assert_line --partial 'Network is unreachable'
}

@test "UDP: bytes are sent and any answer counts; refused and silent are told apart" {
	# The server has several addresses, and an answer from another one than was asked is none.
	start udp "$run" -- "$programs/udp_serve" pktinfo 7200
	wait_until eval 'on_server ss -Hlun "sport = :7200" | grep -q .'
	run -0 probe --udp=0102fF --json both.example 7200
	assert_equal "$(field outcome)" 'answered answered'
	assert_equal "$(jq -r .protocol <<<"$output")" udp
	assert_equal "$(jq -r .chosen <<<"$output")" $server4
	run -0 probe --udp= both.example 7200
	assert_line --regexp "^$server6 +answered +[0-9.]+ ms$"
	assert_line --regexp "^$server4 +answered +[0-9.]+ ms  chosen$"

	run -1 probe --udp=00 --json both.example 7201
	assert_equal "$(field outcome)" 'refused refused'
	assert_equal "$(field error)" 'ECONNREFUSED ECONNREFUSED'
	start silent socat -u UDP4-RECV:7202 OPEN:/dev/null
	wait_until eval 'on_server ss -Hlun "sport = :7202" | grep -q .'
	run -1 probe --timeout=0.3 --udp=00 four.example 7202
	assert_line --regexp "^$server4 +no answer +3[0-9]+\.[0-9] ms  chosen$"
	run -0 probe --udp="$(printf '00%.0s' $(seq 1400))" four.example 7200
}

@test "a Jamulus server answers to its ping over both families, and to IPv4 alone without the library" {
	need Jamulus
	ping=0000e903000400000000006f60
	mkdir "$BATS_TEST_TMPDIR/home"
	for prefix in "$run" env; do
		HOME=$BATS_TEST_TMPDIR/home QT_QPA_PLATFORM=offscreen start jamulus "$prefix" Jamulus -s -n -p 22124
		wait_until eval 'on_server ss -Hlun "sport = :22124" | grep -q .'
		run -0 on_client "$run" --probe --udp=$ping --json $server4 22124
		assert_equal "$(field outcome)" answered
		run on_server "$run" --probe --udp=$ping --json ::1 22124
		case $prefix in
		env) assert_equal "$status $(field outcome)" '1 refused' ;;
		*) assert_equal "$status $(field outcome)" '0 answered' ;;
		esac
		stop "$started"
	done
}

@test "a name that is none: one line, 1" {
	for name in nosuch.example 127.0.0.300 ../../etc/passwd -- "$(printf 'a%.0s' $(seq 250))"; do
		run -1 --separate-stderr probe -- "$name" 7100
		assert_output ''
		assert_equal "${#stderr_lines[@]}" 1
		assert_regex "$stderr" '^dualstack-run: --probe: .*: [A-Z]'
	done
}

@test "options stand anywhere, with a blank, and an address may have brackets" {
	run -1 on_server "$run" --probe '[::1]' 1 --timeout 1
	assert_line --partial '::1'
	run -1 on_server "$run" --json --timeout 1 --probe 127.0.0.1 --udp 00 1
	assert_line --partial '"protocol": "udp"'
}

@test "bad arguments: 125, one line" {
	local long
	long=$(printf 'a%.0s' $(seq 4096))
	refused '--probe: no HOST and PORT given'
	refused '--probe: no HOST and PORT given' --json
	refused '--probe: no PORT given' localhost
	refused '--probe: no PORT given' -- localhost
	refused "--probe: unexpected 'third'" localhost 80 third
	refused "unknown option '--nonsense'" --nonsense localhost 80
	refused "unknown option '--json=yes'" --json=yes localhost 80
	refused "unknown option '-1'" localhost -1
	refused "--probe: HOST '' is not" '' 80
	refused "--probe: HOST 'a+' is not" "$long" 80
	refused "--probe: HOST 'local.host' has a space" $'local\nhost' 80
	refused "--probe: HOST 'local host' has a space" 'local host' 80
	refused "--probe: PORT '0' is not from 1 to 65535" localhost 0
	refused "--probe: PORT '65536' is not from 1 to 65535" localhost 65536
	refused "--probe: PORT '999999999999' is not" localhost 999999999999
	refused "--probe: PORT '' is neither" localhost ''
	refused "--probe: PORT '8o' is neither" localhost 8o
	refused "--probe: PORT '../../etc' is neither" localhost ../../etc
	refused "--probe: PORT 'a.b' is neither" localhost $'a\nb'
	refused "--probe: PORT 'a+' is neither" localhost "$long"
	for seconds in 0 0.09 60.1 -1 1e1 0x1 inf nan 1.2.3 ' 1' '1 ' . ../1 "$long" $'1\n'; do
		refused '--timeout: .* is not a number of seconds from 0.1 to 60$' "--timeout=$seconds" localhost 80
	done
	for hex in 0 0g ' ' 0x00 '00 ' $'00\n' '../00' 000; do
		refused '--udp: .* is not made of pairs of hexadecimal digits$' "--udp=$hex" localhost 80
	done
	refused '--udp: 2048 bytes, expected at most 1400' "--udp=$long" localhost 80
	refused '--udp: 1401 bytes, expected at most 1400' "--udp=$(printf '00%.0s' $(seq 1401))" localhost 80
}

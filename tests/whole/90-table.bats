# demo/table measures figure 12.5 of UNIX Network Programming (volume 1, 3rd edition). It is run once. Every
# combination is compared with what is expected here, and, without the library, with the book.

bats_require_minimum_version 1.5.0
load ../lib/helper

tools='ip nft ss sysctl dnsmasq socat jq python3'

setup_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	local tool
	for tool in $tools; do command -v "$tool" >/dev/null || return 0; done
	export table=$BATS_FILE_TMPDIR/table
	"$root/demo/table" --json "$table.json" --markdown "$table.md" --svg "$table.svg" >"$table.text" 2>"$table.errors" </dev/null 3>&- ||
		cat "$table.errors" >&2
}

setup() {
	local tool
	need_root
	for tool in $tools; do need "$tool"; done
	server=
}

# The columns, and the book's figure in the first four of them, a row each. The program and the host of each
# side; "no*" depends on the address that the client chooses.
book='
                    ipv4/ipv4_only  ipv6/ipv6_only  ipv4/dual_stack  ipv6/dual_stack
ipv4/ipv4_only      ipv4            no              ipv4             ipv4
ipv6/ipv6_only      no              ipv6            no               ipv6
ipv4/dual_stack     ipv4            no              ipv4             ipv4
ipv6/dual_stack     ipv4            ipv6            no*              ipv6'

# Each combination: without the library, with it on the client, on the server, on both; "-" is "no". The first
# four rows and columns are the book's. ipv6_plain does not ask for V4MAPPED addresses.
expected_tcp='
                        ipv4/ipv4_only ipv6/ipv6_only ipv4/dual_stack ipv6/dual_stack ipv4/ipv6_only ipv6/ipv4_only
ipv4/ipv4_only          4444           ----           4444            4444            ----           4444
ipv6/ipv6_only          ----           6666           --66            6666            --66           ----
ipv4/dual_stack         4444           -6-6           4444            4444            ---6           4444
ipv6/dual_stack         4444           6666           -466            6666            --66           4444
ipv4/ipv6_only          ----           -6-6           ---6            -6-6            ---6           ----
ipv6/ipv4_only          4444           ----           -4-4            -4-4            ----           4444
ipv6_plain/dual_stack   -4-4           6666           -466            6666            --66           -4-4'

# Datagrams are not sent to several addresses in turn: an IPv4 address with a route is used before an IPv6 one,
# and an IPv6 one is kept.
expected_udp='
                        ipv4/ipv4_only ipv6/ipv6_only ipv4/dual_stack ipv6/dual_stack ipv4/ipv6_only ipv6/ipv4_only
ipv4/ipv4_only          4444           ----           4444            4444            ----           4444
ipv6/ipv6_only          ----           6666           --66            6666            --66           ----
ipv4/dual_stack         4444           -6-6           4444            4444            ---6           4444
ipv6/dual_stack         4444           6666           --66            6666            --66           4444
ipv4/ipv6_only          ----           -6-6           ---6            -6-6            ---6           ----
ipv6/ipv4_only          4444           ----           ----            ----            ----           4444
ipv6_plain/dual_stack   -4-4           6666           --66            6666            --66           -4-4'

# cells TABLE: a line for each cell, "client server value".
cells() { awk 'NR == 2 { split($0, server) } NR > 2 { for (i = 2; i <= NF; i++) print $1, server[i - 1], $i }' <<<"$1" | sort; }

# measured PROTOCOL: the same for the measurement.
measured() {
	jq -r --arg protocol "$1" '.[] | select(.protocol == $protocol) | "\(.client)/\(.client_host) \(.server)/\(.server_host) " +
		([.measured | .none, .client, .server, .both | .wire | {ipv4: "4", ipv6: "6", no: "-"}[.]] | join(""))' "$table.json" | sort
}

# of_book FILTER: the book's combinations over PROTOCOL, each passed through FILTER.
of_book() {
	jq -r --arg protocol "$1" ".[] | select(.protocol == \$protocol and .book != null) |
		\"\\(.client)/\\(.client_host) \\(.server)/\\(.server_host) \\($2)\"" "$table.json" | sort
}

@test "TCP: every combination, without the library, on the client, on the server, on both" {
	assert_equal "$(measured tcp)" "$(cells "$expected_tcp")"
	assert_equal "$(measured tcp | wc -l)" 42
}

@test "UDP: every combination, without the library, on the client, on the server, on both" {
	assert_equal "$(measured udp)" "$(cells "$expected_udp")"
	assert_equal "$(measured udp | wc -l)" 42
}

@test "without the library it is the book's figure 12.5" {
	for protocol in tcp udp; do
		assert_equal "$(of_book $protocol .measured.none.wire)" "$(cells "$book" | sed 's/\*//')"
		assert_equal "$(of_book $protocol .book)" "$(cells "$book")"
	done
}

@test "with the library nothing that worked is lost, and only two of the book's combinations stay impossible" {
	run -0 jq -r '[.[] | select(.measured.none.wire != "no") | .measured[] | select(.wire == "no")] | length' "$table.json"
	assert_output 0
	for protocol in tcp udp; do
		run -0 of_book $protocol .measured.both.wire
		assert_equal "$(grep -c ' no$' <<<"$output")" 2
		assert_line 'ipv4/ipv4_only ipv6/ipv6_only no'
		assert_line 'ipv6/ipv6_only ipv4/ipv4_only no'
	done
}

@test "the router has forwarded every protocol that is reported; between IPv4-only and IPv6-only hosts it forwards nothing" {
	run -0 jq -r '[.[] | .measured[] | select(.wire != "no" and ."packets_\(.wire)" == 0)] | length' "$table.json"
	assert_output 0
	# Only one family was tried: over UDP always, over TCP without the library.
	run -0 jq -r '[.[] | (.measured.none, (select(.protocol == "udp") | .measured[])) |
		select(.wire != "no" and .packets_ipv4 > 0 and .packets_ipv6 > 0)] | length' "$table.json"
	assert_output 0
	run -0 jq -r '[.[] | select([.client_host, .server_host] | sort == ["ipv4_only", "ipv6_only"]) | .measured[] |
		.packets_ipv4 + .packets_ipv6] | "\(length) \(add)"' "$table.json"
	# Eight combinations of each protocol, in four modes.
	assert_output '64 0'
}

@test "demo/table.md and demo/table.svg are what was measured" {
	run -0 diff "$root/demo/table.md" "$table.md"
	run -0 diff "$root/demo/table.svg" "$table.svg"
}

@test "the picture is XML, and has a box for each measurement" {
	run -0 python3 -c 'import sys, xml.dom.minidom
boxes = [r.getAttribute("class") for r in xml.dom.minidom.parse(sys.argv[1]).getElementsByTagName("rect")]
print(*(boxes.count(c) for c in ("yes", "no", "new")))' "$table.svg"
	# One of each is in the legend.
	assert_output "$(jq -r '[.[] | .measured | .none.wire as $n | .[].wire |
		if . == "no" then "no" elif $n == "no" then "new" else "yes" end] |
		[(("yes", "no", "new") as $c | map(select(. == $c)) | length + 1)] | join(" ")' "$table.json")"
}

@test "in a terminal: 80 columns, what is new marked with a plus and green; no colours elsewhere" {
	need_terminal
	run -0 cat "$table.text"
	refute_output --partial $'\e'
	assert_equal "$(awk 'length > 80 || / $/' "$table.text")" ''
	assert_line 'IPv4 client, dual-stack     4  4  4  4   no +6 no +6    4  4  4  4    4  4  4  4'
	assert_line 'IPv6 client, dual-stack     4  4  4  4    6  6  6  6  no* +4 +6 +6    6  6  6  6'
	assert_line '  TCP: 5 without it, 3 with it on the client, 3 on the server, 2 on both'
	assert_line '  UDP: 5 without it, 4 with it on the client, 3 on the server, 2 on both'
	assert_equal "$(cat "$table.errors")" ''
	run -0 script -qec "'$root/demo/table'" /dev/null </dev/null
	assert_output --partial $'\e[1;32m +6\e[0m'
	assert_output --partial $'\e[31mno*\e[0m'
}

# shown NUMBER: prints that step.
shown() { sed -n "/^$1\. /,/^\$/p" <<<"$steps"; }

@test "section 12.3, step by step" {
	run -0 "$root/demo/table" --steps
	steps=$output
	# The book: a V4MAPPED address, an IPv4 SYN, and an IPv4 server that sees an IPv4 client.
	run -0 shown 1
	assert_line '  client  getaddrinfo("s4.example", AF_INET6, AI_V4MAPPED): ::ffff:192.0.2.34'
	assert_line '  client  connect(AF_INET6 socket, ::ffff:192.0.2.34): ok'
	assert_line '  client  getsockname(): ::ffff:192.0.2.26'
	assert_line '  client  getpeername(): ::ffff:192.0.2.34'
	assert_line '  server  accept(): AF 2, 192.0.2.26'
	assert_line --regexp 'IPv4 [1-9][0-9]*, IPv6 0$'
	# The resolver gives V4MAPPED addresses only if asked; under the library it always does.
	run -0 shown 2
	assert_line --partial 'no flags): No address associated with hostname'
	assert_line --regexp 'IPv4 0, IPv6 0$'
	run -0 shown 3
	assert_line '  client  getaddrinfo("s4.example", AF_INET6, no flags): ::ffff:192.0.2.34'
	assert_line '  client  hello'
	assert_line '  server  accept(): AF 2, 192.0.2.26'
	assert_line --regexp 'IPv4 [1-9][0-9]*, IPv6 0$'
	# "(no*)": a SYN over IPv6, refused; then, under the library, over IPv4.
	run -0 shown 4
	assert_line '  client  connect(AF_INET6 socket, 2001:db8:6::2): Connection refused'
	assert_line --regexp 'IPv4 0, IPv6 1$'
	run -0 shown 5
	assert_line '  client  getpeername(): ::ffff:192.0.2.50'
	assert_line '  client  hello'
	assert_line --regexp 'IPv4 [1-9][0-9]*, IPv6 1$'
	# The server widened: an IPv6 peer, shown as a synthetic address.
	run -0 shown 6
	assert_line '  client  getpeername(): 2001:db8:6::2'
	assert_line --regexp '^  server  accept\(\): AF 2, 2[45][0-9]\.'
	assert_line --regexp 'IPv4 0, IPv6 [1-9][0-9]*$'
}

# refused MESSAGE ARG...: one line on standard error, and no measurement.
refused() {
	run -125 --separate-stderr "$root/demo/table" "${@:2}"
	assert_output ''
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "$stderr" "^demo/table: $1"
}

@test "bad arguments are refused before anything is done" {
	long=$(printf 'x%.0s' {1..4096})
	refused ".*not an option" --no-such
	refused ".*not an option" ''
	refused ".*not an option" --
	refused ".*not an option" $'a\nb'
	refused ".*not an option" "--$long"
	refused ".*not an option" "--markdown=x"
	for option in --markdown --svg --json; do
		refused "$option needs a file" $option
		refused "$option needs a file" $option ''
		refused "cannot write" $option "$BATS_TEST_TMPDIR"
		refused "cannot write" $option "$BATS_TEST_TMPDIR/none/../x"
		refused "cannot write" $option "$BATS_TEST_TMPDIR/"$'a\n/b'
		refused "cannot write" $option "$BATS_TEST_TMPDIR/$long"
	done
	refused "--steps" --steps --json "$BATS_TEST_TMPDIR/x"
	refused ".*not an option" --json "$BATS_TEST_TMPDIR/x" --no-such
	assert_file_not_exist "$BATS_TEST_TMPDIR/x"
}

gone() { ! ip netns list 2>/dev/null | grep -q "^ut$1-" && ! compgen -G "/etc/netns/ut$1-*"; }

@test "it leaves nothing behind, whenever it ends" {
	"$root/demo/table" --steps >/dev/null 3>&- &
	pid=$!
	wait_until eval 'ip netns pids ut$pid-router | grep -q .'
	run ! gone $pid
	kill -TERM $pid
	wait_until eval '! kill -0 $pid'
	run -0 gone $pid
	"$root/demo/table" --steps >/dev/null 3>&- &
	pid=$!
	wait $pid
	run -0 gone $pid
}

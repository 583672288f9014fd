# dualstack-run --check: what it says of hosts that lack something, of each kind of command, and its errors.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper

teardown() { hosts_down; }

# check STATUS ARG...: --check --json without the network, its result in $json; run by the command in $through.
check() {
	need jq
	json=$BATS_TEST_TMPDIR/json
	run "-$1" --separate-stderr "${through[@]}" "$run" --check --json --no-network "${@:2}"
	assert_equal "$stderr" ''
	printf '%s\n' "$output" >"$json"
	assert_equal "$(jq -r .usable "$json")" "$([ "$1" -eq 0 ] && echo true || echo false)"
}

# says ID STATE FOUND: there is exactly one such finding; FOUND is a regular expression. There is something to
# do about what is not well.
says() {
	run -0 jq -r --arg id "$1" '[.findings[] | select(.id == $id)] | if length == 1 then .[0] |
		.state + ": " + (.found | gsub("\n"; " ")) + if (.state == "ok") == (.advice == "") then "" else " (advice?)" end
		else "\(length) findings" end' "$json"
	assert_output --regexp "^$2: .*$3"
	refute_output --partial '(advice?)'
}
lacks() { assert_equal "$(jq --arg id "$1" '[.findings[] | select(.id == $id)] | length' "$json")" 0; }
situation() { assert_equal "$(jq -r .ipv6 "$json")" "$1"; }
failures() { assert_equal "$(jq -r '[.findings[] | select(.state == "fail") | .id] | join(" ")' "$json")" "$1"; }

# The same on the client; under_client_check STATUS COMMAND...: there, by a command.
client_check() { under_client_check "$1"; }
under_client_check() {
	local through=(ip netns exec "$client" "${@:2}")
	check "$1"
}

default_routes() {
	ip -n "$client" route add default via $server4
	ip -n "$client" -6 route add default via $server6
}

compile() { # NAME COMPILER-AND-OPTIONS...
	echo 'int main(void) { return 0; }' | "${@:2}" -x c -o "$BATS_TEST_TMPDIR/$1" - || return 1
	chmod 755 "$BATS_TEST_TMPDIR/$1"
}

# --- options

refused() {
	run --separate-stderr -125 "$run" --check "${@:2}"
	assert_output ''
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "$stderr" "^dualstack-run: --check: $1"
}

@test "its own errors: 125, one line, nothing looked at" {
	refused "empty COMMAND" ''
	refused "empty COMMAND" --json -- ''
	refused "unknown option '--timeout=1', expected" --timeout 1
	local option
	for option in --nonsense --json=yes --no-network= - $'--help\nexit' "-$(printf 'x%.0s' $(seq 4096))"; do
		run --separate-stderr -125 "$run" --check "$option"
		assert_output ''
		assert_regex "$stderr" "^dualstack-run: unknown option '-[^']*'; see dualstack-run --help$"
	done
}

@test "a command is given with or without its arguments, a directory is none, and a bad configuration is a finding" {
	check 0 python3 -m http.server --bind 0.0.0.0 8000
	says command ok '/python3$'
	run -1 "$run" --check --no-network /tmp
	assert_line --regexp "^fail     command         '/tmp': not an executable file"
	assert_line --regexp '^ *Name a program\.'
	echo 'delay = soon' >"$BATS_TEST_TMPDIR/bad"
	DUALSTACK_CONFIG=$BATS_TEST_TMPDIR/bad check 1 true
	says configuration fail "$BATS_TEST_TMPDIR/bad:1:9: unknown value 'soon'"
	says command ok true
	DUALSTACK_TEXT=6 check 1
	says configuration fail "DUALSTACK_TEXT: unknown value '6'"
}

@test "programs that were tried, and want something" {
	local name
	for name in exim4 postfix java; do
		ln -sf /bin/true "$BATS_TEST_TMPDIR/$name"
		check 0 "$BATS_TEST_TMPDIR/$name"
		says known note "$name (executes|cleans|serves)"
	done
	check 0 true
	lacks known
}

@test "a result that can't be written is an error, too" {
	run --separate-stderr -125 sh -c "exec $run --check --no-network >/dev/full"
	assert_regex "$stderr" "can't write to standard output: No space left on device"
}

@test "names that mean to escape are names of commands that are not there" {
	local name
	for name in ../../nosuch $'a\nb' '{"x":1}' '"' $'\e[31m' -- "$(printf 'x%.0s' $(seq 4096))" \
		"/$(printf 'y/%.0s' $(seq 2500))" ..; do
		[ "$name" != -- ] || name=--/--
		check 1 -- "$name"
		failures command
		says command fail 'not (found|an executable file)$'
	done
	run -1 --separate-stderr "$run" --check --no-network $'\e[31m\nok       all_is_well'
	assert_output --partial "'?[31m?ok       all_is_well': not found"
}

@test "text: a line to a finding, its state first, and its advice below" {
	run -1 --separate-stderr "$run" --check --no-network /nosuch
	assert_line --regexp '^ok       kernel_ipv6     '
	assert_line --regexp '^fail     command         .*not found$'
	assert_line --index $((${#lines[@]} - 1)) --regexp '^ {25}Install it'
}

# --- the host

@test "a host that has everything; mark, bindv6only" {
	hosts_up
	default_routes
	client_check 0
	situation usable
	says kernel_ipv6 ok 'has IPv6'
	says disable_ipv6 ok 'not disabled'
	says bindv6only ok 'is 0'
	# Addresses for documentation, as these are, belong to nobody else (RFC 5737, RFC 3849).
	says addresses_ipv4 ok '1 private \(192.0.2.2 on veth0\)'
	says addresses_ipv6 note "1 private \\($client6 on veth0\\), 1 link-local \\(fe80::.* on veth0\\)"
	says route_ipv4 ok 'through veth0'
	says route_ipv6 ok 'through veth0'
	says resolver_aaaa unknown 'not asked'
	# What other programs rely on.
	run -0 jq -c 'keys, (.findings | map(keys) | unique), (.findings | map(.id))' "$json"
	assert_line --index 0 '["findings","ipv6","usable"]'
	assert_line --index 1 '[["advice","found","id","state"]]'
	assert_line --index 2 '["kernel_ipv6","disable_ipv6","bindv6only","mark","addresses_ipv4","addresses_ipv6","route_ipv4","route_ipv6","resolver_aaaa","firewall","configuration"]'
	on_client sysctl -qw net.ipv6.bindv6only=1
	client_check 0
	says bindv6only note 'is 1'
}

@test "the mark is tried on each protocol" {
	need_filters
	local through
	# Protocol 262 is IPPROTO_MPTCP, which the kernel may have or not.
	through=("$programs/deny" socket,2=262:EPROTONOSUPPORT --)
	check 0
	says mark note 'MPTCP sockets can.t \(EPROTONOSUPPORT\)'
	through=("$programs/deny" setsockopt,1=1,2=18:EPERM --)
	check 0
	says mark warn 'UDP sockets can.t \(EPERM\)'
	through=("$programs/deny" setsockopt,1=41,2=29:ENOPROTOOPT --)
	check 1
	says mark fail 'TCP sockets can.t be marked \(ENOPROTOOPT\)'
	failures mark
}

@test "the address family refused: by a sandbox" {
	need_filters
	hosts_up
	default_routes
	for error in EAFNOSUPPORT EPERM EACCES; do
		under_client_check 1 "$programs/deny" socket,0=10:$error --
		situation family_refused
		failures kernel_ipv6
		says kernel_ipv6 fail "refused \\($error\\), by a sandbox"
		says mark unknown 'no AF_INET6 socket'
		says addresses_ipv6 note "$client6"
		says route_ipv6 ok veth0
	done
}

@test "no IPv6 in the kernel" {
	need_filters
	hosts_up
	# As it is there: no such sockets, and nothing of IPv6 in /proc.
	under_client_check 1 unshare -m sh -c 'mount -t tmpfs none /proc/sys/net && exec "$@"' sh \
		"$programs/deny" socket,0=10:EAFNOSUPPORT --
	situation family_refused
	failures kernel_ipv6
	says kernel_ipv6 fail '(no IPv6 in the kernel|ipv6.disable=1)$'
	says disable_ipv6 unknown 'can.t be read'
	says bindv6only unknown 'can.t be read'
}

@test "IPv6 disabled by sysctl: on all interfaces, some, lo, later ones" {
	hosts_up
	default_routes
	on_client sysctl -qw net.ipv6.conf.default.disable_ipv6=1
	client_check 0
	says disable_ipv6 note 'made later'
	on_client sysctl -qw net.ipv6.conf.lo.disable_ipv6=1
	client_check 0
	says disable_ipv6 warn 'there is no ::1'
	on_client sysctl -qw net.ipv6.conf.lo.disable_ipv6=0
	# By interface, and lo has it: for the world, it is disabled.
	on_client sysctl -qw net.ipv6.conf.veth0.disable_ipv6=1
	client_check 1
	situation disabled_by_sysctl
	failures disable_ipv6
	says disable_ipv6 fail 'on veth0$'
	says addresses_ipv6 warn 'only 1 loopback'
	says route_ipv6 warn 'no default route'
	# A second interface that has it; one that is down does not count.
	ip -n "$client" link add name veth1 type veth peer name veth2
	client_check 1
	on_client sysctl -qw net.ipv6.conf.veth1.disable_ipv6=0
	ip -n "$client" link set veth1 up
	client_check 0
	says disable_ipv6 warn 'on 1 of 2 interfaces, such as veth0'
	on_client sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	client_check 1
	situation disabled_by_sysctl
	says disable_ipv6 fail 'on all interfaces, such as veth'
	says addresses_ipv6 warn 'none$'
}

@test "no address, link-local only, an address but no route, private ones" {
	hosts_up
	client_check 0
	situation no_route
	says route_ipv6 warn 'no default route for IPv6'
	says route_ipv4 note 'no default route for IPv4'
	ip -n "$client" -6 addr del $client6/64 dev veth0
	client_check 0
	situation link_local_only
	says addresses_ipv6 warn 'only 1 link-local \(fe80::.* on veth0\)$'
	ip -n "$client" -6 addr flush dev veth0
	client_check 0
	situation no_address
	says addresses_ipv6 warn 'only 1 loopback \(::1 on lo\)$'
	ip -n "$client" -6 addr add fd00:1::1/64 dev veth0 nodad
	ip -n "$client" -6 addr add fd00:1::2/64 dev veth0 nodad
	ip -n "$client" -6 route add default dev veth0
	client_check 0
	situation usable
	says addresses_ipv6 note '2 private \(first: fd00:1::. on veth0\)$'
	ip -n "$client" addr flush dev veth0
	client_check 0
	says addresses_ipv4 note 'only 1 loopback'
	ip -n "$client" addr add 10.1.2.3/8 dev veth0
	ip -n "$client" addr add 2a00::1/64 dev veth0 nodad
	client_check 0
	says addresses_ipv4 ok '1 private'
	says addresses_ipv6 ok '1 global \(2a00::1 on veth0\)'
}

@test "routes: what rejects is none, several can do for the default, other tables count" {
	hosts_up
	for kind in unreachable prohibit blackhole; do
		ip -n "$client" route add $kind default metric 10
		ip -n "$client" -6 route add $kind default metric 10
		client_check 0
		says route_ipv4 note 'no default route'
		says route_ipv6 warn 'no default route'
		situation no_route
		ip -n "$client" route del $kind default metric 10
		ip -n "$client" -6 route del $kind default metric 10
	done
	for half in 0.0.0.0/1 128.0.0.0/1; do ip -n "$client" route add $half via $server4; done
	ip -n "$client" -6 route add default via $server6 table 7
	ip -n "$client" -6 rule add from all lookup 7
	client_check 0
	says route_ipv4 ok 'other routes'
	says route_ipv6 ok 'veth0'
	situation usable
	ip -n "$client" -6 rule del from all lookup 7
	client_check 0
	says route_ipv6 warn 'through veth0, which the kernel does not take'
	situation no_route
}

# --- the resolver

# asked STATE FOUND: as says, of resolver_aaaa, when it may be asked on the client.
asked() {
	json=$BATS_TEST_TMPDIR/json
	on_client "$run" --check --json >"$json" 3>&-
	says resolver_aaaa "$@"
}

dns() {
	[ -z "${dns:-}" ] || stop "$dns"
	start_dns --local=/root-servers.net/ "$@"
	dns=$started
	wait_until eval 'on_server ss -Hlun "sport = :53" | grep -q .'
}

@test "the resolver: AAAA or not, no-aaaa, no answer, no such name" {
	hosts_up
	need dnsmasq
	need jq
	local conf=/etc/netns/$client/resolv.conf
	mkdir -p "/etc/netns/$client"
	echo "nameserver $server4" >"$conf"
	dns --host-record=a.root-servers.net,198.41.0.4,2001:503:ba3e::2:30
	asked ok 'gives IPv6 addresses'
	RES_OPTIONS='ndots:2 no-aaaa' asked warn 'no-aaaa in .*RES_OPTIONS'
	RES_OPTIONS='ndots:2 aaaa' asked ok ''
	printf 'nameserver %s\noptions timeout:1 no-aaaa\n' $server4 >"$conf"
	asked warn 'no-aaaa in resolv.conf'
	# Without the network it is known all the same.
	client_check 0
	says resolver_aaaa warn 'no-aaaa in resolv.conf'
	printf '# options no-aaaa\nnameserver %s\n' $server4 >"$conf"
	asked ok ''
	dns --host-record=a.root-servers.net,198.41.0.4
	asked warn 'leaves out AAAA: it gave an IPv4 address'
	dns
	asked unknown 'found no address'
	stop "$dns"
	asked unknown 'found no address'
}

@test "the resolver: one that does not answer is not waited for for ever" {
	hosts_up
	need socat
	mkdir -p "/etc/netns/$client"
	printf 'nameserver %s\noptions timeout:30\n' $server4 >"/etc/netns/$client/resolv.conf"
	start silence socat -u UDP4-RECV:53 OPEN:/dev/null
	wait_until eval 'on_server ss -Hlun "sport = :53" | grep -q .'
	asked unknown 'did not answer within 5 s'
}

@test "without the network, nothing is sent" {
	hosts_up
	need strace
	default_routes
	on_client strace -f -e trace=sendto,sendmsg,sendmmsg,connect,bind -o "$BATS_TEST_TMPDIR/trace" \
		"$run" --check --no-network dovecot >/dev/null || true
	# To AF_NETLINK, the kernel; a UDP connect() is not a packet.
	run -1 sh -c "grep -v nlmsg_ '$BATS_TEST_TMPDIR/trace' | grep -E 'send.*AF_INET'"
	assert [ -s "$BATS_TEST_TMPDIR/trace" ]
}

# --- the firewall

rules() {
	on_client nft flush ruleset
	on_client nft "$1"
	client_check 0
}

in_ip='type filter hook input priority 0;'

@test "a firewall of nftables for IPv4 only is told from one for both" {
	hosts_up
	need nft
	client_check 0
	says firewall ok 'neither'
	rules "add table ip t; add chain ip t in { $in_ip policy drop; }; add rule ip t in tcp dport 22 accept"
	says firewall warn 'IPv4 is filtered, IPv6 is not'
	run -0 jq -r '.findings[] | select(.id == "firewall").advice' "$json"
	assert_output --partial 'open to everybody over IPv6'
	rules "add table ip t; add chain ip t in { $in_ip }; add rule ip t in tcp dport 25 reject"
	says firewall warn 'IPv6 is not'
	rules "add table ip t; add chain ip t more; add chain ip t in { $in_ip }
		add rule ip t in jump more; add rule ip t more tcp dport vmap { 25 : drop, 80 : accept }"
	says firewall warn 'IPv6 is not'
	rules "add table inet t; add chain inet t in { $in_ip }; add rule inet t in ip saddr 192.0.2.0/24 drop"
	says firewall warn 'IPv6 is not'
	rules "add table inet t; add chain inet t in { $in_ip }; add rule inet t in meta nfproto ipv4 tcp dport 25 drop"
	says firewall warn 'IPv6 is not'
	rules "add table inet t; add chain inet t in { $in_ip policy drop; }"
	says firewall ok 'both'
	rules "add table ip t; add chain ip t in { $in_ip policy drop; }; add table ip6 t
		add chain ip6 t in { $in_ip }; add rule ip6 t in tcp dport 25 drop"
	says firewall ok 'both'
	rules "add table ip6 t; add chain ip6 t in { $in_ip policy drop; }"
	says firewall note 'IPv6 is filtered, IPv4 is not'
}

@test "what is no filter of what comes in is none" {
	hosts_up
	need nft
	rules "add table ip t; add chain ip t over { type filter hook forward priority 0; policy drop; }
		add chain ip t in { $in_ip }; add chain ip t below; add rule ip t below drop
		add rule ip t over drop; add rule ip t over jump below"
	says firewall ok 'neither'
	rules "add table ip t; add chain ip t in { $in_ip }
		add rule ip t in log prefix \"drop this\" accept comment \"not a reject\""
	says firewall ok 'neither'
	rules "add table ip t; add set ip t DROP { type ipv4_addr; elements = { 192.0.2.9, 192.0.2.10 }; }
		add chain ip t REJECT; add chain ip t in { $in_ip }; add rule ip t REJECT counter
		add rule ip t in ip saddr @DROP jump REJECT"
	says firewall ok 'neither'
}

@test "a firewall of iptables-legacy, and of iptables" {
	hosts_up
	need iptables-legacy
	need iptables-nft
	on_client iptables-nft -A INPUT -p tcp --dport 25 -j REJECT
	client_check 0
	says firewall warn 'IPv6 is not'
	on_client ip6tables-nft -A INPUT -p tcp --dport 25 -j REJECT
	client_check 0
	says firewall ok 'both'
	on_client nft flush ruleset
	on_client iptables-legacy -P FORWARD DROP
	client_check 0
	says firewall unknown 'rules of iptables-legacy\(8\), which are not judged'
}

@test "a firewall that the caller may not see, or nothing can show, is unknown" {
	hosts_up
	need nft
	on_client nft "add table ip t; add chain ip t in { $in_ip policy drop; }"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	under_client_check 0 setpriv --reuid 65534 --regid 65534 --clear-groups
	says firewall unknown 'only root can list the rules'
	# A host without nft: an empty directory in front of where it is.
	mkdir "$BATS_TEST_TMPDIR/empty"
	ip netns exec "$client" unshare -m sh -c 'mount --bind "$0" /usr/sbin && shift && exec "$@"' \
		"$BATS_TEST_TMPDIR/empty" x "$run" --check --json --no-network >"$BATS_TEST_TMPDIR/json"
	says firewall unknown 'nft\(8\) is not installed'
}

# --- commands

command_is() { # STATUS COMMAND: failures are those that follow
	check "$1" "$2"
	failures "${*:3}"
}

@test "services and clients that can be preloaded" {
	local command
	for command in dovecot bip weechat-headless ngircd /usr/bin/python3 perl; do
		need "$command"
		command_is 0 "$command"
		says command ok "/$(basename "$command")\$"
		says word_size ok "$(getconf LONG_BIT)-bit"
		says static ok dynamically
		says libc ok as
		says go ok not
		says set_id ok neither
		says capabilities ok no
		lacks script
	done
}

@test "commands that are not there, or no programs" {
	local dir=$BATS_TEST_TMPDIR
	command_is 1 nosuchcommand command
	says command fail "'nosuchcommand': not found"
	command_is 1 /etc/passwd command
	says command fail 'not an executable file'
	command_is 1 /tmp command
	mkfifo "$dir/fifo"
	chmod 755 "$dir/fifo"
	command_is 1 "$dir/fifo" command
	command_is 1 /dev/null command
	# Beyond what can't be executed, PATH goes on, and an empty part of it is the current directory.
	mkdir "$dir/a" "$dir/b"
	echo >"$dir/a/tool"
	mkdir "$dir/b/tool"
	PATH=$dir/a:$dir/b:$PATH command_is 1 tool command
	says command fail 'not an executable file'
	compile tool gcc
	PATH=$dir/a:$dir/b:$dir:$PATH command_is 0 tool
	says command ok "$dir/tool"
	cd "$dir"
	PATH=/usr/bin:/bin: command_is 0 tool
	says command ok '\./tool$'
	head -c 100 /usr/bin/perl >"$dir/cut"
	printf '\001\002\003\004\000' >"$dir/binary"
	chmod 755 "$dir/cut" "$dir/binary"
	command_is 1 "$dir/cut" command
	says command fail 'damaged'
	command_is 1 "$dir/binary" command
	says command fail 'neither an ELF program nor a script'
}

@test "static programs, of both kinds" {
	compile static gcc -static
	command_is 1 "$BATS_TEST_TMPDIR/static" static
	says static fail 'statically linked'
	lacks libc
	compile pie gcc -static-pie
	command_is 1 "$BATS_TEST_TMPDIR/pie" static
	# It is as the check says: nothing is loaded.
	run -0 "$run" --anyway --log=debug "$BATS_TEST_TMPDIR/pie"
}

@test "a Go program" {
	need fzf
	command_is 1 fzf go
	says go fail 'a Go program'
}

@test "programs for another word size, and for another machine" {
	local bits=$((96 - $(getconf LONG_BIT)))
	compile size gcc -m$bits || skip 'gcc-multilib is not installed'
	command_is 1 "$BATS_TEST_TMPDIR/size" word_size
	says word_size fail "a $bits-bit program"
	run -0 jq -r '.findings[] | select(.id == "word_size").advice' "$json"
	assert_output --partial "Install the $bits-bit library"
	says libc ok 'glibc'
	# Another e_machine: that of s390.
	compile other gcc
	printf '\026' | dd of="$BATS_TEST_TMPDIR/other" bs=1 seek=18 conv=notrunc status=none
	command_is 1 "$BATS_TEST_TMPDIR/other" word_size
	says word_size fail 'another machine \(22 in elf.h\)'
}

@test "programs for another C library, and for one that is not there" {
	need musl-gcc
	compile musl musl-gcc
	command_is 1 "$BATS_TEST_TMPDIR/musl" libc
	says libc fail 'built for musl'
	compile gone gcc -Wl,--dynamic-linker=/nonexistent/ld-linux.so.9
	command_is 1 "$BATS_TEST_TMPDIR/gone" libc
	says libc fail 'loader /nonexistent/ld-linux.so.9 is not there'
	cp "$(readelf -l /usr/bin/perl | sed -n 's/.*interpreter: \(.*\)]/\1/p')" "$BATS_TEST_TMPDIR/ld-linux-own.so"
	compile own gcc "-Wl,--dynamic-linker=$BATS_TEST_TMPDIR/ld-linux-own.so"
	command_is 0 "$BATS_TEST_TMPDIR/own"
	says libc warn 'a glibc of its own'
}

# Who runs a program without rights that the file could give.
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

@test "set-user-ID and set-group-ID programs, by who calls" {
	need_root
	local tool=$BATS_TEST_TMPDIR/tool through
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	compile tool gcc
	chmod 4755 "$tool"
	command_is 0 "$tool"
	says set_id note 'changes nothing for this caller'
	through=("${nobody[@]}")
	command_is 1 "$tool" set_id
	says set_id fail 'set-user-ID to user 0'
	chmod 2755 "$tool"
	command_is 1 "$tool" set_id
	says set_id fail 'set-group-ID to group 0'
	chmod 2745 "$tool"
	command_is 0 "$tool"
	says set_id ok neither
	command_is 1 su set_id
	# Where the kernel gives no rights, ld.so need not be careful.
	through=("${nobody[@]}" --no-new-privs)
	command_is 0 su
	says set_id note 'changes nothing'
	# A program that may be executed, but not read.
	chmod 4711 "$tool"
	through=("${nobody[@]}")
	check 0 "$tool"
	says command unknown 'can.t be read \(Permission denied\)'
}

# What is said is what ld.so does.
@test "set-user-ID programs: ld.so agrees" {
	need_root
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	printf '#include <stdio.h>\n#include <sys/auxv.h>\nint main(void) { printf("%%lu\\n", getauxval(AT_SECURE)); }\n' |
		gcc -x c -o "$BATS_TEST_TMPDIR/secure" -
	local tool=$BATS_TEST_TMPDIR/secure mode through status
	for mode in 755 4755 2755 2745; do
		chmod $mode "$tool"
		for through in root nobody nosuid; do
			case $through in
			root) through=(env) ;;
			nobody) through=("${nobody[@]}") ;;
			nosuid) through=("${nobody[@]}" --no-new-privs) ;;
			esac
			status=$("${through[@]}" "$tool")
			command_is "$status" "$tool" $([ "$status" -eq 0 ] || echo set_id)
		done
	done
	chmod 755 "$tool"
	need setcap
	for with in cap_net_bind_service=ep cap_net_raw=p cap_net_raw=i; do
		setcap "$with" "$tool"
		for through in root nobody; do
			case $through in
			root) through=(env) ;;
			nobody) through=("${nobody[@]}") ;;
			esac
			status=$("${through[@]}" "$tool")
			command_is "$status" "$tool" $([ "$status" -eq 0 ] || echo capabilities)
		done
	done
}

@test "a program with file capabilities" {
	need_root
	need setcap
	local tool=$BATS_TEST_TMPDIR/tool through
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	compile tool gcc
	setcap cap_net_bind_service=ep "$tool"
	command_is 0 "$tool"
	says capabilities note 'changes nothing for this caller'
	through=("${nobody[@]}")
	command_is 1 "$tool" capabilities
	says capabilities fail 'file capabilities'
	setcap cap_net_bind_service=i "$tool"
	command_is 0 "$tool"
}

script() { # NAME LINE...
	printf '%s\n' "${@:2}" >"$BATS_TEST_TMPDIR/$1"
	chmod 755 "$BATS_TEST_TMPDIR/$1"
}

@test "a script is as its interpreter" {
	local dir=$BATS_TEST_TMPDIR
	script python '#!/usr/bin/python3 -u'
	command_is 0 "$dir/python"
	says command ok "$dir/python"
	says script ok 'run by /usr/bin/python3, which decides'
	says static ok ''
	script env '#! /usr/bin/env perl'
	command_is 0 "$dir/env"
	says script ok 'run by /usr/bin/env, perl, which decides'
	script split '#!/usr/bin/env -S A=b perl -u'
	command_is 0 "$dir/split"
	says script ok 'perl'
	script shell '#!/bin/sh' 'exec dovecot'
	command_is 0 "$dir/shell"
	says script note 'run by /bin/sh'
	script none 'echo hello'
	command_is 0 "$dir/none"
	says script note 'run by /bin/sh'
}

@test "a script's own set-user-ID bit means nothing" {
	need_root
	script python '#!/usr/bin/python3'
	chmod 6755 "$BATS_TEST_TMPDIR/python"
	local through=("${nobody[@]}")
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	command_is 0 "$BATS_TEST_TMPDIR/python"
	says set_id ok neither
}

@test "a script whose interpreter can't be preloaded, or not be found" {
	local dir=$BATS_TEST_TMPDIR
	compile static gcc -static
	script static-script "#!$dir/static"
	command_is 1 "$dir/static-script" static
	script gone '#!/nonexistent/python'
	command_is 1 "$dir/gone" script
	says script fail 'run by /nonexistent/python: not found'
	script gone-env '#!/usr/bin/env nosuchcommand'
	command_is 1 "$dir/gone-env" script
	says script fail 'run by /usr/bin/env, nosuchcommand: not found'
	script one-word '#!/usr/bin/env perl -u'
	command_is 1 "$dir/one-word" script
	says script fail 'perl -u: not found'
	# They may take LD_PRELOAD out of the environment.
	for arguments in -i '-S -i perl' '-iS perl' '-S -u LD_PRELOAD perl' '-S LD_PRELOAD= perl' '-S A=b -C / perl'; do
		script options "#!/usr/bin/env $arguments"
		command_is 0 "$dir/options"
		says script unknown 'run by /usr/bin/env with options, which are not read'
		lacks static
	done
}

@test "scripts of scripts: as many as the kernel follows" {
	local dir=$BATS_TEST_TMPDIR i
	script s1 '#!/usr/bin/python3'
	for i in 2 3 4 5; do script s$i "#!$dir/s$((i - 1))"; done
	"$dir/s4" </dev/null
	command_is 0 "$dir/s4"
	command_is 1 "$dir/s5" script
	says script fail 'more scripts'
	script loop "#!$dir/loop"
	command_is 1 "$dir/loop" script
}

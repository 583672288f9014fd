# Storms: more connections than any table has room for, connects in progress by the thousand, signals at any moment,
# descriptors closed under what is in progress (tests/programs/storm_*.c). No address is wrong, nothing is left over,
# and nothing stands still: each has a watchdog, which tells where it stands.
#
# Here in a short form; with STORMS=full, as make soak has it, with the numbers behind the short ones.

bats_require_minimum_version 1.5.0
load lib/helper
load lib/names

# count SHORT FULL
count() { if [ "${STORMS:-}" = full ]; then echo "$2"; else echo "$1"; fi; }

setup() {
	hosts_up
	# The clients of a storm have addresses of networks of their own.
	ip -n "$client" route add local 198.18.0.0/15 dev lo
	ip -n "$client" -6 route add local 2001:db8:2::/64 dev lo
	ip -n "$server" route add 198.18.0.0/15 via 192.0.2.2
	ip -n "$server" -6 route add 2001:db8:2::/64 via $client6
}
teardown() { hosts_down; }

# storm_ask FIRST COUNT [once]
storm_ask() { on_client "$programs/storm_ask" 5000 $server4 198.18.0.0 $server6 2001:db8:2:: "$@"; }

descriptors_of() { find "/proc/$1/fd" -mindepth 1 | wc -l; }
# In KiB, what the process has for itself: not shared with children that have ended by then.
memory_of() { awk '/^Private_Dirty:/ { print $2 }' "/proc/$1/smaps_rollup"; }
no_children() { [ -z "$(cat "/proc/$1/task/"*/children)" ]; }

# What hangs, hangs where: for whoever reads the log.
stands() { grep -H . "/proc/$1/task/"*/{syscall,wchan} >&2 || true; }

# served STYLE COUNT [once]
#
# The memory: the first connections bring the stacks, the C library's buffers and, after some hundred peers, each of
# the 32 pages of the table of peers. Afterwards nothing may come; 64 KiB are what a thread's stack, deeper in a
# signal or a fault, can still take. A leak of one malloc(), 32 bytes, for each of 3000 connections is more.
served() {
	local style=$1 count=$2 descriptors memory warm=1000
	start serve "$run" -- "$programs/serve" "$style" 5000
	wait_port 5000
	run -0 storm_ask 0 $warm
	wait_until no_children "$started"
	descriptors=$(descriptors_of "$started")
	memory=$(memory_of "$started")
	run storm_ask $warm "$count" "${@:3}"
	[ "$status" -eq 0 ] || stands "$started"
	assert_success
	assert_output --regexp "^[0-9]+ right, [0-9]+ moved, 0 wrong, 0 shown as another's\$"
	# Those that were pushed out between two questions are few.
	[ "$(awk '{ print $3 }' <<<"$output")" -le $((count / 200)) ]
	wait_until no_children "$started"
	wait_until eval "[ \$(descriptors_of $started) -eq $descriptors ]"
	echo "# $style: $output; $descriptors descriptors, $memory KiB, then $(memory_of "$started") KiB" >&3
	[ "$(memory_of "$started")" -le $((memory + 64)) ]
}

@test "a storm of clients of both families: threads" { served threads "$(count 8000 100000)" once; }
@test "a storm of clients of both families: fork" { served fork "$(count 4000 100000)" once; }
@test "a storm of clients of both families: fork and exec" { served exec "$(count 3000 100000)"; }
@test "a storm of clients of both families: signal handlers that accept" { served signal "$(count 4000 100000)" once; }

# Names on the client, and on the server what there is at their addresses (tests/programs/storm_names.h).
storm_names_up() {
	need nft
	mkdir -p "/etc/netns/$client"
	"$programs/storm_names" hosts >"/etc/netns/$client/hosts"
	echo 'hosts: files' >"/etc/netns/$client/nsswitch.conf"
	ip -n "$server" route add local 100.64.0.0/16 dev lo
	ip -n "$server" -6 route add local 2001:db8:3::/48 dev lo
	ip -n "$client" route add 100.64.0.0/16 via $server4
	ip -n "$client" -6 route add 2001:db8:3::/48 via $server6
	# What is silent is given up after one more packet, three seconds.
	on_client sysctl -qw net.ipv4.tcp_syn_retries=1
	on_server sysctl -qw net.core.somaxconn=4096 net.ipv4.tcp_max_syn_backlog=4096
	on_server nft -f - <<-RULES
		table inet storm {
			chain refuse { reject with tcp reset; }
			chain chance { numgen random mod 4 vmap { 0 : drop, 1 : goto refuse }; }
			chain in {
				type filter hook input priority 0;
				tcp flags & (syn | ack) != syn accept
				ip6 daddr 2001:db8:3:2::/64 goto refuse
				ip6 daddr 2001:db8:3:3::/64 drop
				ip6 daddr 2001:db8:3:4::/64 goto chance
				ip daddr 100.64.2.0/24 goto refuse
				ip daddr 100.64.3.0/24 drop
				ip daddr 100.64.4.0/24 goto chance
			}
		}
	RULES
	start names "$programs/storm_names" serve
	wait_port 7000
}

connects() {
	storm_names_up
	run on_client "$run" -- "$programs/storm_connects" "$1" 1000 "$(count 1 10)"
	echo "$output" | sed 's/^/# /' >&3
	assert_success
	assert_line '0 wrong'
}
@test "a thousand connects in progress: poll" { connects poll; }
@test "a thousand connects in progress: epoll" { connects epoll; }
@test "a thousand connects in progress: epoll, edge-triggered" { connects epoll-et; }

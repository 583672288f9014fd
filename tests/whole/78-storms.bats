# Storms: more connections than any table has room for, thousands of connects in progress, signals at any
# moment, descriptors closed under what is in progress (tests/programs/storm_*.c). No address is wrong, nothing
# is left over, and nothing hangs: each has a watchdog, which tells where it hangs.
# count SHORT FULL: the number for the short form, or with STORMS=full (make soak), the full one, printing
# counts.

bats_require_minimum_version 1.5.0
load ../lib/helper

count() { if [ "${STORMS:-}" = full ]; then echo "$2"; else echo "$1"; fi; }

tell() { [ "${STORMS:-}" != full ] || sed 's/^/# /' <<<"$1" >&3; }

setup() {
	hosts_up
	# A storm's clients have addresses in networks of their own.
	ip -n "$client" route add local 198.18.0.0/15 dev lo
	ip -n "$client" -6 route add local 2001:db8:2::/64 dev lo
	ip -n "$server" route add 198.18.0.0/15 via 192.0.2.2
	ip -n "$server" -6 route add 2001:db8:2::/64 via $client6
}
teardown() { hosts_down; }

# storm_ask FIRST COUNT [once]
storm_ask() { on_client "$programs/storm_ask" 5000 $server4 198.18.0.0 $server6 2001:db8:2:: "$@"; }

descriptors_of() { find "/proc/$1/fd" -mindepth 1 | wc -l; }
# The process's memory in KiB that is not of files, whether a child still shares it or not.
memory_of() { awk '/^Anonymous:/ { print $2 }' "/proc/$1/smaps_rollup"; }
no_children() { [ -z "$(cat "/proc/$1/task/"*/children)" ]; }

# For the log's reader: what hangs, and where.
stands() { grep -H . "/proc/$1/task/"*/{syscall,wchan} >&2 || true; }

# served STYLE COUNT [once]
# Memory: the first connections bring the stacks, the C library's buffers and, after some hundred peers, each of
# the 32 pages of the table of peers. Then nothing may be added but 64 KiB: a thread's stack may still grow by
# that in a signal or a fault. A leak of one malloc() of 32 bytes, which takes 48, in each of 2000 connections
# is more.
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
	# Few are evicted between two questions.
	[ "$(awk '{ print $3 }' <<<"$output")" -le $((count / 200)) ]
	wait_until no_children "$started"
	wait_until eval "[ \$(descriptors_of $started) -eq $descriptors ]"
	tell "$style: $output; $descriptors descriptors, $memory KiB, then $(memory_of "$started") KiB"
	[ "$(memory_of "$started")" -le $((memory + 64)) ]
}

@test "a storm of clients of both families: threads" { served threads "$(count 20000 100000)" once; }
@test "a storm of clients of both families: fork" { served fork "$(count 8000 100000)" once; }
@test "a storm of clients of both families: fork and exec" { served exec "$(count 2000 100000)"; }
@test "a storm of clients of both families: signal handlers that accept" { served signal "$(count 20000 100000)" once; }

# The client has the names, and the server has their addresses (tests/programs/storm_names.h).
storm_names_up() {
	need nft
	mkdir -p "/etc/netns/$client" "/etc/netns/$server"
	"$programs/storm_names" hosts | tee "/etc/netns/$client/hosts" >"/etc/netns/$server/hosts"
	echo 'hosts: files' | tee "/etc/netns/$client/nsswitch.conf" >"/etc/netns/$server/nsswitch.conf"
	ip -n "$server" route add local 100.64.0.0/16 dev lo
	ip -n "$server" -6 route add local 2001:db8:10::/44 dev lo
	ip -n "$client" route add 100.64.0.0/16 via $server4
	ip -n "$client" -6 route add 2001:db8:10::/44 via $server6
	# A silent address is given up after one more packet, three seconds.
	on_client sysctl -qw net.ipv4.tcp_syn_retries=1
	on_server sysctl -qw net.ipv4.tcp_syn_retries=1 net.core.somaxconn=4096 net.ipv4.tcp_max_syn_backlog=4096
	on_server nft -f - <<-RULES
		table inet storm {
			chain refuse { reject with tcp reset; }
			chain chance { numgen random mod 4 vmap { 0 : drop, 1 : goto refuse }; }
			chain in {
				type filter hook input priority 0;
				tcp flags & (syn | ack) != syn accept
				ip6 daddr 2001:db8:12::/48 goto refuse
				ip6 daddr 2001:db8:13::/48 drop
				ip6 daddr 2001:db8:14::/48 goto chance
				ip daddr 100.64.2.0/24 goto refuse
				ip daddr 100.64.3.0/24 drop
				ip daddr 100.64.4.0/24 goto chance
			}
		}
	RULES
	start names "$programs/storm_names" serve
	wait_port 7000
}

# assert_no_more_memory MOST: memory may not grow after the first round, or quarter. 256 KiB allow for the table
# of connects in progress, if it is counted: 1.5 KiB for each slot, of which chance uses up to 64. A leak of one
# malloc(), 48 bytes, in each of ten thousand connects, as in the full form, is twice that. 12 KiB allow for the
# heap alone, which the resolver and stdio use.
assert_no_more_memory() {
	local more
	more=$(sed -n 's/.* KiB, and \(.*\) more at the end$/\1/p' <<<"$output")
	[ "$more" -le "$1" ]
}

connects() {
	storm_names_up
	run on_client "$run" -- "$programs/storm_connects" "$1" "$2" "$(count 1 10)"
	tell "$output"
	assert_success
	assert_line '0 wrong'
	assert_no_more_memory 16
}
@test "many connects in progress: poll" { connects poll "$(count 400 1000)"; }
@test "many connects in progress: epoll" { connects epoll "$(count 200 1000)"; }
@test "many connects in progress: epoll, edge-triggered" { connects epoll-et "$(count 200 1000)"; }

# A server with a storm of its own, on the names' host, is asked until it ends.
storms() {
	storm_names_up
	start storm "$run" -- "$programs/$@"
	wait_port 5000
	run storm_ask 0 "$(count 5000 100000)"
	[ "$status" -eq 0 ] || { stands "$started"; log_of storm; }
	tell "$output"
	assert_success
	assert_output --partial ' 0 wrong, '
	kill "$started"
	# It has a watchdog of its own.
	wait "$started" || true
	run -0 log_of storm
	tell "$output"
	assert_line '0 wrong, 0 descriptors left'
	assert_no_more_memory 256
}
@test "signals at any moment, with handlers that accept and connect" { storms storm_signals 1 "$(count 300 10000)"; }
@test "signals at any moment, with handlers that accept and connect: threads" { storms storm_signals 4 "$(count 300 10000)"; }
@test "descriptors closed in all ways, while others are served and connects are in progress" { storms storm_close "$(count 15 500)"; }

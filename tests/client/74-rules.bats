# Connect rules choose families and their order, by name, address, port and protocol.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names

setup() {
	need python3
	hosts_up
	names_up
}
teardown() { hosts_down; }

# tries NAME RULE...: a plain IPv4 program connects to NAME; prints the result and the log.
tries() {
	local rules=() rule
	for rule in "${@:2}"; do rules+=("--rule=$rule"); done
	PORT=7000 run on_client "$run" --log=info "${rules[@]}" -- "$programs/lookups" 4 "$1"
}

@test "auto, ipv6-first, ipv4-first, ipv6 and ipv4, for a program that knows IPv4" {
	greet $server4 $server6
	local rule
	for rule in 'connect ipv6-first' 'connect tcp ipv6-first' 'connect ipv6' 'connect name=BOTH.example ipv6-first' \
		"connect address=$server4 ipv6-first"; do
		tries both.example "$rule"
		assert_output --partial 'over IPv6'
	done
	# The program's own address is first, unless a rule that applies says otherwise.
	for rule in 'connect auto' 'connect udp ipv6' 'connect name=other.example ipv6' 'connect port=7001 ipv6-first'; do
		tries both.example "$rule"
		assert_output --partial 'over IPv4'
	done
	# "prefer" turns the order round, and a rule outweighs it.
	for rule in 'connect auto' 'connect udp ipv4' 'connect name=other.example ipv4' 'connect port=7001 ipv4'; do
		DUALSTACK_PREFER=ipv6 tries both.example "$rule"
		assert_output --partial 'over IPv6'
	done
	for rule in 'connect ipv4-first' 'connect ipv4' 'connect tcp name=both.example port=7000 ipv4' \
		'connect name=*.EXAMPLE ipv4-first' 'connect program=lookups ipv4' "connect address=$server4 ipv4"; do
		DUALSTACK_PREFER=ipv6 tries both.example "$rule"
		assert_output --partial 'over IPv4'
	done
	tries both.example 'connect name=both.example ipv4' 'connect ipv6'
	assert_output --partial 'over IPv4'
}

@test ""first" means first: if only the other family's server is up, it is used" {
	greet $server4
	tries both.example 'connect ipv6-first'
	assert_output --partial 'over IPv4'
	assert_output --regexp "\[$server6\]:7000 ECONNREFUSED after .*$server4:7000 connected"
	tries both.example 'connect ipv6'
	refute_output --partial 'over IPv'
	assert_line 'connect: ECONNREFUSED'
	# Without blocking, too: the error is that of the address that was tried.
	run -0 on_client timeout 20 "$run" --rule='connect ipv6' -- python3 -c '
import select, socket
s = socket.socket()
s.setblocking(False)
s.connect_ex(socket.getaddrinfo("both.example", 7000, socket.AF_INET, socket.SOCK_STREAM)[0][4])
select.select([], [s], [])
print(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
try: print(s.getpeername())
except OSError as e: print(e.errno)'
	assert_output "111
107"
}

@test ""only" means only: no address of the other family is tried" {
	greet $server6
	tries both.example 'connect ipv4-first'
	assert_output --partial 'over IPv6'
	tries both.example 'connect ipv4'
	refute_output --partial 'over IPv'
	refute_output --partial "$server6"
	# A name without an address of that family is not reached.
	tries six.example 'connect ipv4'
	refute_output --partial 'over IPv'
	tries four.example 'connect ipv6'
	refute_output --partial 'over IPv'
	assert_output --partial 'a rule leaves out 192.0.2.1:7000'
}

@test "a rule for a name holds for its synthetic address: it is not given out" {
	run -0 on_client "$run" -- "$programs/resolve" six.example
	assert_line --regexp '^getaddrinfo AF_INET: 2[45][0-9]\.'
	run -0 on_client "$run" --rule='connect name=six.example ipv4' -- "$programs/resolve" six.example
	assert_line --regexp '^getaddrinfo AF_INET: No address'
	assert_line --regexp '^gethostbyname: No address'
	run -0 on_client "$run" --rule='connect ipv6' -- "$programs/resolve" four.example
	assert_line --regexp '^getaddrinfo AF_INET6: No address'
}

@test "programs that know both families can't reach what a rule leaves out" {
	need curl
	greet $server4 $server6
	run -0 on_client "$run" --rule='connect ipv4' curl -sv --max-time 9 http://both.example:8080/
	assert_output --partial 'over IPv4'
	run -0 on_client "$run" --rule='connect ipv6' curl -sv --max-time 9 http://both.example:8080/
	assert_output --partial 'over IPv6'
	# By number, without a name.
	run on_client "$run" --rule="connect address=2001:db8::/32 ipv4" curl -sv --max-time 9 "http://[$server6]:8080/"
	assert_output --partial 'Network is unreachable'
	run on_client "$run" --rule="connect address=192.0.2.0/24 ipv6" curl -sv --max-time 9 "http://$server4:8080/"
	assert_output --partial 'Network is unreachable'
	run -0 on_client "$run" --rule="connect address=192.0.2.0/24 ipv6" curl -s --max-time 9 "http://[$server6]:8080/"
}

@test "a real IPv4-only client: nc.traditional follows the rules" {
	need nc.traditional
	greet $server4 $server6
	run -0 on_client sh -c "echo | timeout 9 $run --rule='connect ipv4' nc.traditional -q 1 both.example 7000"
	assert_output --partial 'over IPv4'
	run -0 on_client sh -c "echo | timeout 9 $run --rule='connect name=both.* ipv6' nc.traditional -q 1 both.example 7000"
	assert_output --partial 'over IPv6'
}

@test "datagrams to a name go to the family that a rule wants, connected or not" {
	need socat
	start says python3 "$root/tests/lib/says.py" 5071 $server4 $server6
	wait_until eval '[ "$(on_server ss -Hlun "sport = :5071" | wc -l)" = 2 ]'
	local how
	for how in UDP4 UDP4-DATAGRAM; do
		asks() { run on_client sh -c "echo hello | timeout 9 $run --rule='$1' socat -t 9 - $how:both.example:5071,readbytes=10"; }
		asks 'connect tcp ipv6'
		assert_output --partial 'over IPv4'
		asks 'connect name=both.example ipv6'
		assert_output --partial 'over IPv6'
		asks 'connect udp ipv6-first'
		assert_output --partial 'over IPv6'
		asks 'connect udp name=both.example port=5071 ipv4'
		assert_output --partial 'over IPv4'
	done
	# Nothing is sent to an address that a rule leaves out.
	run on_client sh -c "echo hello | timeout 9 $run --rule='connect udp address=192.0.2.0/24 ipv6' socat -t 9 - UDP4-DATAGRAM:$server4:5071"
	assert_output --partial 'Network is unreachable'
}

@test "rules without a name or address do not apply to a server's answers" {
	start serve "$run" --rule='connect ipv4' "$programs/udp_serve" plain 5000
	wait_until eval 'on_server ss -Hlun "sport = :5000" | grep -q .'
	run -0 on_client "$programs/udp_ask" $server6 5000
	stop "$started"
	start serve "$run" --rule="connect udp address=$client6 ipv4" "$programs/udp_serve" plain 5000
	wait_until eval 'on_server ss -Hlun "sport = :5000" | grep -q .'
	run -1 on_client "$programs/udp_ask" $server6 5000
	run -0 on_client "$programs/udp_ask" $server4 5000
}

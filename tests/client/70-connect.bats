# connect() to a name, by small programs in every mode. Under the library, with a list of addresses of which
# only the last answers, they observe the same as natively with that address alone (eight.example: a rule puts
# the IPv4 address last: by default it is the first, and the kernel alone connects to it).

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names

last='--rule=connect name=eight.example ipv6-first'

setup() {
	need python3
	hosts_up
	names_up
	holds_up
	start echo4 python3 "$root/tests/lib/echo.py" $server4 7200 7260
	wait_port 7260
}
teardown() { hosts_down; }

# observe PROGRAM NAME PORT OUTPUT ARG... [under the shim, if SHIM is set]
observe() {
	local program=$1 name=$2 port=$3 output=$4
	shift 4
	OPEN=$(letting_go "$port") LOCAL=192.0.2.2 LOCAL_PORT=$((port + 1000)) \
		ip netns exec "$client" timeout 60 ${SHIM:+"$run" "$last" --} "$programs/$program" "$@" "$name" "$port" \
		>"$output" 2>&1 3>&-
	echo "exit status $?" >>"$output"
	# For commands that a program of another word size or C library runs.
	[ "${BUILD:-build}" = build ] || sed -i '/^ERROR: ld.so: object .* from LD_PRELOAD cannot be preloaded/d' "$output"
}

# same PROGRAM NAMES PREFIX SCENARIO...: runs each scenario natively and, for each name, under the shim, all at
# once. With "+" before a scenario, the server does not answer at first.
same() {
	local program=$1 names=$2 prefix=$3 port=7200 scenario name jobs='' failed=''
	shift 3
	for scenario; do
		for name in four.example $names; do
			case $scenario in +*) hold $port ;; esac
			# shellcheck disable=SC2086 # two words or one
			SHIM=${name#four.example} observe "$program" "$name" $port \
				"$BATS_TEST_TMPDIR/${scenario#+}.$name" $prefix "${scenario#+}" &
			jobs="$jobs $!"
			port=$((port + 1))
		done
	done
	# shellcheck disable=SC2086
	wait $jobs
	for scenario; do
		for name in $names; do
			diff "$BATS_TEST_TMPDIR/${scenario#+}.four.example" "$BATS_TEST_TMPDIR/${scenario#+}.$name" ||
				failed="$failed $prefix/$scenario/$name"
		done
		# It has connected.
		grep -q 'exit status 0' "$BATS_TEST_TMPDIR/${scenario#+}.four.example" || failed="$failed $scenario"
	done
	echo "differs:$failed" >&2
	[ -z "$failed" ]
}

# The second name's IPv6 address does not answer. $SCENARIOS: these alone (tests/process/86-word-sizes.bats).
connects() {
	local mask='' move=+move
	case $1 in ppoll | pselect | epoll_pwait*) mask=+mask ;; esac
	# An epoll set would keep it registered under its old number.
	case $1 in epoll*) move='' ;; esac
	drop_in6 $dead6
	# shellcheck disable=SC2086 # one word each or none
	same connects 'eight.example dead.example' "$1" ${SCENARIOS:-quick many $mask $move +others +unseen +baddup +held +short +none +signal +change +fork +close \
		+dup2 +shutdown +unspec}
}

@test "without blocking, poll()" { connects poll; }
@test "without blocking, ppoll()" { connects ppoll; }
@test "without blocking, select()" { connects select; }
@test "without blocking, pselect()" { connects pselect; }
@test "without blocking, epoll()" { connects epoll; }
@test "without blocking, epoll_pwait()" { connects epoll_pwait; }
@test "without blocking, epoll_pwait2()" { connects epoll_pwait2; }
@test "without blocking, an epoll set (et)" { connects epoll-et; }
@test "without blocking, an epoll set (oneshot)" { connects epoll-oneshot; }
@test "without blocking, an epoll set (before)" { connects epoll-before; }
@test "without blocking, an epoll set (et-before)" { connects epoll-et-before; }
@test "without blocking, an epoll set (oneshot-before)" { connects epoll-oneshot-before; }
@test "without blocking, an epoll set (nested)" { connects epoll-nested; }
@test "without blocking, an epoll set (two)" { connects epoll-two; }

@test "without blocking, what _FORTIFY_SOURCE makes of poll()" {
	drop_in6 $dead6
	same connects 'eight.example dead.example' poll_chk quick +held
	same connects 'eight.example dead.example' ppoll_chk quick +held
}

@test "blocking" {
	drop_in6 $dead6
	# shellcheck disable=SC2086 # one word each
	same blocks 'eight.example dead.example' '' ${SCENARIOS:-plain options bound ephemeral local threads +timeout +local-timeout +eintr \
		+restart +ignored +poll +cancel +handler}
}

# Nobody listens there in either family.
@test "nobody there: the same events and errors" {
	local mode name
	for mode in 'connects poll quick' 'connects select quick' 'connects epoll quick' 'connects epoll-et quick' \
		'connects epoll-oneshot quick' 'connects epoll-before quick' 'blocks plain'; do
		# shellcheck disable=SC2086
		observe ${mode%% *} four.example 7300 "$BATS_TEST_TMPDIR/plain" ${mode#* }
		for name in both eight; do
			# shellcheck disable=SC2086
			SHIM=1 observe ${mode%% *} $name.example 7300 "$BATS_TEST_TMPDIR/shim" ${mode#* }
			run -0 diff "$BATS_TEST_TMPDIR/plain" "$BATS_TEST_TMPDIR/shim"
		done
		run -0 grep ECONNREFUSED "$BATS_TEST_TMPDIR/plain"
	done
}

# IPv4 has failed, on a descriptor of the library's, and IPv6 does not answer yet: then that descriptor is
# closed.
@test "nobody there, and all descriptors are closed: the same error" {
	local scenario
	drop_in6 $dead6
	for scenario in refused refused-unseen; do
		observe connects four.example 7300 "$BATS_TEST_TMPDIR/plain" poll $scenario
		SHIM=1 observe connects dead.example 7300 "$BATS_TEST_TMPDIR/shim" poll $scenario
		run -0 diff "$BATS_TEST_TMPDIR/plain" "$BATS_TEST_TMPDIR/shim"
		run -0 grep ECONNREFUSED "$BATS_TEST_TMPDIR/plain"
	done
}

# Whatever stands in the way of IPv6, IPv4 works as natively.
plain_ipv4() {
	local way=$1
	shift
	run -0 on_client "$@" "$programs/blocks" "$way" both.example 7200
	local natively=$output
	run -0 on_client "$run" -- "$@" "$programs/blocks" "$way" both.example 7200
	assert_equal "$output" "$natively"
	assert_line hello
}

@test "no descriptor left, IPv6 forbidden by a sandbox or switched off: plain IPv4" {
	start echo6 python3 "$root/tests/lib/echo.py" $server6 7200 7200
	wait_until eval '[ "$(on_server ss -Hltn "sport = :7200" | wc -l)" = 2 ]'
	# IPv6 first, so that what stands in its way shows. Otherwise it is IPv6.
	export DUALSTACK_PREFER=ipv6
	run -0 on_client "$run" --log=info -- "$programs/blocks" plain both.example 7200
	assert_output --partial "[$server6]:7200 connected"
	echo "nameserver $server4" >"/etc/netns/$client/resolv.conf"
	plain_ipv4 full prlimit --nofile=64
	# AF_INET6, F_DUPFD_CLOEXEC, TCP_INFO, SO_COOKIE, IPV6_MULTICAST_ALL; dup3() of anything.
	for rule in socket,0=10:EACCES socket,0=10:EMFILE fcntl,1=1030:EMFILE dup3:EBUSY getsockopt,1=6,2=11:EPERM \
		getsockopt,1=1,2=57:EPERM setsockopt,1=41,2=29:ENOPROTOOPT; do
		plain_ipv4 plain "$programs/deny" $rule --
		plain_ipv4 options "$programs/deny" $rule --
	done
	on_client sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	plain_ipv4 plain env
}

@test "the log says which addresses were tried, and what became of them" {
	drop_in6 $dead6
	run -0 on_client "$run" "$last" --log=info -- "$programs/blocks" plain eight.example 7200
	assert_line --regexp 'to eight.example: .*\[2001:db8:1::81\]:7200 ECONNREFUSED after [0-9]+ ms, .*192\.0\.2\.1:7200 connected after [0-9]+ ms$'
	# The program's own address comes first.
	run -0 on_client "$run" --log=info -- "$programs/blocks" plain dead.example 7200
	assert_line --regexp 'to dead.example: 192\.0\.2\.1:7200 connected$'
	DUALSTACK_PREFER=ipv6 run -0 on_client "$run" --log=info -- "$programs/blocks" plain dead.example 7200
	assert_line --regexp "to dead.example: \[$dead6\]:7200 given up after [0-9]+ ms, 192\.0\.2\.1:7200 connected after"
	run -0 on_client "$run" --log=info -- "$programs/blocks" plain four.example 7200
	refute_output --partial dualstack
}

@test "however many IPv6 addresses don't answer, the IPv4 one is the second that is tried" {
	drop_in6 2001:db8:1::80/124
	DUALSTACK_PREFER=ipv6 run -0 on_client "$run" --log=info -- "$programs/blocks" plain eight.example 7200
	assert_line --regexp 'to eight.example: \[2001:db8:1::8[1-7]\]:7200 given up after [0-9]+ ms, 192\.0\.2\.1:7200 connected'
	# A rule can put one family first.
	run -0 on_client "$run" --rule='connect ipv6-first' --log=info -- "$programs/blocks" plain eight.example 7200
	assert_line --regexp ':7200 given up after .*:7200 given up after .*192\.0\.2\.1:7200 connected'
}

@test "DUALSTACK_DELAY: strictly one after the other, or sooner" {
	drop_in6 $dead6
	export DUALSTACK_PREFER=ipv6
	DUALSTACK_DELAY=10 run -0 on_client "$run" --log=info -- "$programs/blocks" plain dead.example 7200
	assert_output --partial '192.0.2.1:7200 connected'
	# With 0 nothing else is tried until the first address has failed.
	DUALSTACK_DELAY=0 run -124 on_client timeout 2 "$run" --log=info -- "$programs/blocks" plain dead.example 7200
	DUALSTACK_DELAY=0 run -0 on_client timeout 5 "$run" --log=info -- "$programs/blocks" plain eight.example 7200
}

@test "DUALSTACK_DELAY: anything but a number of milliseconds is refused" {
	for value in x -1 1.5 '1 ' 60001 999999; do
		DUALSTACK_DELAY=$value run -125 "$run" true
		assert_output "dualstack-run: DUALSTACK_DELAY: unknown value '$value', expected a number of milliseconds from 0 to 60000"
	done
	DUALSTACK_DELAY=60000 run -0 "$run" true
}

# Like proxychains and torsocks.
@test "another preload library behind, whose connect() closes, polls and writes" {
	cat >"$BATS_TEST_TMPDIR/other.c" <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <poll.h>
		#include <unistd.h>
		int connect(int fd, const void *addr, unsigned len)
		{
			int (*next)(int, const void *, unsigned) = dlsym(RTLD_NEXT, "connect");
			struct pollfd p = {.fd = dup(fd)};
			int result = next(fd, addr, len);
			(void)!write(2, "other connect\n", 14);
			poll(&p, 1, 0);
			close(p.fd);
			return result;
		}
	END
	${CC:-cc} -shared -fPIC -o "$BATS_TEST_TMPDIR/other.so" "$BATS_TEST_TMPDIR/other.c" -ldl
	for order in "$BATS_TEST_TMPDIR/other.so:$build/libdualstack.so" \
		"$build/libdualstack.so:$BATS_TEST_TMPDIR/other.so"; do
		for name in eight dead; do
			run -0 on_client timeout 20 env LD_PRELOAD="$order" "$programs/blocks" plain $name.example 7200
			assert_line 'other connect'
			assert_line hello
		done
	done
}

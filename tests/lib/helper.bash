# Shared by the bats files. Hosts are network namespaces: a server with loopback, 192.0.2.1 and 2001:db8:1::1,
# and a client with 192.0.2.2 and 2001:db8:1::2. Each test makes them anew, so that no port and no TIME_WAIT is
# left over from another.

bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
# The tested build directory: the Makefile's BUILD.
case ${BUILD:-build} in
/*) build=$BUILD ;;
*) build=$root/${BUILD:-build} ;;
esac
run=$build/dualstack-run
programs=$build/tests/programs
export root build run programs
# Not what this machine's administrator has configured.
export DUALSTACK_CONFIG=none

server4=192.0.2.1
server6=2001:db8:1::1
client6=2001:db8:1::2

# Skips with a reason; in CI a skipped test has failed (tests/run).
need_root() {
	[ "$(id -u)" -eq 0 ] || skip "needs root, for network namespaces"
	# In a chroot whose root is no mount point, and in many containers, not even root makes them.
	unshare --mount true 2>/dev/null || skip "needs namespaces, which can't be made here"
}

# would_run COMMAND...: whether COMMAND does not skip. bats before 1.9 has no skip in setup_file().
# shellcheck disable=SC2317 # needs call this skip
would_run() { (skip() { exit 1; }; "$@") >/dev/null; }

need() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

# unpacked PATH: sets $unpacked to where PATH is, of a package that is only unpacked (tests/packages.unpacked).
unpacked() {
	unpacked=/var/cache/dualstack-tests$1
	[ -x "$unpacked" ] || skip "$1 is not in /var/cache/dualstack-tests (tests/packages.unpacked)"
}

# Containers and chroots often have none.
need_tun() {
	[ -c /dev/net/tun ] || skip 'needs /dev/net/tun'
}

# A plain chroot has no /dev/pts.
need_terminal() {
	need script
	script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip 'no terminal can be made: needs /dev/pts'
}

# For programs/deny. The C library of i386 has one system call for all calls of sockets, socketcall(2), and a filter does not
# see its arguments.
need_filters() {
	case "$(getconf LONG_BIT) $(uname -m)" in '32 x86_64' | '32 i'?86) skip "no filter sees what is in socketcall(2)" ;; esac
}

hosts_up() {
	need_root
	need ip
	need sysctl
	need ss
	local host
	server=ds$$s client=ds$$c
	# A process for several commands: all of this is done for most tests.
	printf '%s\n' "netns add $server" "netns add $client" \
		"link add name veth0 netns $server type veth peer name veth0 netns $client" | ip -batch -
	# Without duplicate address detection, link-local addresses can be used at once.
	for host in "$server" "$client"; do
		ip netns exec "$host" sysctl -qw net.ipv6.conf.veth0.accept_dad=0 net.ipv6.conf.veth0.dad_transmits=0
	done
	printf '%s\n' 'link set lo up' "addr add $server4/24 dev veth0" "addr add $server6/64 dev veth0 nodad" \
		'link set veth0 up' | ip -n "$server" -batch -
	printf '%s\n' 'link set lo up' 'addr add 192.0.2.2/24 dev veth0' "addr add $client6/64 dev veth0 nodad" \
		'link set veth0 up' | ip -n "$client" -batch -
	for host in "$server" "$client"; do
		wait_until eval 'ip -n "$host" -6 -o addr show dev veth0 scope link -tentative | grep -q inet6'
	done
	wait_until eval 'on_client "$programs/steps" a=tcp6 "a.connect:$server6/1" | grep -q ECONNREFUSED'
}

# Two more IPv4 addresses of the server: one by itself, and a secondary one of its network.
more_addresses() {
	other4=192.0.2.11 secondary4=192.0.2.12
	printf 'addr add %s dev veth0\n' $other4/32 $secondary4/24 | ip -n "$server" -batch -
}

# Ends everything that runs on the two hosts, by pid, and takes the hosts down.
hosts_down() {
	[ -n "${server:-}" ] || return 0
	local host pid
	for host in "$server" "$client"; do
		for pid in $(ip netns pids "$host" 2>/dev/null); do kill -9 "$pid" 2>/dev/null || true; done
		ip netns del "$host" 2>/dev/null || true
		rm -rf "/etc/netns/$host"
	done
}

on_server() { ip netns exec "$server" "$@"; }
on_client() { ip netns exec "$client" "$@"; }

# Waits for a command to succeed, ten seconds at most.
wait_until() {
	local i
	for ((i = 0; i < 220; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep "0.0$((i < 25 ? 1 : 5))"
	done
	echo "waited in vain for: $*" >&2
	return 1
}

# start NAME COMMAND...: in the background, on the server; its output is in $BATS_TEST_TMPDIR/NAME.log, its pid
# in $started.
start() {
	local name=$1
	shift
	# Now: who waits for a line must not see that of another start.
	: >"$BATS_TEST_TMPDIR/$name.log"
	ip netns exec "$server" "$@" >"$BATS_TEST_TMPDIR/$name.log" 2>&1 </dev/null 3>&- &
	started=$!
}

# start_dns OPTION...: a name server with the names that the options say, on the server. It goes before all others: the
# library waits a second for an answer, and does without it where the machine is busy.
start_dns() {
	start dns nice -n -10 dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root "$@"
}

# Ends a process by its pid and waits until it is gone.
stop() {
	kill "$1" 2>/dev/null || true
	wait_until eval "! kill -0 $1"
}

listening() { on_server ss -Hltn "sport = :$1" | grep -q .; }

wait_port() { wait_until listening "$1"; }

# call_numbers SYS_CALL...: the numbers of these system calls here, and the names of those that there are none of.
call_numbers() { printf '#include <sys/syscall.h>\n%s\n' "$*" | ${CC:-cc} -E -P - | tail -n 1; }

log_of() { cat "$BATS_TEST_TMPDIR/$1.log"; }

# Prints what a client gets from PORT over each way in: the loopback of both families, and from the other host.
ask() { on_server "$programs/ask" "$@"; }
ask_from_client() { on_client "$programs/ask" "$@"; }

# Without the shim, IPv6 is refused and IPv4 works; else a test with it could not fail.
assert_ipv4_only() {
	run -0 on_server "$programs/steps" a=tcp4 "a.connect:127.0.0.1/$1"
	assert_line "a.connect:127.0.0.1/$1 ok"
	run -0 on_server "$programs/steps" a=tcp6 "a.connect:::1/$1"
	assert_line "a.connect:::1/$1 ECONNREFUSED"
	run -0 on_client "$programs/steps" a=tcp6 "a.connect:$server6/$1"
	assert_line "a.connect:$server6/$1 ECONNREFUSED"
}

# compared PROGRAM LIST FORM: the row of dualstack(7)'s table of access lists that a test shows.
compared() { grep -qxF -- ".It $1 Ta $2 Ta $3" "$root/man/dualstack.7" || fail "dualstack(7) has no row: $1, $2, $3"; }

# syslogged COMMAND: runs COMMAND in a shell; sets $output to what it sends to a /dev/log of its own.
syslogged() {
	need_root
	need socat
	local listener made=
	socat -u "UNIX-RECV:$BATS_TEST_TMPDIR/log" "OPEN:$BATS_TEST_TMPDIR/received,creat" 3>&- &
	listener=$!
	wait_until test -S "$BATS_TEST_TMPDIR/log"
	[ -e /dev/log ] || { : >/dev/log; made=yes; }
	run -0 unshare -m sh -c "mount --bind $BATS_TEST_TMPDIR/log /dev/log && $1"
	[ -z "$made" ] || rm -f /dev/log
	wait_until test -s "$BATS_TEST_TMPDIR/received"
	stop $listener
	run -0 cat "$BATS_TEST_TMPDIR/received"
}

# nginx_files DIRECTORY: the part of nginx's configuration, in "http", that says where its files are; nginx_head: the
# configuration as far as that.
nginx_files() {
	local name
	for name in client_body proxy fastcgi uwsgi scgi; do echo "${name}_temp_path $1/$name;"; done
}
nginx_head() {
	printf '%s\n' 'daemon off;' "pid $1/nginx.pid;" 'events {}' 'http {'
	nginx_files "$1"
}

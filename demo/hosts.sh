# shellcheck shell=sh
# For demos: two hosts as network namespaces, $server (192.0.2.1, 2001:db8:1::1) and $client (192.0.2.2,
# 2001:db8:1::2), a directory $dir, and $run, the launcher. However the demo ends, all is removed.

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/${BUILD:-build}
run=$build/dualstack-run
PATH=$PATH:/usr/sbin:/sbin
# Without the administrator's configuration.
export DUALSTACK_CONFIG=none
# Nothing is left in tests/lib.
export PYTHONDONTWRITEBYTECODE=1
server4=192.0.2.1 server6=2001:db8:1::1

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# needs COMMAND[=PACKAGE]...: ends the demo with a reason if it can't run here.
needs() {
	[ -x "$run" ] || die "build it first: make"
	[ "$(id -u)" -eq 0 ] || die "needs root, for network namespaces"
	for command in ip=iproute2 ss=iproute2 sysctl=procps "$@"; do
		command -v "${command%=*}" >/dev/null || die "needs ${command%=*}: apt-get install ${command#*=}"
	done
}

on() { ip netns exec "$@"; }

# wait_until COMMAND...: ten seconds at most.
wait_until() {
	tries=200
	until "$@" >/dev/null 2>&1; do
		[ $((tries -= 1)) -gt 0 ] || die "waited in vain for: $*"
		sleep 0.05
	done
}
# reached: the client reaches the server over IPv6, which refuses it at a port without a service.
reached() { on "$client" env LC_ALL=C bash -c "</dev/tcp/$server6/1" 2>&1 | grep -q refused; }
# listens tcp|udp PORT: a program on the server does.
listens() { on "$server" ss -Hln "--$1" "sport = :$2" | grep -q .; }

hosts_down() {
	for host in "$server" "$client"; do
		for pid in $(ip netns pids "$host" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
		ip netns del "$host" 2>/dev/null
		rm -rf "/etc/netns/$host"
	done
	rm -rf "$top"
}

# shellcheck disable=SC2034 # started
# start NAME COMMAND...: on the server, in the background; its output goes to $dir/NAME, its pid is in $started.
start() {
	log=$dir/$1.log
	shift
	ip netns exec "$server" "$@" >"$log" 2>&1 </dev/null &
	started=$!
}
# Ends a process, without the shell's word about it.
end() {
	kill "$@" 2>/dev/null
	wait "$@" 2>/dev/null
}

hosts_up() {
	server=demo$$s client=demo$$c
	top=$(mktemp -d) || exit 1
	dir=$top/demo/files
	mkdir -p "$dir"
	# For daemons that give up their privileges.
	chmod 711 "$top" "$top/demo" "$dir"
	trap hosts_down EXIT
	trap 'exit 1' HUP INT TERM
	for host in "$server" "$client"; do
		ip netns add "$host" || exit 1
		ip -n "$host" link set lo up
	done
	ip link add name veth0 netns "$server" type veth peer name veth0 netns "$client"
	ip -n "$server" addr add $server4/24 dev veth0
	ip -n "$client" addr add 192.0.2.2/24 dev veth0
	for host in "$server" "$client"; do
		on "$host" sysctl -qw net.ipv6.conf.veth0.accept_dad=0 net.ipv6.conf.veth0.dad_transmits=0
		ip -n "$host" link set veth0 up
	done
	ip -n "$server" addr add "$server6/64" dev veth0 nodad
	ip -n "$client" addr add 2001:db8:1::2/64 dev veth0 nodad
	wait_until reached
}

# Three hosts, each a network namespace, in a row:
#
#   player     a Jamulus client, with JACK's dummy driver as its sound card
#   server     a Jamulus server that registers with a directory; it passes packets on, and serves the names (dnsmasq)
#   directory  a Jamulus server that is a directory
#
# $hosts has jam.example, the server, and directory.example, with A and AAAA; dnsmasq reads it again at SIGHUP.
#
# The caller sets $run, the launcher, $dir, a directory that the programs write to, and $root, the repository. It reads
# hosts.bash first.

player=ds$$p server=ds$$s directory=ds$$d
hosts=$dir/hosts

hosts_linked() {
	local host
	for host in "$player" "$server" "$directory"; do
		ip netns add "$host"
		ip -n "$host" link set lo up
		mkdir -p "/etc/netns/$host"
	done
	on "$server" sysctl -qw net.ipv4.ip_forward=1
	link "$player" to-server "$server" to-player 1
	link "$server" to-directory "$directory" to-server 2
	ip -n "$player" route add default via 192.0.2.18
	ip -n "$directory" route add default via 192.0.2.33
	printf 'nameserver fd00:db8:1::2\nnameserver 192.0.2.18\n' >"/etc/netns/$player/resolv.conf"
	echo 'nameserver 127.0.0.1' >"/etc/netns/$server/resolv.conf"
	printf '%s\n' '192.0.2.18 jam.example' 'fd00:db8:1::2 jam.example' '192.0.2.34 directory.example' \
		'fd00:db8:2::2 directory.example' >"$hosts"
	run_on "$server" dns dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root \
		--local=/example/ --addn-hosts="$hosts"
	dns=$started
	until_true eval 'on "$player" getent ahosts jam.example | grep -q fd00'
}

# link HOST INTERFACE HOST INTERFACE NUMBER: 192.0.2.(16 N + 1) and fd00:db8:N::1 at the first one, 2 at the other.
link() {
	local a=$1 a_if=$2 b=$3 b_if=$4 n=$5
	ip link add name "$a_if" netns "$a" type veth peer name "$b_if" netns "$b"
	# Without duplicate address detection, addresses can be used at once.
	on "$a" sysctl -qw "net.ipv6.conf.$a_if.accept_dad=0"
	on "$b" sysctl -qw "net.ipv6.conf.$b_if.accept_dad=0"
	ip -n "$a" addr add "fd00:db8:$n::1/64" dev "$a_if"
	ip -n "$b" addr add "fd00:db8:$n::2/64" dev "$b_if"
	ip -n "$a" addr add "192.0.2.$((16 * n + 1))/28" dev "$a_if"
	ip -n "$b" addr add "192.0.2.$((16 * n + 2))/28" dev "$b_if"
	ip -n "$a" link set "$a_if" up
	ip -n "$b" link set "$b_if" up
}

# The kernel counts, from 0, datagrams that come in at a host for port 22124, by family.
wire_watched() {
	on "$1" nft 'add table inet wire; delete table inet wire; add table inet wire
		add chain inet wire in { type filter hook input priority 0; }
		add rule inet wire in iif != lo meta nfproto ipv4 udp dport 22124 counter comment "IPv4"
		add rule inet wire in iif != lo meta nfproto ipv6 udp dport 22124 counter comment "IPv6"'
}

# datagrams HOST FAMILY
datagrams() { on "$1" nft list table inet wire | sed -n "s/.*counter packets \([0-9]*\) .*\"$2\".*/\1/p"; }

# jamulus HOST NAME COMMAND...: without a display, in the background.
jamulus() {
	local host=$1 name=$2
	shift 2
	mkdir -p "$dir/home"
	HOME=$dir/home QT_QPA_PLATFORM=offscreen run_on "$host" "$name" "$@"
}

binds() { on "$1" ss -Hlun 'sport = :22124' | grep -q .; }

# Under the library, so that datagrams over IPv6 would arrive.
directory_up() {
	jamulus "$directory" directory "$run" -- Jamulus -s -n -p 22124 -e localhost -o 'Directory;Here;82'
	until_true binds "$directory"
}

# server_up COMMAND...: "env" or the launcher; the server's pid in $jam.
server_up() {
	jamulus "$server" server "$@" Jamulus -s -n -p 22124 -l "$dir/connections" -e directory.example:22124 \
		-o 'Both families;Here;82'
	jam=$started
	until_true binds "$server"
}

ended() { ! kill -0 "$1" 2>/dev/null; }

# Ends a process by its pid and waits until it is gone.
end() {
	kill "$1"
	until_true ended "$1"
}

# The directory's list for the player: a line for each server, with address, port and name.
listed() { on "$player" python3 "$root/demo/lib/jamulus.py" list 192.0.2.34 22124 | sed 1d; }
is_listed() { listed | grep -q 'Both families'; }

# JACK's 105 MB of shared memory are more than /dev/shm has in some containers, so it gets one of its own.
jack_up() {
	JACK_DEFAULT_SERVER=dualstack run_on "$player" jackd sh -c 'mkdir -p /dev/shm &&
		mount -t tmpfs -o size=256m dualstack /dev/shm && exec jackd -r -n dualstack -d dummy -r 48000 -p 128'
	jack=$started
	# In its network and mount namespaces.
	beside_jack=(env JACK_DEFAULT_SERVER=dualstack JACK_NO_START_SERVER=1 nsenter --target "$jack" --net --mount)
	until_true "${beside_jack[@]}" jack_lsp
}

# plays COMMAND...: a Jamulus client; its pid in $client.
plays() {
	HOME=$dir/home QT_QPA_PLATFORM=offscreen "${beside_jack[@]}" "$@" >"$dir/client.log" 2>&1 </dev/null 3>&- &
	client=$!
	disown
}

connected() { grep -qE ", $1, connected" "$dir/connections"; }

# ping_times [OPTION...]: the times of both addresses, by Jamulus's own ping.
ping_times() { on "$player" "$run" --probe "$@" --udp=0000e903000400000000006f60 jam.example 22124; }

# A program that knows IPv4 only registers a server of its own, called Stray.
stray() {
	python3 "$root/demo/lib/jamulus.py" register | on "$server" "$@" python3 -c 'import socket, sys
at = socket.getaddrinfo("directory.example", 22124, socket.AF_INET, socket.SOCK_DGRAM)[0][4]
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(bytes.fromhex(sys.stdin.read()), at)'
}

# Port 7000 of the server tells over which family it was reached.
tells_family() {
	run_on "$server" tells4 socat TCP4-LISTEN:7000,fork,reuseaddr SYSTEM:'echo IPv4'
	run_on "$server" tells6 socat TCP6-LISTEN:7000,fork,reuseaddr,ipv6only=1 SYSTEM:'echo IPv6'
	until_true eval '[ "$(on "$server" ss -Hltn "sport = :7000" | wc -l)" = 2 ]'
}

# looks_twice [udp] COMMAND...: one process looks jam.example up and connects; the name loses its AAAA; it does the same
# again. Prints what it reached each time (udp: the address that it was given), and then the same for another process.
looks_twice() {
	local udp=
	[ "$1" = udp ] && udp=udp && shift
	# shellcheck disable=SC2206 # nothing, or a word
	local looks=("$@" python3 "$root/demo/lib/look-again.py" jam.example 7000 $udp)
	mkfifo "$dir/lines"
	run_on "$player" looks sh -c '"$@" <"$0"' "$dir/lines" "${looks[@]}"
	exec 9>"$dir/lines"
	echo first >&9
	until_true eval '[ "$(wc -l <"$dir/looks.log")" = 1 ]'
	sed -i '/::.* jam.example/d' "$hosts"
	kill -HUP "$dns"
	until_true eval '! on "$player" getent ahostsv6 jam.example | grep -q fd00'
	echo second >&9
	until_true eval '[ "$(wc -l <"$dir/looks.log")" = 2 ]'
	exec 9>&-
	cat "$dir/looks.log"
	echo third | on "$player" "${looks[@]}"
}

jamulus_down() { hosts_end "$player" "$server" "$directory"; }

# Shared by the commands that in-systemd runs: this machine is the server, 192.0.2.1 and 2001:db8:1::1, with a
# namespace "client" behind a veth pair. $root is the repository.

programs=$root/build/tests/programs

# Waits for a command to succeed, ten seconds at most.
wait_until() {
	for _ in $(seq 200); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	echo "waited in vain for: $*"
	return 1
}

client_up() {
	ip netns add client
	ip link add name veth0 type veth peer name veth0 netns client
	ip addr add 192.0.2.1/24 dev veth0
	ip addr add 2001:db8:1::1/64 dev veth0 nodad
	ip -n client addr add 192.0.2.2/24 dev veth0
	ip -n client addr add 2001:db8:1::2/64 dev veth0 nodad
	ip link set veth0 up
	ip -n client link set veth0 up
	wait_until eval 'ip netns exec client "$programs/ask" 2001:db8:1::1/1 | grep -q ECONNREFUSED'
}

# reached COMMAND...: prints what "COMMAND ADDRESS" gives over each way in; COMMAND puts $at before its clients.
reached() {
	local address answer all=
	for address in 127.0.0.1 ::1 192.0.2.1 2001:db8:1::1; do
		at=
		case $address in *2*:* | 192*) at='ip netns exec client' ;; esac
		answer=no
		"$@" $address >/dev/null 2>&1 && answer=yes
		all="$all $address $answer"
	done
	at=
	echo "reached:$all"
}

# The journal is worth reading after a failure.
failed() {
	echo "FAILED: $*"
	journalctl --no-pager -q -o cat -n 60
	exit 1
}

# quietly COMMAND...: shows its output only if it fails.
quietly() {
	local said
	said=$("$@" 2>&1) || failed "$* ($?): $said"
}

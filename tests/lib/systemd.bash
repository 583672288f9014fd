# What the commands that in-systemd runs share: this machine as the server, 192.0.2.1 and 2001:db8:1::1, and
# a namespace "client" behind a veth pair. $root is the repository.

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

# reached COMMAND...: what "COMMAND ADDRESS" comes to over each way in; it is to put $at in front of what talks.
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

# What stands in the journal is worth reading when something has failed.
failed() {
	echo "FAILED: $*"
	journalctl --no-pager -q -o cat -n 60
	exit 1
}

# quietly COMMAND...: shows what it says only if it fails.
quietly() {
	local said
	said=$("$@" 2>&1) || failed "$* ($?): $said"
}

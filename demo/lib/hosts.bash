# Shared by the demos with hosts of their own and by their tests. A host is a network namespace; programs write to $dir.

on() { ip netns exec "$@"; }

# Waits for a command to succeed, twenty seconds at most.
until_true() {
	local i
	for i in $(seq 400); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	echo "waited in vain for: $*" >&2
	return 1
}

# run_on HOST NAME COMMAND...: in the background; its output in $dir/NAME.log, its pid in $started.
run_on() {
	local host=$1 name=$2
	shift 2
	ip netns exec "$host" "$@" >"$dir/$name.log" 2>&1 </dev/null 3>&- &
	started=$!
	# The shell says nothing when it is killed.
	disown
}

listens() { on "$1" ss -Hltn "sport = :$2" | grep -q .; }

# hosts_end HOST...: ends everything that runs on them, by pid, and takes them down.
hosts_end() {
	local host pid
	for host in "$@"; do
		for pid in $(ip netns pids "$host" 2>/dev/null); do kill -9 "$pid" 2>/dev/null || true; done
		ip netns del "$host" 2>/dev/null || true
		rm -rf "/etc/netns/$host"
	done
}

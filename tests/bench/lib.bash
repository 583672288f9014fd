# shellcheck shell=bash
# Shared by the measures: the host, cores, rounds and results. Sourced by tests/bench/run.

build=$(cd "${BUILD:-build}" && pwd)
programs=$build/tests/bench
out=${OUT:-$build/bench}
rounds=${ROUNDS:-15} each=${SECONDS_EACH:-0.2}
address4=127.0.0.1
# Not ::1, which the library shows as 127.0.0.1: others cost more, because they are in the table of peers.
address6=fd00::1 network6=fd00::/64
# Servers and forwarders run on one core, the load on the other.
server_core=0 load_core=$(($(nproc) > 1 ? 1 : 0))
# Not the machine's configuration.
export DUALSTACK_CONFIG=none
unset LD_PRELOAD

setup() {
	work=$(mktemp -d)
	chmod 755 "$work"
	trap 'stop_all; [ -z "$groups" ] || rmdir "$groups"; rm -rf "$work"' EXIT
	mkdir -p "$out"
	: >"$out/results.tsv"
	ip link set lo up
	ip addr add $address6/128 dev lo nodad
	ip -6 route add local $network6 dev lo
	# Closed connections leave no state for later ones to search; backlogs hold all that connect at once.
	sysctl -qw net.ipv4.tcp_max_tw_buckets=0 net.core.somaxconn=4096 net.ipv4.ip_local_port_range='16384 65000'
	ulimit -n 20000
	make_groups
	keep_awake
}

# Goes before NICE COMMAND...: a session of its own, because nice values count per session where the scheduler
# groups them (sched(7), autogroup).
# shellcheck disable=SC2016 # that shell's
session=(setsid -w bash -c 'echo "$1" 2>/dev/null >/proc/self/autogroup; exec nice -n "$@"' -)

# An idle core halts, and a virtual one wakes up after a varying time. So a SCHED_IDLE process, which yields to
# all others, keeps it busy.
awake=()
keep_awake() {
	local core
	for core in $server_core $load_core; do
		"${session[@]}" 19 chrt --idle 0 taskset -c "$core" bash -c 'while :; do :; done' &
		awake+=($!)
		disown
	done
}

# But not while a waiting program starts others in turn: it would cost a millisecond each time.
let_sleep() {
	kill -9 "${awake[@]}"
	awake=()
}

# A control group (version 2) also counts the CPU time of processes that have ended.
make_groups() {
	groups=$(findmnt -rnt cgroup2 -o TARGET | head -n 1)
	[ -z "$groups" ] || groups=$groups/dualstack-bench-$(basename "$work")
	{ [ -n "$groups" ] && mkdir "$groups" 2>/dev/null; } || groups=
}

# Ends all servers, and waits until they are gone.
stop_all() {
	local group pids i
	[ -n "$groups" ] || return 0
	for group in "$groups"/*/; do
		[ -e "$group" ] || continue
		for ((i = 0; i < 500; i++)); do
			rmdir "$group" 2>/dev/null && continue 2
			mapfile -t pids <"$group/cgroup.procs"
			kill -9 ${pids[@]+"${pids[@]}"} 2>/dev/null || true
			sleep 0.02
		done
		echo "bench: a server does not end: $(cat "$group/cgroup.procs")" >&2
		exit 1
	done
}

# A port that was not used before.
next_port=2000
new_port() { port=$((next_port++)); }

# serve NAME COMMAND...: starts a server on its core, with its output in a log.
serve() {
	local name=$1
	shift
	[ -z "$groups" ] || mkdir -p "$groups/$name"
	(
		[ -z "$groups" ] || echo 0 >"$groups/$name/cgroup.procs"
		exec "${session[@]}" -10 taskset -c $server_core "$@"
	) >"$work/$name.log" 2>&1 </dev/null &
	disown
}

cpu_of() { sed -n 's/^usage_usec //p' "$groups/$1/cpu.stat"; }
load() { "${session[@]}" -10 taskset -c $load_core "$programs/load" "$@"; }

# answers NAME MODE ADDR PORT [REQUEST]: waits until the server answers.
answers() {
	local i
	for ((i = 0; i < 200; i++)); do
		load "$2" "$3" "$4" 1 0 ${5+"$5"} >/dev/null 2>&1 && return
		sleep 0.05
	done
	echo "bench: $1 does not answer at $3, port $4:" >&2
	cat "$work/$1.log" >&2
	exit 1
}

# lose WHAT: reports a failed sample; the others are still of use.
lost=0
lose() {
	lost=$((lost + 1))
	say "lost: $1"
}

# record MEASURE SERVER FAMILY VARIANT ROUND VALUE
record() {
	local IFS=$'\t'
	echo "$*" >>"$out/results.tsv"
}

# in_rounds COMMAND ITEM...: calls COMMAND ROUND ITEM for every item in every round; each round begins with the
# next item.
in_rounds() {
	local command=$1 round i
	shift
	local items=("$@")
	for ((round = 1; round <= rounds; round++)); do
		for ((i = 0; i < $#; i++)); do
			$command $round "${items[(i + round - 1) % $#]}"
		done
	done
}

say() { printf '  %s\n' "$*" >&2; }

conclude() {
	local form
	for form in table json plot md; do
		awk -v form=$form -v rounds="$rounds" -v seconds="$each" -v machine="$(machine)" \
			-f tests/bench/results.awk tests/bench/goals "$out/results.tsv" >"$out/results.$form"
	done
	if command -v gnuplot >/dev/null; then
		gnuplot -c tests/bench/results.gnuplot "$out/results.plot" "$out/results.svg" "$(machine); $rounds rounds of $each s"
	else
		say 'gnuplot is not installed, no plot'
	fi
	cat "$out/results.table"
	[ $lost -eq 0 ] || say "$lost samples were lost"
	[ $lost -eq 0 ]
}

# The machine and its other load, in a line.
read -r busy _ </proc/loadavg
machine() {
	local model
	model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
	echo "$(nproc) cores of ${model:-$(uname -m)}, Linux $(uname -r), $(getconf GNU_LIBC_VERSION 2>/dev/null ||
		echo 'another libc'), load average $busy before"
}

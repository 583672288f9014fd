# shellcheck shell=bash
# Memory: a server's private KiB (Private_Dirty) after a connection or two, the mean of its processes; and the
# KiB by which all its processes grow with 10,000 connections, over IPv6 from as many addresses, and with 100,
# also of forwarders. Sourced by tests/bench/run.

# private NAME: "SUM PROCESSES" of a server.
private() {
	local pid
	while read -r pid; do cat "/proc/$pid/smaps_rollup"; done <"$groups/$1/cgroup.procs" |
		awk '/^Private_Dirty:/ { sum += $2; n++ } END { print sum, n }'
}

memory_fresh() {
	local server=$1 round=$2 variant sum processes
	for variant in native dual dualstack; do
		read -r sum processes < <(private "$server-$variant")
		record memory "$server" - $variant "$round" "$(awk "BEGIN { print $sum / $processes }")"
	done
}

# memory_held ROUND TARGET COUNT: records what COUNT connections add.
memory_held() {
	local round=$1 count=$3 family variant address port group before after said load_pid
	read -r family variant address port group <<<"$2"
	read -r before _ < <(private "$group")
	coproc holding { load hold "$address" "$port" "$count" 0 q 2>&1; }
	load_pid=$!
	if read -r -t 60 said <&"${holding[0]}" && [ "$said" = held ]; then
		read -r after _ < <(private "$group")
		record memory-$count connections "$family" "$variant" "$round" $((after - before))
	else
		lose "$variant: $count connections: ${said:-they do not come}"
	fi
	eval "exec ${holding[1]}>&-"
	wait $load_pid || true
}

memory() {
	local server round target
	for ((round = 1; round <= (rounds < 3 ? rounds : 3); round++)); do
		for server in nginx dovecot epoll; do
			if forms $server; then memory_fresh $server $round; fi
		done
		# The last one is epoll's.
		for target in "${targets[@]}"; do memory_held $round "$target" 10000; done
		forms epoll
		forwarders
		for target in "${targets[@]}"; do memory_held $round "$target" 100; done
	done
}

if [ -n "$groups" ]; then
	say memory
	memory
else
	say 'memory: left out, there is no control group of version 2'
fi

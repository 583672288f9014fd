# shellcheck shell=bash
# Questions a second, each from a UDP socket of its own at a random port, and the system calls of one. native: as it is;
# dualstack: under the library, which takes such a socket for a server's; rule: with the rule that keeps it IPv4; known: by the
# name of a resolver (shim/config/known_programs.def). Sourced by tests/bench/run.

stop_all
new_port
asked=$port
new_port # the asking program's
start_udp asked 4 "$asked"
answers asked udp $address4 "$asked" q
mkdir -p "$work/known"
ln -sf "$programs/questions" "$work/known/unbound"
declare -A asking=([native]="$programs/questions"
	[dualstack]="env LD_PRELOAD=$build/libdualstack.so $programs/questions"
	[rule]="env LD_PRELOAD=$build/libdualstack.so DUALSTACK_RULES=bind\ udp\ port=20000-65535\ ipv4 $programs/questions"
	[known]="env LD_PRELOAD=$build/libdualstack.so $work/known/unbound")

# system_calls COMMAND...: those of the last of its questions.
system_calls() {
	strace -o "$work/trace" "$@" $address4 "$asked" 0 >/dev/null
	awk '/^write\(-1, "next"/ { if (last) count = NR - last - 1; last = NR } END { print count }' "$work/trace"
}

questions_sample() {
	local command
	eval "command=(${asking[$2]})"
	record questions udp ipv4 "$2" "$1" "$("${session[@]}" -10 taskset -c $load_core "${command[@]}" $address4 "$asked" "$each")"
	! command -v strace >/dev/null || record calls:questions udp ipv4 "$2" "$1" "$(system_calls "${command[@]}")"
}

say 'questions of resolvers'
in_rounds questions_sample native dualstack rule known

# shellcheck shell=bash
# Microseconds from the start of a program to its end: true(1), perl, a server up to its listen(), nginx up to
# having its sockets (nginx -t). native: as it is; empty: with an empty library in LD_PRELOAD, which is what any
# costs; preload: with ours in LD_PRELOAD; inherited: also with what dualstack-run leaves in the environment;
# launcher: by dualstack-run. Sourced by tests/bench/run.

stop_all
${CC:-cc} -shared -o "$work/empty.so" -x c /dev/null
new_port
cat >"$work/start-nginx.conf" <<END
pid $work/start-nginx.pid;
error_log stderr;
events { }
http { server { listen $port; } }
END
new_port
declare -A start_commands=(
	[true]='/bin/true'
	[perl]='perl -e 0'
	[listen]="$programs/server once 4 $port"
	[nginx]="nginx -t -q -e stderr -p $work -c $work/start-nginx.conf"
)
command -v nginx >/dev/null || unset 'start_commands[nginx]'
mapfile -t settings < <("$build/dualstack-run" env | grep '^DUALSTACK_')
declare -a start_native=() \
	start_empty=("LD_PRELOAD=$work/empty.so") \
	start_preload=("LD_PRELOAD=$build/libdualstack.so") \
	start_inherited=("LD_PRELOAD=$build/libdualstack.so" "${settings[@]}") \
	start_launcher=("$build/dualstack-run" --)

start_sample() {
	local -n with=start_$2
	local program command time
	for program in true perl listen nginx; do
		[ -n "${start_commands[$program]:-}" ] || continue
		read -ra command <<<"${start_commands[$program]}"
		time=$("${session[@]}" -10 taskset -c $server_core "$programs/starts" "$each" ${with[@]+"${with[@]}"} "${command[@]}")
		record start $program - "$2" "$1" "$time"
	done
}

say 'starts of programs'
let_sleep
in_rounds start_sample native empty preload inherited launcher
keep_awake

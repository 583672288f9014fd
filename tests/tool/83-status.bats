# dualstack-run --status: what running services serve, which of that was widened, and who is connected.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/dovecot

setup() {
	need jq
	need socat
	hosts_up
}
teardown() { hosts_down; }

status() { "$run" --status "$@"; }

# refused STATUS MESSAGE ARG...: one line on standard error, and nothing on standard output.
refused() {
	run "-$1" --separate-stderr status "${@:3}"
	assert_output ''
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "$stderr" "^dualstack-run: (--status: )?$2"
}

# sockets PID: a line for each.
sockets() {
	status --json "$1" | jq -r '.sockets[] | "\(.protocol) \(.bound) \(.state) \(.widened) \(
		if .connections then "\(.connections.ipv4)/\(.connections.ipv6)" else "-" end)"' | sort
}
sockets_are() { [ "$(sockets "$1")" = "$2" ]; }

# What sockets() prints of that process comes to be this.
assert_sockets() { wait_until sockets_are "$1" "$2" || fail "$(sockets "$1")"; }

# stay HOST ADDRESS PORT: a connection that stays open until its process, $stayed, is stopped.
stay() {
	ip netns exec "$1" socat -u "TCP:$2:$3" OPEN:/dev/null >/dev/null 2>&1 </dev/null 3>&- &
	stayed=$!
}

echo_server() {
	start echo "$@" python3 "$root/tests/lib/echo.py" 0.0.0.0 5000 5000
	wait_port 5000
}

@test "one server: before, with connections over both families, and after" {
	echo_server "$run"
	run -0 status "$started"
	assert_line --index 0 --regexp '^PROCESS +PROTOCOL +BOUND +STATE +IPV4 +IPV6$'
	assert_line --index 1 --regexp "^python3\[$started\] +tcp +\[::\]:5000 +dual-stack +0 +0$"
	assert_equal "${#lines[@]}" 2

	# The library makes the accepted IPv4 ones AF_INET sockets.
	stay "$client" $server4 5000
	stay "$client" "[$server6]" 5000
	stay "$server" 127.0.0.1 5000
	assert_sockets "$started" 'tcp [::]:5000 dual_stack true 2/1'
	stop "$stayed"
	assert_sockets "$started" 'tcp [::]:5000 dual_stack true 1/1'
	run -0 status "$started"
	assert_line --index 1 --regexp ' dual-stack +1 +1$'
}

@test "connections that are not accepted yet, those being opened, and those to other ports" {
	on_server python3 - <<'END' >"$BATS_TEST_TMPDIR/pid" 3>&- &
import socket, time, os
a, b = socket.socket(), socket.socket()
a.bind(("127.0.0.1", 5000)), a.listen(3)
b.bind(("0.0.0.0", 5001)), b.listen(3)
print(os.getpid(), flush=True)
time.sleep(60)
END
	wait_until test -s "$BATS_TEST_TMPDIR/pid"
	read -r pid <"$BATS_TEST_TMPDIR/pid"
	stay "$server" 127.0.0.1 5000
	stay "$server" 127.0.0.1 5000
	stay "$server" 127.0.0.1 5000
	counts='tcp 0.0.0.0:5001 ipv4_only false 0/0
tcp 127.0.0.1:5000 ipv4_only false 3/0'
	wait_until sockets_are "$pid" "$counts" || fail "$(sockets "$pid")"
	on_server nft 'add table inet lost; add chain inet lost in { type filter hook input priority 0; }
		add rule inet lost in tcp sport 5001 tcp flags & (syn | ack) == ack drop
		add rule inet lost in tcp dport 5001 tcp flags & (syn | ack) == ack drop'
	ip netns exec "$server" socat -u TCP:127.0.0.1:5001 OPEN:/dev/null 3>&- &
	wait_until eval 'on_server ss -Htn state syn-recv "sport = :5001" | grep -q .'
	assert_equal "$(sockets "$pid" 2>/dev/null)" "$counts"
}

@test "without the library: IPv4 only, said in one line, 1" {
	echo_server
	run -1 --separate-stderr status "$started"
	assert_line --index 1 --regexp "^python3\[$started\] +tcp +0\.0\.0\.0:5000 +IPv4 only +0 +0$"
	assert_equal "$stderr" "dualstack-run: --status: $started: the library is loaded in none of its processes"
	run -1 --separate-stderr status --json "$started"
	assert_equal "$(jq -c '[.widened, .processes[0].library, .sockets[0].widened]' <<<"$output")" '[0,false,false]'
}

@test "what the library left alone: another address, and the program's own for both families" {
	start own "$run" -- python3 -m http.server --bind :: 5000
	wait_port 5000
	run -1 status "$started"
	assert_line --index 1 --regexp 'tcp +\[::\]:5000 +dual-stack \(own\) +0 +0$'
	assert_sockets "$started" 'tcp [::]:5000 dual_stack false 0/0'
	stop "$started"
	start own "$run" -- python3 "$root/tests/lib/echo.py" 127.0.0.1 5001 5001
	wait_port 5001
	assert_sockets "$started" 'tcp 127.0.0.1:5001 ipv4_only false 0/0'
	start own "$run" -- python3 "$root/tests/lib/echo.py" :: 5002 5002
	wait_port 5002
	assert_sockets "$started" 'tcp [::]:5002 ipv6_only false 0/0'
}

@test "a process that should have the library and has it not is named: a static one, and one with a widened socket" {
	need gcc
	printf '%s\n' '#include <unistd.h>' 'int main(void) { return pause(); }' | gcc -static -x c -o "$BATS_TEST_TMPDIR/alone" -
	start alone "$run" --anyway "$BATS_TEST_TMPDIR/alone"
	wait_until eval '[ "$(readlink /proc/$started/exe)" = "$BATS_TEST_TMPDIR/alone" ]'
	run -1 --separate-stderr status "$started"
	assert_line --regexp "^Not loaded where it is needed \(dualstack\(7\), SYMPTOMS\): alone\[$started\]$"
	assert_equal "$stderr" "dualstack-run: --status: $started: the library is loaded in none of its processes"
	run -1 "$run" --json --status "$started"
	assert_line --partial '"not_loaded": true'
	stop "$started"
	# It has inherited the socket, with an environment that does not name the library.
	start heir "$run" -- python3 -c 'import os, socket, sys, time
s = socket.socket(); s.bind(("0.0.0.0", 5000)); s.listen(); s.set_inheritable(True)
if not os.fork(): os.execve(sys.argv[1], sys.argv[1:], {})
time.sleep(100)' "$BATS_TEST_TMPDIR/alone"
	wait_port 5000
	wait_until eval '"$run" --status "$started" | grep "^Not loaded where it is needed .*: alone\["'
	run -0 status "$started"
	refute_line --partial 'Without the library'
}

@test "children, and theirs; some of them without the library" {
	start tree "$run" -- sh -c 'env LD_PRELOAD= tail -f /dev/null & sh -c "python3 $0 0.0.0.0 5000 5001; :"; :' \
		"$root/tests/lib/echo.py"
	wait_port 5001
	assert_sockets "$started" 'tcp [::]:5000 dual_stack true 0/0
tcp [::]:5001 dual_stack true 0/0'
	run -0 status "$started"
	assert_line --regexp '^Without the library: tail\[[0-9]+\]$'
	run -0 status --json "$started"
	assert_equal "$(jq -r '[.processes[] | select(.library | not) | .name] | join(" ")' <<<"$output")" tail
	assert_equal "$(jq -r '.processes[0].pid' <<<"$output")" "$started"
}

@test "dovecot: its master and its login processes have one socket" {
	need dovecot
	need curl
	dovecot_config '*' 1143
	start dovecot "$run" -- dovecot -F -c "$BATS_TEST_TMPDIR/dovecot/dovecot.conf"
	wait_port 1143
	assert_sockets "$started" 'tcp [::]:1143 dual_stack true 0/0'
	stay "$client" "[$server6]" 1143
	stay "$client" $server4 1143
	assert_sockets "$started" 'tcp [::]:1143 dual_stack true 1/1'
	run -0 status "$started"
	assert_line --index 1 --regexp "^dovecot\[$started\], \+[1-9] +tcp +\[::\]:1143 +dual-stack +1 +1$"
	# A login process by itself, of another user and in a chroot.
	run -0 status "$(pgrep -P "$started" imap-login | head -n 1)"
	assert_line --index 1 --regexp '^imap-login\[.* dual-stack +1 +1$'
	stop "$started"
}

@test "dovecot with a socket of its own for each family" {
	need dovecot
	dovecot_config '*, ::' 1143
	start dovecot "$run" -- dovecot -F -c "$BATS_TEST_TMPDIR/dovecot/dovecot.conf"
	wait_port 1143
	stay "$client" "[$server6]" 1143
	assert_sockets "$started" 'tcp 0.0.0.0:1143 ipv4_only false 0/0
tcp [::]:1143 ipv6_only false 0/1'
	run -1 status "$started"
	stop "$started"
}

@test "nginx: a master and two workers" {
	need nginx
	mkdir -p "$BATS_TEST_TMPDIR/nginx/logs"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	echo "daemon off; worker_processes 2; pid $BATS_TEST_TMPDIR/nginx/pid; events {}
		http { access_log off; client_body_temp_path $BATS_TEST_TMPDIR/nginx/body;
		server { listen 8080; listen 127.0.0.1:8081; } }" >"$BATS_TEST_TMPDIR/nginx/nginx.conf"
	start nginx "$run" -- nginx -p "$BATS_TEST_TMPDIR/nginx" -c nginx.conf -e logs/error.log
	wait_port 8080
	wait_until eval '[ "$(pgrep -c -P $started)" = 2 ]'
	stay "$client" "[$server6]" 8080
	assert_sockets "$started" 'tcp 127.0.0.1:8081 ipv4_only false 0/0
tcp [::]:8080 dual_stack true 0/1'
	run -0 status "$started"
	assert_line --regexp "^nginx\[$started\], \+2 +tcp +\[::\]:8080 +dual-stack +0 +1$"
	assert_line --regexp "^nginx\[$started\], \+2 +tcp +127.0.0.1:8081 +IPv4 only +0 +0$"
	stop "$started"
}

@test "UDP; a client's sockets are no servers'" {
	start udp "$run" -- "$programs/udp_serve" plain 5000
	wait_until eval 'on_server ss -Hlun "sport = :5000" | grep -q .'
	assert_sockets "$started" 'udp [::]:5000 dual_stack true -'
	run -0 status "$started"
	assert_line --index 1 --regexp ' udp +\[::\]:5000 +dual-stack +- +-$'
	start clients "$run" -- python3 -c 'import socket, time
a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
a.connect(("127.0.0.1", 5000))
b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
c = socket.socket()
c.bind(("127.0.0.1", 5003))
print("ready", flush=True)
time.sleep(60)'
	wait_until grep -q ready "$BATS_TEST_TMPDIR/clients.log"
	run -1 status --json "$started"
	assert_equal "$(jq -c '[.sockets, .widened]' <<<"$output")" '[[],0]'
	run -1 status "$started"
	assert_output 'No sockets that others could connect or send to.'
}

@test "a socket that one process has several times is one, and shared with nobody" {
	start copies "$run" -- python3 -c 'import socket, time
a = socket.socket()
a.bind(("0.0.0.0", 5000))
a.listen(3)
b, c = a.dup(), a.dup()
time.sleep(60)'
	wait_port 5000
	assert_sockets "$started" 'tcp [::]:5000 dual_stack true 0/0'
	run -0 status --json "$started"
	assert_equal "$(jq .sockets[0].shared_with <<<"$output")" 0
}

@test "another user's process: one line that says so, 1" {
	need setpriv
	echo_server "$run"
	# The build directory may be one that this user has no way to.
	cp "$build/dualstack-tool" "$BATS_TEST_TMPDIR/"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	for json in '' --json; do
		run -1 --separate-stderr setpriv --reuid=65534 --clear-groups "$BATS_TEST_TMPDIR/dualstack-tool" \
			status $json "$started"
		assert_output ''
		assert_equal "$stderr" "dualstack-run: --status: $started: no permission to look at 1 of 1 processes, as python3[$started]; ask as root"
	done
}

@test "no such process; one that has ended" {
	refused 1 '4194304: there is no such process' 4194304
	python3 -c 'import os, time
pid = os.fork() or os._exit(0)
print(pid, flush=True)
time.sleep(60)' >"$BATS_TEST_TMPDIR/ended" 3>&- &
	sleeper=$!
	wait_until eval 'grep -q "State:.*Z" "/proc/$(cat "$BATS_TEST_TMPDIR/ended")/status"'
	refused 1 '[0-9]+: there is no such process' "$(cat "$BATS_TEST_TMPDIR/ended")"
	stop "$sleeper"
}

# A systemctl that writes down what it was asked, and answers so.
systemctl_says() {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nprintf "%%s\\n" "$@" >"%s"\necho complaint >&2\n%s\n' "$BATS_TEST_TMPDIR/asked" "$1" \
		>"$BATS_TEST_TMPDIR/bin/systemctl"
	chmod 755 "$BATS_TEST_TMPDIR/bin/systemctl"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "units: what systemctl is asked, and what is made of its answers" {
	systemctl_says 'echo LoadState=not-found; echo ControlGroup='
	refused 1 'nosuch: systemd knows no such unit$' nosuch
	assert_equal "$(tail -n 2 "$BATS_TEST_TMPDIR/asked" | tr '\n' ' ')" '-- nosuch.service '
	refused 1 'no.such.socket: systemd knows no such unit$' no.such.socket
	assert_equal "$(tail -n 1 "$BATS_TEST_TMPDIR/asked")" no.such.socket
	refused 1 'no.such: systemd knows' -- 'no.such'
	assert_equal "$(tail -n 1 "$BATS_TEST_TMPDIR/asked")" no.such.service
	systemctl_says 'echo ControlGroup=; echo LoadState=loaded'
	refused 1 'dead: the unit has no processes$' dead
	systemctl_says 'echo ControlGroup=/system.slice/nosuch-dualstack-test.service; echo LoadState=loaded'
	refused 1 'gone: the unit has no processes$' gone
	systemctl_says 'echo ControlGroup=nonsense; echo LoadState=loaded'
	refused 1 'odd: the unit has no processes$' odd
	systemctl_says 'exit 1'
	refused 1 "a: systemctl can't say anything about units here" a
	systemctl_says 'kill -9 $$'
	refused 1 "a: systemctl can't say anything about units here" a
	PATH=/nonexistent run -1 "$build/dualstack-tool" status some@unit.service
	assert_output 'dualstack-run: --status: some@unit.service: there is no systemctl to ask about units; give a PID'
}

@test "bad arguments: 125, one line, and nobody is asked" {
	systemctl_says 'exit 1'
	local long
	long=$(printf 'a%.0s' $(seq 4096))
	refused 125 'no PID or UNIT given$'
	refused 125 'no PID or UNIT given$' --json
	refused 125 'no PID or UNIT given$' --
	refused 125 "unexpected '2' after" 1 2
	refused 125 "unknown option '--nonsense'" --nonsense 1
	refused 125 "unknown option '--json=1'" --json=1 1
	refused 125 "unknown option '-1'" -1
	refused 125 "PID '0' is not from 1 to 4194304" 0
	refused 125 "PID '4194305' is not" 4194305
	refused 125 "PID '99999999999999999999' is not" 99999999999999999999
	for name in '' -x --help ../../etc/passwd /etc/passwd a/b 'a b' $'a\nb' $'a\tb' 'a;b' 'a*' '$(id)' ü "$long" \
		"$(printf 'a%.0s' $(seq 248))" '1 2' '+1'; do
		refused 125 "'.*' is neither a PID nor the name of a unit$" -- "$name"
	done
	refute [ -e "$BATS_TEST_TMPDIR/asked" ]
	refused 1 'a+: systemctl' "$(printf 'a%.0s' $(seq 247))"
	refused 1 'a.*: systemctl' 'a:b-c_d.e\x2df@g'
}

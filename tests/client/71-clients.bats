# Unmodified clients reach a name by whichever of its addresses answers, of either family: first by the one that
# they ask for, as without the shim, where they fail if that does.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/names

setup() {
	need python3
	need openssl
	hosts_up
	names_up
	drop_in6 $dead6
	drop_in $mute4
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$BATS_TEST_TMPDIR/key" -out "$BATS_TEST_TMPDIR/pem" \
		-subj /CN=test -days 2 2>/dev/null
	cat "$BATS_TEST_TMPDIR/key" >>"$BATS_TEST_TMPDIR/pem"
	start greet python3 "$root/tests/lib/greet.py" 7000 8080 8443 "$BATS_TEST_TMPDIR/pem" $server4 $server6
	wait_until eval '[ "$(on_server ss -Hltn "sport = :8443" | wc -l)" = 2 ]'
}
teardown() { hosts_down; }

natively() {
	local name=$1
	shift
	run ip netns exec "$client" timeout 20 "${@//NAME/$name.example}"
}

shimmed() {
	local name=$1
	shift
	run ip netns exec "$client" timeout 20 "$run" -- "${@//NAME/$name.example}"
}

over() {
	local family=$1 name=$2
	shift 2
	shimmed "$name" "$@"
	assert_output --partial "over IPv$family"
}

# Under the shim, all cases.
everywhere() {
	over 6 six "$@"
	over 6 only6 "$@"
	over 4 only4 "$@"
	over 4 dead "$@"
	over 4 eight "$@"
	over 4 four "$@"
}

# Nobody there: the same words, and the same exit status.
the_same_failure() {
	local words status_then
	natively nobody "$@"
	# shellcheck disable=SC2154 # bats sets them
	words=$(normal "$output") status_then=$status
	refute_output --partial 'over IPv'
	shimmed nobody "$@"
	assert_equal "$(normal "$output")" "$words"
	assert_equal "$status" "$status_then"
}

# Times, dates and the order of a name's addresses are not compared.
normal() { printf '%s\n' "$1" | sed -E 's/[0-9]+ ms/N ms/; s/[0-9]{4}-[0-9-]+ [0-9:]+/DATE/'; }

# A program that knows IPv4 only, natively and under the shim. Its own IPv4 address is first, and IPv6 follows where
# that is refused or silent, or comes first where it is preferred.
ipv4_only() {
	natively six "$@"
	refute_output --partial 'over IPv'
	natively only6 "$@"
	refute_output --partial 'over IPv'
	natively four "$@"
	assert_output --partial 'over IPv4'
	everywhere "$@"
	over 4 both "$@"
	over 6 mute "$@"
	DUALSTACK_PREFER=ipv6 over 6 both "$@"
	DUALSTACK_PREFER=ipv6 over 4 dead "$@"
	the_same_failure "$@"
}

@test "nc.traditional (gethostbyname, blocking)" {
	need nc.traditional
	ipv4_only sh -c 'nc.traditional -w 10 NAME 7000 </dev/null'
}

@test "socat TCP6, which takes the first address and asks with AI_PASSIVE, as if for bind()" {
	need socat
	set -- sh -c 'socat -t 10 - TCP6:NAME:7000 </dev/null 2>&1 | sed "s/.* E //"'
	natively only4 "$@"
	refute_output --partial 'over IPv'
	over 6 six "$@"
	over 6 only6 "$@"
	over 4 only4 "$@"
	over 4 dead "$@"
	over 4 eight "$@"
	# bind() must not be given an IPv4 address where there is none. socat 1.8 asks without AI_PASSIVE.
	natively four "$@"
	words=$output
	refute_output --partial 'over IPv'
	shimmed four "$@"
	[ "$output" = 'over IPv4' ] && socat -V | grep -q 'version 1\.8' || assert_output "$words"
}

@test "curl -4 (poll)" {
	need curl
	ipv4_only curl -4 -sS http://NAME:8080/
}

@test "curl -4, several at a time (the multi interface)" {
	need curl
	ipv4_only curl -4 -sS --no-progress-meter --parallel http://NAME:8080/1 http://NAME:8080/2
}

@test "wget -4" {
	need wget
	ipv4_only wget -4 -q -t 1 -T 10 -O - http://NAME:8080/
}

@test "Perl, IO::Socket::INET with Timeout (select)" {
	need perl
	ipv4_only perl -MIO::Socket::INET -e '
		$s = IO::Socket::INET->new(PeerAddr => "NAME", PeerPort => 7000, Timeout => 10) or die "$@\n"; print <$s>'
}

@test "neomutt with use_ipv6 off (getaddrinfo_a, gai_suspend)" {
	need neomutt
	start mail4 socat "TCP4-LISTEN:7025,bind=$server4,fork,reuseaddr" 'SYSTEM:echo 554 over IPv4'
	start mail6 socat "TCP6-LISTEN:7025,bind=[$server6],fork,reuseaddr" 'SYSTEM:echo 554 over IPv6'
	wait_until eval '[ "$(on_server ss -Hltn "sport = :7025" | wc -l)" = 2 ]'
	ipv4_only sh -c 'echo text | neomutt -n -F /dev/null -s subject -e "set from=a@b.example nouse_ipv6 nossl_starttls" \
		-e "set smtp_url=smtp://NAME:7025" -e "set record=" c@d.example 2>&1'
}

@test "s3270 (knows IPv6; getaddrinfo_a with SIGEV_THREAD)" {
	need s3270
	set -- sh -c "printf '%s\n' 'Connect(NAME:7000)' 'Wait(InputField)' 'Ascii()' 'Quit()' | s3270"
	over 6 only6 "$@"
	over 4 only4 "$@"
	over 4 dead "$@"
	over 6 mute "$@"
}

# It asks for both families and takes the IPv4 addresses.
takes_ipv4() {
	natively only6 "$@"
	refute_output --partial 'over IPv'
	over 6 only6 "$@"
	over 4 only4 "$@"
	over 4 dead "$@"
	over 4 four "$@"
	natively six "$@"
	refute_output --partial 'over IPv'
	DUALSTACK_SYNTHETIC=always over 6 six "$@"
}

@test "SBCL, sb-bsd-sockets" {
	need sbcl
	takes_ipv4 sbcl --no-userinit --non-interactive --eval '(require :sb-bsd-sockets)' --eval '
		(let ((s (make-instance (quote sb-bsd-sockets:inet-socket) :type :stream :protocol :tcp)))
			(sb-bsd-sockets:socket-connect s
				(sb-bsd-sockets:host-ent-address (sb-bsd-sockets:get-host-by-name "NAME")) 7000)
			(format t "~a~%" (read-line (sb-bsd-sockets:socket-make-stream s :input t))))'
}

@test "Qt, with IPv4Protocol" {
	[ -e /usr/lib/python3/dist-packages/PyQt5/QtNetwork.abi3.so ] || skip "python3-pyqt5 is not installed"
	takes_ipv4 /usr/bin/python3 -c '
from PyQt5.QtCore import QCoreApplication, QIODevice
from PyQt5.QtNetwork import QAbstractSocket, QTcpSocket
app = QCoreApplication([])
s = QTcpSocket()
def end(text):
    print(text)
    app.quit()
s.readyRead.connect(lambda: end(bytes(s.readAll()).decode()))
s.error.connect(lambda e: end(s.errorString()))
s.connectToHost("NAME", 7000, QIODevice.ReadOnly, QAbstractSocket.IPv4Protocol)
app.exec()'
}

@test "Mono, TcpClient with AddressFamily.InterNetwork" {
	need mcs
	cat >"$BATS_TEST_TMPDIR/ask.cs" <<-'END'
		using System; using System.IO; using System.Net.Sockets;
		class Ask {
			static void Main(string[] args) {
				try {
					var client = new TcpClient(AddressFamily.InterNetwork);
					client.Connect(args[0], 7000);
					Console.WriteLine(new StreamReader(client.GetStream()).ReadLine());
				} catch (Exception e) {
					Console.WriteLine(e.Message);
				}
			}
		}
	END
	run -0 mcs -out:"$BATS_TEST_TMPDIR/ask.exe" "$BATS_TEST_TMPDIR/ask.cs"
	takes_ipv4 mono "$BATS_TEST_TMPDIR/ask.exe" NAME
}

@test "wrk (knows IPv6)" {
	need wrk
	set -- sh -c 'echo "response = function(status, headers, body) print(body) wrk.thread:stop() end" >"$0"
		wrk -t 1 -c 1 -d 1s -s "$0" http://NAME:8080/ | head -n 20' "$BATS_TEST_TMPDIR/body.lua"
	over 6 only6 "$@"
	over 4 dead "$@"
}

@test "Python, asyncio (epoll)" {
	ipv4_only python3 -c '
import asyncio, socket
async def main():
    reader, writer = await asyncio.open_connection("NAME", 7000, family=socket.AF_INET)
    print((await reader.read()).decode())
try:
    asyncio.run(main())
except OSError as e:
    raise SystemExit(type(e).__name__)'
}

@test "Python, socket.create_connection with a timeout (poll)" {
	ipv4_only python3 -c '
import socket
socket.has_ipv6 = False
s = socket.socket(socket.AF_INET)
s.settimeout(10)
try:
    s.connect(("NAME", 7000))
    print(s.recv(100).decode(), s.getpeername()[1])
except OSError as e:
    raise SystemExit(type(e).__name__)'
}

@test "openssl s_client -4" {
	ipv4_only sh -c 'openssl s_client -4 -quiet -connect NAME:8443 </dev/null 2>&1 | grep -o "over IPv.\|Connection refused" || exit 3'
}

@test "Boost.Asio (registered in epoll before it connects), with one thread and with several" {
	need g++
	[ -e /usr/include/boost/asio.hpp ] || skip "libboost-dev is not installed"
	run -0 g++ -std=gnu++17 -O0 -o "$BATS_TEST_TMPDIR/asio" "$root/tests/lib/asio.cc" -pthread
	ipv4_only "$BATS_TEST_TMPDIR/asio" NAME 7000 1 1
	for name in only4 eight dead; do
		shimmed $name "$BATS_TEST_TMPDIR/asio" NAME 7000 4 20
		assert_success
		assert_equal "$(grep -c 'over IPv4' <<<"$output")" 20
	done
}

@test "libevent, a bufferevent" {
	[ -e /usr/include/event2/event.h ] || skip "libevent-dev is not installed"
	run -0 cc -o "$BATS_TEST_TMPDIR/libevent" "$root/tests/lib/libevent.c" -levent
	ipv4_only "$BATS_TEST_TMPDIR/libevent" NAME 7000
}

# Programs that know IPv6 but wait for the first address for ever.
@test "Tcl, socket -async (knows IPv6)" {
	need tclsh
	printf '%s\n' 'set s [socket -async [lindex $argv 0] 7000]' 'fileevent $s writable {set done 1}' \
		'after 12000 {puts "no answer"; exit 3}' 'vwait done' 'set e [fconfigure $s -error]' \
		'if {$e ne ""} {puts $e; exit 1}' 'puts [gets $s]' >"$BATS_TEST_TMPDIR/client.tcl"
	everywhere tclsh "$BATS_TEST_TMPDIR/client.tcl" NAME
	the_same_failure tclsh "$BATS_TEST_TMPDIR/client.tcl" NAME
}

@test "curl -6: an AF_INET6 program reaches IPv4 addresses" {
	need curl
	natively only4 curl -6 -sS http://NAME:8080/
	refute_output --partial 'over IPv'
	over 6 six curl -6 -sS http://NAME:8080/
	over 4 only4 curl -6 -sS http://NAME:8080/
	over 4 dead curl -6 -sS http://NAME:8080/
	over 4 eight curl -6 -sS http://NAME:8080/
	the_same_failure curl -6 -sS http://NAME:8080/
}

# Unmodified UDP servers, each started as IPv4-only: reachable over IPv4, ::1, a global and a link-local IPv6
# address as one server on one port.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	hosts_up
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	link_local=$(ip -n "$server" -6 -o addr show dev veth0 scope link | awk '{ sub("/.*", "", $4); print $4 }')%veth0
}
teardown() { hosts_down; }

synthetic='24[0-9]\.[0-9]+\.[0-9]+\.[0-9]+|25[0-5]\.[0-9]+\.[0-9]+\.[0-9]+'
bound() { on_server ss -Hlun "sport = :$1" | grep -q .; }
wait_bound() { wait_until bound "$1"; }

# The ways in: host and address.
each_way() {
	"$@" "$server" 127.0.0.1
	"$@" "$server" ::1
	"$@" "$client" $server4
	"$@" "$client" $server6
	"$@" "$client" "$link_local"
}

# natively PORT COMMAND...: the same server without the shim. IPv6 is refused: the client gets an ICMP error
# (ECONNREFUSED) or no answer.
natively() {
	local port=$1
	shift
	stop "$started"
	start natively "$@"
	wait_bound "$port"
	assert_udp_ipv4_only "$port"
}

assert_udp_ipv4_only() {
	run -0 on_server "$programs/steps" a=udp6 "a.connect:::1/$1" 'a.send' 'a.error'
	assert_line 'a.error ECONNREFUSED'
}

answers() {
	run -0 ip netns exec "$1" dig +short +tries=2 +time=3 "@$2" -p 5300 www.example.org A
	assert_output 192.0.2.80
}

@test "dnsmasq at 0.0.0.0: queried over each family" {
	need dnsmasq
	need dig
	start dnsmasq "$run" --log=info -- dnsmasq --keep-in-foreground --conf-file=/dev/null --port=5300 \
		--listen-address=0.0.0.0 --bind-interfaces --no-resolv --no-hosts --user=root --log-queries --log-facility=- \
		--address=/www.example.org/192.0.2.80
	wait_bound 5300
	each_way answers
	wait_until grep -q "query.* from $client6" "$BATS_TEST_TMPDIR/dnsmasq.log"
	run -0 log_of dnsmasq
	assert_output --partial 'from 192.0.2.2'
	natively 5300 dnsmasq --keep-in-foreground --conf-file=/dev/null --port=5300 --listen-address=0.0.0.0 \
		--bind-interfaces --no-resolv --no-hosts --user=root
}

# With interface-automatic it answers from the address in IP_PKTINFO, the one that was asked.
@test "unbound at 0.0.0.0: queried over each family at several addresses, and what an access list sees" {
	need unbound
	need dig
	ip -n "$server" addr add 192.0.2.11/24 dev veth0
	ip -n "$server" addr add 2001:db8:1::11/64 dev veth0 nodad
	cat >"$BATS_TEST_TMPDIR/unbound.conf" <<-END
		server:
			interface: 0.0.0.0
			interface-automatic: yes
			port: 5300
			do-ip6: no
			do-daemonize: no
			username: ""
			chroot: ""
			pidfile: ""
			use-syslog: no
			directory: "$BATS_TEST_TMPDIR"
			access-control: 127.0.0.0/8 allow
			access-control: 192.0.2.0/24 allow
			access-control: 240.0.0.0/4 allow
			local-data: "www.example.org. A 192.0.2.80"
	END
	start unbound "$run" --log=info -- unbound -d -c "$BATS_TEST_TMPDIR/unbound.conf"
	wait_bound 5300
	each_way answers
	# dig takes an answer only from the address that it asked.
	answers "$client" 192.0.2.11
	answers "$client" 2001:db8:1::11
	answers "$client" $server6
	# An access list that does not name 240.0.0.0/4 keeps IPv6 peers out.
	stop "$started"
	sed -i '/240\.0\.0\.0/d' "$BATS_TEST_TMPDIR/unbound.conf"
	start unbound "$run" -- unbound -d -c "$BATS_TEST_TMPDIR/unbound.conf"
	wait_bound 5300
	answers "$client" $server4
	run -0 on_client dig +tries=1 +time=2 "@$server6" -p 5300 www.example.org A
	assert_output --partial 'status: REFUSED'
	natively 5300 unbound -d -c "$BATS_TEST_TMPDIR/unbound.conf"
}

logged() {
	ip netns exec "$1" bash -c 'printf "<13>test: over %s" "$0" >"/dev/udp/$0/5514"' "$2"
	wait_until grep -q "over $2" "$BATS_TEST_TMPDIR/messages"
}

@test "rsyslogd's imudp" {
	need rsyslogd
	cat >"$BATS_TEST_TMPDIR/rsyslog.conf" <<-END
		global(workDirectory="$BATS_TEST_TMPDIR" net.ipprotocol="ipv4-only")
		module(load="imudp")
		input(type="imudp" port="5514" address="0.0.0.0")
		template(name="t" type="string" string="%fromhost-ip% %msg%\n")
		*.* action(type="omfile" file="$BATS_TEST_TMPDIR/messages" template="t")
	END
	# Its buffer of 80 bytes for the text says nothing of IPv6.
	DUALSTACK_TEXT=ipv6 start rsyslogd "$run" -- rsyslogd -n -f "$BATS_TEST_TMPDIR/rsyslog.conf" -i NONE
	wait_bound 5514
	each_way logged
	run -0 cat "$BATS_TEST_TMPDIR/messages"
	assert_line --partial "$client6 "
	assert_line --partial '192.0.2.2 '
	natively 5514 rsyslogd -n -f "$BATS_TEST_TMPDIR/rsyslog.conf" -i NONE
}

fetched() {
	local address=$2
	case $address in *:*) address="[${address/\%/%25}]" ;; esac
	run -0 ip netns exec "$1" curl -s --max-time 10 "tftp://$address:5069/file"
	assert_output 'what is in the file'
}

@test "tftpd-hpa: a child per transfer, with a socket of its own" {
	need in.tftpd
	need curl
	mkdir "$BATS_TEST_TMPDIR/tftp"
	echo 'what is in the file' >"$BATS_TEST_TMPDIR/tftp/file"
	chmod 755 "$BATS_TEST_TMPDIR/tftp"
	start tftpd "$run" --log=info:"$BATS_TEST_TMPDIR/log" -- in.tftpd -4 -L -s -u nobody -a 0.0.0.0:5069 "$BATS_TEST_TMPDIR/tftp"
	wait_bound 5069
	each_way fetched
	natively 5069 in.tftpd -4 -L -s -u nobody -a 0.0.0.0:5069 "$BATS_TEST_TMPDIR/tftp"
}

@test "openbsd-inetd hands a UDP socket to a child over exec" {
	need inetd
	echo "5070 dgram udp4 wait root $programs/udp_serve udp_serve inherited" >"$BATS_TEST_TMPDIR/inetd.conf"
	# It writes /run/inetd.pid, so it gets its own /run.
	start inetd sh -c 'mount -t tmpfs tmpfs /run && exec "$@"' sh "$run" -- inetd -i "$BATS_TEST_TMPDIR/inetd.conf"
	wait_bound 5070
	run -0 on_client "$programs/udp_ask" $server6 5070
	assert_output --regexp "^hello from ($synthetic) length 16 family 2 ntop $client6 \[$server6\]$"
	run -0 on_client "$programs/udp_ask" $server4 5070
	assert_output "hello from 192.0.2.2 length 16 family 2 ntop 192.0.2.2 [$server4]"
}

sysname() {
	local address=udp:$2:1610
	case $2 in *:*) address="udp6:[$2]:1610" ;; esac
	run -0 ip netns exec "$1" snmpget -v2c -c public -t 3 -Oqv "$address" 1.3.6.1.2.1.1.5.0
	assert_output '"here"'
}

@test "snmpd" {
	need snmpd
	need snmpget
	printf 'rocommunity public default\nsysName here\n' >"$BATS_TEST_TMPDIR/snmpd.conf"
	start snmpd "$run" -- snmpd -f -Lo -C -c "$BATS_TEST_TMPDIR/snmpd.conf" -p "$BATS_TEST_TMPDIR/pid" udp:0.0.0.0:1610
	wait_bound 1610
	each_way sysname
	natively 1610 snmpd -f -Lo -C -c "$BATS_TEST_TMPDIR/snmpd.conf" -p "$BATS_TEST_TMPDIR/pid" udp:0.0.0.0:1610
}

echoed() {
	run -0 ip netns exec "$1" "$programs/udp_ask" "$2" 5071
	assert_output --regexp '^(hello from [0-9.]+)'
}

@test "socat UDP4-RECVFROM with fork" {
	need socat
	start socat "$run" -- socat UDP4-RECVFROM:5071,fork SYSTEM:'echo "$(cat) from $SOCAT_PEERADDR"'
	wait_bound 5071
	each_way echoed
}

perl_server='use IO::Socket::INET;
	$s = IO::Socket::INET->new(LocalPort => shift, Proto => "udp") or die;
	while ($s->recv($m, 1000)) { $s->send("$m from " . $s->peerhost) }'

@test "Perl, IO::Socket::INET, UDP" {
	start perl "$run" -- perl -e "$perl_server" 5071
	wait_bound 5071
	each_way echoed
}

# ntpsec's socket at 0.0.0.0 throws away what it gets; it has one for each address.
@test "ntpd answers as natively; with IPv4 alone, and the rule that dualstack(7) names, it refuses IPv6 as natively" {
	[ -e /usr/share/doc/ntpsec ] || skip 'ntpsec is not installed'
	local lines with address native
	printf 'server 127.127.1.0\n' >"$BATS_TEST_TMPDIR/ntp.conf"
	for lines in '' $'nic listen ipv4\nnic ignore ipv6'; do
		echo "$lines" >>"$BATS_TEST_TMPDIR/ntp.conf"
		for with in '' "$run --rule='bind udp port=123 program=ntpd ipv4' --"; do
			[ -n "$lines" ] || with=${with:+$run --}
			start ntpd sh -c "mount -t tmpfs tmpfs /run; exec $with ntpd -n -c '$BATS_TEST_TMPDIR/ntp.conf'"
			wait_until eval '[ -n "$(on_server ss -Hlun "src $server4 and sport = :123")" ]'
			run -0 on_client python3 -c 'import socket, sys
for a in sys.argv[1:]:
    s = socket.socket(socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(9)
    s.connect((a, 123))
    s.send(b"\x23" + bytes(47))
    try: print(len(s.recv(99)))
    except ConnectionRefusedError: print("refused")' $server4 $server6
			[ -z "$with" ] || assert_output "$native"
			native=$output
			stop "$started"
		done
	done
	assert_output $'48\nrefused'
}

# It kills itself for any call that it does not list, such as requests about interfaces. Debian's service sets -F 1.
@test "chronyd under its own filter answers at each address, over IPv4 as natively" {
	unpacked /usr/sbin/chronyd
	local with address
	install -d -o nobody -m 700 "$BATS_TEST_TMPDIR/chrony"
	printf '%s\n' 'port 11123' 'allow 192.0.2.0/24' 'allow 240.0.0.0/4' 'local stratum 5' 'cmdport 0' 'bindcmdaddress /' 'user nobody' \
		"pidfile $BATS_TEST_TMPDIR/chrony/pid" >"$BATS_TEST_TMPDIR/chrony.conf"
	for with in '' "$run --"; do
		# shellcheck disable=SC2086 # a command and its option
		start chronyd $with "$unpacked" -d -x -F 1 -f "$BATS_TEST_TMPDIR/chrony.conf"
		wait_bound 11123
		for address in $server4 ${with:+"$server6"}; do
			run -0 on_client "$unpacked" -Q -t 9 "server $address port 11123 iburst maxsamples 1" 'cmdport 0' 'user root'
			assert_output --partial 'System clock wrong by'
		done
		log_of chronyd | grep -F 'Loaded seccomp filter (level 1)'
		stop "$started"
	done
}

@test "iperf3 over UDP in both directions" {
	need iperf3
	need jq
	start iperf3 "$run" -- iperf3 -4 -s -p 5201
	wait_port 5201
	for address in $server4 $server6; do
		for direction in '' -R; do
			run -0 on_client iperf3 -c "$address" -p 5201 -u -b 200M -n 20M -J $direction
			assert_equal "$(jq -r '.end.sum.packets > 1000' <<<"$output")" true
		done
	done
	stop "$started"
	start iperf3 iperf3 -4 -s -p 5202
	wait_port 5202
	assert_ipv4_only 5202
}

@test "socat and Perl without the shim: IPv4 alone" {
	need socat
	need perl
	start socat socat UDP4-RECVFROM:5071,fork SYSTEM:cat
	wait_bound 5071
	assert_udp_ipv4_only 5071
	start perl perl -e "$perl_server" 5072
	wait_bound 5072
	assert_udp_ipv4_only 5072
}

# Servers that are asked over multicast: they join groups, choose the interface for what they send, read IP_PKTINFO, are bound to
# a device, and some bind an IPv6 socket of their own to the port, which narrows the widened one. The answers are the native ones.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() {
	need python3
	hosts_up
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	dir=$BATS_TEST_TMPDIR
	# To each address, which may be a group, until there is an answer: who answers, and where it says that it is.
	cat >"$dir/ask.py" <<-'END'
		import re, socket, sys
		port = int(sys.argv[1])
		search = (b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
		    b"ST: upnp:rootdevice\r\n\r\n")
		if port == 5353: # here.local, A
		    search = bytes.fromhex("beef01000001000000000000") + b"\4here\5local\0\0\1\0\1"
		for to in sys.argv[2:]:
		    family = socket.AF_INET6 if ":" in to else socket.AF_INET
		    s = socket.socket(family, socket.SOCK_DGRAM)
		    s.settimeout(0.5)
		    if family == socket.AF_INET:
		        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.0.2.2"))
		    answer = None
		    for _ in range(20):
		        s.sendto(search, socket.getaddrinfo(to, port, family, socket.SOCK_DGRAM)[0][4])
		        try:
		            data, peer = s.recvfrom(2000)
		        except TimeoutError:
		            continue
		        found = re.search(rb"(?i)location: *(\S+)", data)
		        answer = peer[0], found[1].decode() if found else socket.inet_ntoa(data[-4:])
		        break
		    print(to, answer)
	END
}
teardown() { hosts_down; }

# same_answers PORT ADDRESSES LOGGED COMMAND...: natively, and under the library, which logs LOGGED.
same_answers() {
	local port=$1 to=$2 logged=$3 with
	shift 3
	for with in '' "$run --log=info:$dir/log --"; do
		# shellcheck disable=SC2086 # words
		start server sh -c 'mount -t tmpfs tmpfs /run && exec "$@"' sh $with "$@"
		wait_until eval '[ -n "$(on_server ss -Hlun "sport = :$port")" ]'
		# shellcheck disable=SC2086 # words
		run -0 on_client python3 "$dir/ask.py" "$port" $to
		refute_output --partial None
		[ -z "$with" ] || assert_output "$native"
		native=$output
		stop "$started"
	done
	assert_file_contains "$dir/log" "$logged"
}

@test "minidlna" {
	need minidlnad
	mkdir "$dir/media" "$dir/db"
	printf '%s\n' network_interface=veth0 port=8200 "media_dir=$dir/media" "db_dir=$dir/db" "log_dir=$dir/db" inotify=no \
		uuid=00000000-0000-0000-0000-000000000001 >"$dir/conf"
	same_answers 1900 239.255.255.250 'widened to \[::\]:8200' minidlnad -S -R -f "$dir/conf" -P "$dir/pid"
}

@test "miniupnpd" {
	need miniupnpd
	ip -n "$server" link add ext0 type veth peer name ext1
	ip -n "$server" addr add 198.51.100.1/24 dev ext0
	ip -n "$server" link set ext0 up
	printf '%s\n' ext_ifname=ext0 listening_ip=veth0 port=5555 enable_upnp=yes uuid=00000000-0000-0000-0000-000000000002 >"$dir/conf"
	same_answers 1900 '239.255.255.250 192.0.2.1 ff02::c%veth0' 'port 1900: narrowed to IPv4' miniupnpd -d -f "$dir/conf" -P "$dir/pid"
}

@test "avahi-daemon" {
	need avahi-daemon
	printf '%s\n' '[server]' host-name=here use-ipv4=yes use-ipv6=yes enable-dbus=no '[publish]' publish-a-on-ipv6=yes >"$dir/conf"
	same_answers 5353 '224.0.0.251 192.0.2.1 ff02::fb%veth0' 'port 5353: narrowed to IPv4' avahi-daemon -f "$dir/conf" --no-drop-root --no-chroot --no-rlimits --no-proc-title
}

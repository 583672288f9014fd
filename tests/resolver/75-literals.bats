# A number of IPv6 in a configuration or on a command line, where a program asks for an IPv4 address.

bats_require_minimum_version 1.5.0
load ../lib/helper

setup() { hosts_up; }
teardown() { hosts_down; }

# haproxy_code LIST ADDRESS: the status that a client on ADDRESS gets where LIST alone is let in.
haproxy_code() {
	cat >"$BATS_TEST_TMPDIR/haproxy.cfg" <<-END
		defaults
		    mode http
		    timeout client 9s
		    timeout connect 9s
		    timeout server 9s
		frontend f
		    bind 0.0.0.0:8080
		    http-request return status 200 if { src $1 }
		    http-request return status 403
	END
	start haproxy "$run" -- haproxy -f "$BATS_TEST_TMPDIR/haproxy.cfg" -db
	wait_port 8080
	case $2 in ::1) on=on_server ;; *) on=on_client ;; esac
	run -0 $on curl -gs -o /dev/null -w '%{http_code}' --max-time 9 "http://[$2]:8080/"
	stop "$started"
}

@test "haproxy: an IPv6 prefix in an access list is no IPv4 one, and lets in nobody that is shown as IPv4" {
	need haproxy
	need curl
	haproxy_code fd00::/8 $server6
	assert_output 403
	haproxy_code ::1 $server6
	assert_output 403
	haproxy_code 240.0.0.0/4 $server6
	assert_output 200
	# ::1 is shown as 127.0.0.1, or as it is: haproxy has room for it.
	haproxy_code ::1 ::1
	assert_output 403
	DUALSTACK_PEER=real haproxy_code ::1 ::1
	assert_output 200
}

# Of another number each: one that was given to the program once is understood everywhere (tests/address/41-text.bats).
asked() {
	PYTHONDONTWRITEBYTECODE=1 on_server "$run" "$@" python3 -c 'import socket, sys
sys.path.append("'$root/tests/lib'")
import text
for flags in 0, socket.AI_NUMERICHOST, socket.AI_PASSIVE:
    try:
        print("getaddrinfo", flags, socket.getaddrinfo("2001:db8::7%d" % flags, 80, socket.AF_INET, socket.SOCK_STREAM, 0, flags)[0][4][0])
    except OSError as e:
        print("getaddrinfo", flags, e.errno)
print("gethostbyname", text.hosts("2001:db8::8") and "found")'
}

@test "a number: for getaddrinfo() alone one to connect to, by a rule for gethostbyname() too, or for none" {
	need python3
	for rule in auto on off; do
		run -0 asked --rule="literal program=python* $rule"
		case $rule in off) assert_line 'getaddrinfo 0 -9' ;; *) assert_line --regexp '^getaddrinfo 0 24' ;; esac
		case $rule in on) assert_line 'gethostbyname found' ;; *) assert_line 'gethostbyname None' ;; esac
		assert_line 'getaddrinfo 1 -9'
		assert_line 'getaddrinfo 4 -9'
	done
}

@test "the same key, the same synthetic address: on every machine, whatever its byte order" {
	DUALSTACK_KEY=0123456789abcdef0123456789abcdef run -0 on_server "$run" -- "$programs/resolve" 2001:db8::1
	assert_line --regexp '^getaddrinfo AF_INET: 244.146.41.200 '
}

# The address that Ruby makes of a number by the family of another address.
@test "Ruby's family_addrinfo: with a rule, what it says natively" {
	need ruby
	number() { on_server "$@" ruby -rsocket -e 'begin p Addrinfo.tcp("127.0.0.1", 80).family_addrinfo("2001:db8::7", 80) rescue p $! end'; }
	run -0 number
	native=$output
	run -0 number "$run" --rule='literal program=ruby* off' --
	assert_output "$native"
	run -0 number "$run" --
	assert_output --partial '#<Addrinfo: 24'
}

@test "nc.traditional ::1, with a rule" {
	need nc.traditional
	start serve "$run" -- "$programs/serve" blocking 5000
	wait_port 5000
	for rule in on auto; do
		run on_server "$run" --rule="literal program=nc.traditional $rule" -- nc.traditional -w 9 ::1 5000
		case $rule in on) assert_output --partial accept ;; *) assert_output --partial 'Unknown host' ;; esac
	done
}

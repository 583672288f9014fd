# bats file_tags=beside
# What --enable asks a real systemd, and what it warns of: settings with which the library can do nothing for a service.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/inside

setup_file() { install_over; }
setup() { need_systemd; }

# unit LINE...: a.service with these lines, as systemd loads it.
unit() {
	printf '%s\n' '[Service]' 'ExecStart=/usr/sbin/a -F' "$@" >/etc/systemd/system/a.service
	[ -e /usr/sbin/a ] || cp /bin/true /usr/sbin/a
	systemctl daemon-reload
}

# warns PATTERN LINE...: enabling a service with these lines says one line of warning; without a pattern, none. Says what is
# otherwise.
warns() {
	local pattern=$1 said
	shift
	unit "$@"
	said=$(dualstack-run --enable a 2>&1 >/dev/null)
	[ -e /etc/systemd/system/a.service.d/50-dualstack.conf ] || echo "$*: not enabled"
	dualstack-run --disable a >/dev/null
	case $said in
	'') [ -z "$pattern" ] && return ;;
	"dualstack-run: a.service: "$pattern) [ -n "$pattern" ] && [ "$(wc -l <<<"$said")" = 1 ] && return ;;
	esac
	echo "$*: '$said' is not like '$pattern'"
}

# asked STORY: nothing in it is otherwise.
asked() {
	run inside unit warns "$1"
	assert_success
	assert_output ''
}

addresses_story() {
	warns ''
	warns '' IPAddressDeny=192.0.2.0/24
	warns 'IPAddressDeny=*::/0*: *blocks*' IPAddressDeny=any
	warns 'IPAddressDeny=*::/0*: *blocks*' 'IPAddressDeny=10.0.0.0/8 ::/0'
	warns 'IPAddressDeny=*::/0*: *' IPAddressDeny=any 'IPAddressAllow=localhost 192.0.2.0/24'
	warns '' IPAddressDeny=any 'IPAddressAllow=localhost'
	warns '' IPAddressDeny=any 'IPAddressAllow=localhost link-local multicast'
	warns '' IPAddressDeny=any 'IPAddressAllow=192.0.2.0/24 2001:db8::/32'
	warns '' IPAddressDeny=any IPAddressDeny=
	warns 'PrivateNetwork=yes: *' PrivateNetwork=on
	warns '' PrivateNetwork=yes PrivateNetwork=off
}

@test "addresses and sockets" { asked addresses_story; }

calls_story() {
	warns '' SystemCallFilter=@system-service
	warns '' 'SystemCallFilter=@network-io @basic-io @file-system'
	warns 'SystemCallFilter=*: forbids *SystemCallFilter=socket bind *' 'SystemCallFilter=@basic-io @file-system'
	warns 'SystemCallFilter=* SystemCallFilter=dup3' SystemCallFilter=@system-service SystemCallFilter=~dup3
	warns 'SystemCallFilter=~accept4:EPERM *: *SystemCallFilter=socket bind *' SystemCallFilter=~@network-io:EPERM
	warns '' 'SystemCallFilter=~@mount @privileged'
	warns '' SystemCallFilter=~@network-io SystemCallFilter=
	warns '' SystemCallFilter=~socket SystemCallFilter=socket
}

@test "system calls" { asked calls_story; }

preload_story() {
	warns '' NoNewPrivileges=yes User=root
	warns 'UnsetEnvironment=LD_PRELOAD: *' 'UnsetEnvironment=A LD_PRELOAD'
	warns '' UnsetEnvironment=LD_PRELOAD UnsetEnvironment=
	printf '# x\nA=1\n LD_PRELOAD = /x.so\n' >/etc/default/a
	printf '#LD_PRELOAD=/x.so\nLD_PRELOADED=1\n' >/etc/default/b
	warns 'EnvironmentFile=/etc/default/a: LD_PRELOAD in /etc/default/a overrides *' EnvironmentFile=/etc/default/a
	warns 'EnvironmentFile=/etc/def\*/\[a]: LD_PRELOAD in /etc/default/a *' 'EnvironmentFile=-/etc/def*/[a]'
	warns '' EnvironmentFile=/etc/default/b EnvironmentFile=-/etc/default/missing EnvironmentFile=relative
	warns '' EnvironmentFile=/etc/default/a EnvironmentFile=
}

@test "LD_PRELOAD that comes from elsewhere, or goes" { asked preload_story; }

# Copies of the tool where ProtectHome or PrivateTmp hide them.
copies_story() {
	for where in /root/copy /tmp/copy; do
		mkdir $where
		cp "$root"/build/{dualstack-run,dualstack-tool,libdualstack.so} $where
		unit ProtectHome=yes PrivateTmp=yes
		$where/dualstack-run --enable a 2>&1 >/dev/null
		unit ProtectHome=read-only PrivateTmp=no
		$where/dualstack-run --enable a 2>&1 >/dev/null
	done
}

@test "a library in a home directory or in /tmp" {
	run inside unit copies_story
	assert_success
	assert_line --partial 'a.service: ProtectHome=yes: the service does not see /root/copy/libdualstack.so'
	assert_line --partial 'a.service: PrivateTmp=yes: the service does not see /tmp/copy/libdualstack.so'
	# Each call from such a copy says that as well.
	assert_equal "$(grep -c 'a build directory; see make install' <<<"$output")" 4
	assert_equal "${#lines[@]}" 6
}

settings_story() {
	unit User=nobody
	dualstack-run --enable a --log=info:/srv/log --rule='bind tcp port=1 ipv4' --rule='bind program=a%b udp ipv4' 2>&1
	systemctl show a -p Environment
}

@test "settings reach the service as they were given, and a log file that its user may not write is told" {
	run inside unit settings_story
	assert_success
	assert_line 'dualstack-run: a.service: User=nobody: unless this user can write /srv/log, what is logged goes to syslog'
	assert_line 'It takes effect with: systemctl restart a.service'
	assert_line --partial 'DUALSTACK_LOG=info:/srv/log'
	assert_output --partial "DUALSTACK_RULES=bind tcp port=1 ipv4\\nbind program=a%b udp ipv4"
}

sockets_story() {
	socket() { printf '%s\n' '[Socket]' "$@" >/etc/systemd/system/a.socket; }
	socket ListenStream=0.0.0.0:143 ListenStream=/run/a
	warns ''
	warns 'ListenStream=0.0.0.0:143: systemd binds it for a.socket, *' Sockets=a.socket
	mkdir -p /etc/systemd/system/sockets.target.wants
	ln -s ../a.socket /etc/systemd/system/sockets.target.wants
	warns 'ListenStream=0.0.0.0:143: systemd binds it for a.socket, *'
	warns 'ListenStream=0.0.0.0:143: systemd binds it for a.socket, *' Sockets=a.socket
	socket ListenStream=0.0.0.0:143 'ListenStream=[::]:143'
	warns ''
	socket ListenStream=143 ListenDatagram=127.0.0.1:53
	warns 'ListenDatagram=127.0.0.1:53: *'
	mkdir /etc/systemd/system/a.socket.d
	printf '[Socket]\nListenDatagram=\n' >/etc/systemd/system/a.socket.d/no.conf
	warns '' 'Sockets=missing.socket ../a.socket' '[Socket]' ListenStream=0.0.0.0:1
}

@test "sockets of systemd's" { asked sockets_story; }

program_story() {
	warns 'ExecStart=/usr/sbin/missing: *: not found: *' ExecStart= 'ExecStart=-@/usr/sbin/missing a -F'
	chmod -x /usr/sbin/a
	warns 'ExecStart=/usr/sbin/a: *not an executable file*'
	chmod +x /usr/sbin/a
	warns '' ExecStart= ExecStart=a
	warns 'ExecStart=b: *' ExecStart= ExecStart=b
	warns 'ExecStart=/bin/true: runs no daemon; *' ExecStart= ExecStart=/bin/true Type=oneshot
	cp /bin/true /usr/sbin/exim4
	warns 'ExecStart=/usr/sbin/exim4: exim4 executes itself again *: Restart it instead.' ExecStart= ExecStart=/usr/sbin/exim4
	# One line, by its own name, also of a script's.
	cp /etc/systemd/system/a.service /etc/systemd/system/exim4.service
	dualstack-run --enable exim4 2>&1 >/dev/null | sed '/^dualstack-run: exim4.service: exim4 executes .* Restart it instead\.$/d'
	dualstack-run --enable exim4 2>&1 | grep -c 'Restart it instead' | sed '/^1$/d'
}

@test "a program that is not there, is no daemon, or is known to need something" { asked program_story; }

# What can't be asked is not warned of.
unasked_story() {
	printf '[Service]\nExecStart=/usr/sbin/missing\nPrivateNetwork=yes\n' >/etc/systemd/system/t@.service
	systemctl daemon-reload
	dualstack-run --enable t@ 2>&1 >/dev/null
	dualstack-run --enable t@x 2>&1 >/dev/null | cut -d: -f 1-3
}

@test "a template can't be asked about, its instances can" {
	run inside unasked_story
	assert_line --index 0 \
		'dualstack-run: t@.service: not checked for settings that keep the library out: it is a template'
	assert_line --index 1 'dualstack-run: t@x.service: PrivateNetwork=yes'
	assert_line --index 2 'dualstack-run: t@x.service: ExecStart=/usr/sbin/missing'
}

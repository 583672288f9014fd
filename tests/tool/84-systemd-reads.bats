# bats file_tags=beside
# What --enable reads in units without asking systemd is what a real one reads in them, and makes of its drop-in.

bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/inside

setup_file() { install_over; }
setup() { need_systemd; }

# preload NAME: what LD_PRELOAD a service is started with.
preload() {
	quietly systemctl restart "$1"
	cat /run/preload
}

# What this systemd reads in a unit and its drop-ins is what --enable reads in them.
preload_story() {
	lib='/usr/local/lib/dualstack/$LIB/libdualstack.so'
	printf '#!/bin/sh\nprintf "%%s\\n" "$LD_PRELOAD"\n' >/srv/show
	chmod 755 /srv/show
	set -- 'Environment=LD_PRELOAD=/a.so' 'Environment="LD_PRELOAD=/a.so:/b.so"' \
		'Environment=A=1 "B=LD_PRELOAD=/no.so" LD_PRELOAD=/a.so C=3' 'Environment = LD_PRELOAD="/a.so"' \
		'Environment=LD_PRELOAD=/%i/100%%.so' 'Environment=LD_PRELOAD=/$LIB/${X}.so' \
		'Environment=LD_PRELOAD=/a.so "unclosed' 'Environment=LD_PRELOAD=/a.so\' '#Environment=LD_PRELOAD=/a.so' \
		"Environment=LD_PRELOAD='/a'\"/b\"/c" 'Environment=LD_PRELOAD=/a LD_PRELOAD=/b' ';Environment=LD_PRELOAD=/a.so' 'Environment=LD_PRELOAD=/a.so # /b.so'
	unit=/etc/systemd/system/p@.service
	for line; do
		printf '[Service]\nType=oneshot\nExecStart=/srv/show\nStandardOutput=truncate:/run/preload\nStandardError=null\n%s\n' "$line" >$unit
		systemctl daemon-reload
		before=$(preload p@x)
		quietly dualstack-run --enable p@x
		after=$(preload p@x)
		quietly dualstack-run --disable p@x
		[ "$after" = "$lib${before:+:$before}" ] || echo "$line: before '$before', after '$after'"
	done
	printf '[Service]\nType=oneshot\nExecStart=/srv/show\nStandardOutput=truncate:/run/preload\nStandardError=null\n' >$unit
	# Drop-ins, from those that are overridden to those that override.
	ln -s $unit /etc/systemd/system/q@.service
	for place in etc/systemd/system/service.d/20 lib/systemd/system/p@.service.d/20 etc/systemd/system/p@.service.d/20 \
		etc/systemd/system/p@.service.d/10 etc/systemd/system/q@x.service.d/30 etc/systemd/system/p@x.service.d/30 \
		run/systemd/system/p@x.service.d/40 lib/systemd/system/p@x.service.d/40; do
		mkdir -p /${place%/*}
		printf '[Service]\nEnvironment=LD_PRELOAD=/%s\n' "$place" >/$place.conf
		systemctl daemon-reload
		before=$(preload p@x)
		quietly dualstack-run --enable q@x
		after=$(preload p@x)
		quietly dualstack-run --disable p@x
		echo "$before"
		[ "$after" = "$lib:$before" ] || echo "$place: before '$before', after '$after'"
	done
}

@test "what --enable keeps is what systemd sets, however it is quoted and wherever it is from" {
	run inside preload preload_story
	assert_success
	assert_output - <<'END'
/etc/systemd/system/service.d/20
/lib/systemd/system/p@.service.d/20
/etc/systemd/system/p@.service.d/20
/etc/systemd/system/p@.service.d/20
/etc/systemd/system/q@x.service.d/30
/etc/systemd/system/p@x.service.d/30
/run/systemd/system/p@x.service.d/40
/run/systemd/system/p@x.service.d/40
END
}

families_story() {
	for values in 'AF_INET AF_UNIX' '~AF_INET6' '~AF_PACKET AF_INET6' '~AF_INET6;;~AF_PACKET' 'AF_INET AF_INET6;~AF_INET6' \
		'AF_INET6;~AF_INET6;AF_INET' 'none;AF_INET' AF_UNIX '' '~AF_PACKET'; do
		printf '[Service]\nExecStart=/bin/true\n' >/etc/systemd/system/f.service
		printf "RestrictAddressFamilies=%s\n" "${values//;/$'\n'RestrictAddressFamilies=}" >>/etc/systemd/system/f.service
		systemctl daemon-reload
		before=$(systemctl show f -p RestrictAddressFamilies)
		dualstack-run --enable f >/dev/null 2>&1
		echo "$values: ${before#*=} -> $(systemctl show --value f -p RestrictAddressFamilies)"
		dualstack-run --disable f >/dev/null
	done
}

@test "AF_INET6 is added to a list that permits, and taken from one that forbids" {
	run inside families_story
	assert_success
	assert_output - <<'END'
AF_INET AF_UNIX: AF_INET AF_UNIX -> AF_INET AF_INET6 AF_UNIX
~AF_INET6: ~AF_INET6 -> ~
~AF_PACKET AF_INET6: ~AF_INET6 AF_PACKET -> ~AF_PACKET
~AF_INET6;;~AF_PACKET: ~AF_PACKET -> ~AF_PACKET
AF_INET AF_INET6;~AF_INET6: AF_INET -> AF_INET AF_INET6
AF_INET6;~AF_INET6;AF_INET: AF_INET -> AF_INET AF_INET6
none;AF_INET: AF_INET -> AF_INET AF_INET6
AF_UNIX: AF_UNIX -> AF_UNIX
: ~ -> ~
~AF_PACKET: ~AF_PACKET -> ~AF_PACKET
END
}

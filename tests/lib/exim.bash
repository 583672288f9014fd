# shellcheck shell=bash
# An exim of the test's own, on port 2525 or $exim_ports, which knows IPv4 only by its local_interfaces and throws away what it gets.
# Its package is only unpacked; the server host has its user, and a /run with it, set-user-ID as it is installed.

exim_user() {
	mkdir -p "/etc/netns/$server"
	{ cat /etc/passwd && echo 'Debian-exim:x:65533:65533::/:/bin/false'; } >"/etc/netns/$server/passwd"
	{ cat /etc/group && echo 'Debian-exim:x:65533:'; } >"/etc/netns/$server/group"
}

# exim_config INTERFACES LINE...: with lines of the main part.
exim_config() {
	unpacked /usr/sbin/exim4
	exim_user
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	exim=$BATS_TEST_TMPDIR/exim
	rm -rf "$exim"
	mkdir -m 777 "$exim"
	cat >"$exim.conf" <<-END
		exim_path = /run/exim4
		primary_hostname = server.example
		spool_directory = $exim
		log_file_path = $exim/%slog
		daemon_smtp_ports = ${exim_ports:-2525}
		local_interfaces = <; $1
		tls_advertise_hosts =
		smtp_accept_max = 0
		acl_smtp_rcpt = accept
		acl_smtp_data = accept
		$(printf '%s\n' "${@:2}")
		begin routers
		all:
		  driver = redirect
		  data = :blackhole:
	END
}

# exim_under COMMAND...: sets $daemon to what starts it under COMMAND.
exim_under() {
	# shellcheck disable=SC2154 # unpacked() sets it
	daemon=(sh -c 'mount -t tmpfs -o mode=755 tmpfs /run && install -m 4755 "$0" /run/exim4 && exec "$@"' "$unpacked" \
		"$@" /run/exim4 -C "$exim.conf" -bdf)
}

exim_up() {
	exim_under "$@"
	start exim "${daemon[@]}"
	wait_port 2525
}

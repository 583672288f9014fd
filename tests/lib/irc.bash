# IRC: a server and a bouncer of our own.

# ngircd_config ADDR PORT
ngircd_config() {
	cat >"$BATS_TEST_TMPDIR/ngircd.conf" <<END
[Global]
Name = irc.example.net
Info = test
AdminInfo1 = nobody
Listen = $1
Ports = $2
MotdPhrase = hello
ServerUID = nobody
ServerGID = nogroup
[Options]
DNS = no
Ident = no
PAM = no
END
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
}

# bip_config PORT: for user u with the password "secret", as bipmkpw(1) hashes it.
bip_config() {
	local dir=$BATS_TEST_TMPDIR/bip
	mkdir -m 700 "$dir"
	cat >"$dir/bip.conf" <<END
ip = "0.0.0.0";
port = $1;
client_side_ssl = false;
log_level = 6;
log_root = "$dir/logs";
pid_file = "$dir/bip.pid";
network {
	name = "net";
	server { host = "127.0.0.1"; port = 6667; };
};
user {
	name = "u";
	password = "359db7befc70f93fc489f005b521afc7006038e4";
	default_nick = "reader";
	default_user = "reader";
	default_realname = "reader";
	connection {
		name = "c";
		network = "net";
	};
};
END
}

# weechat_46 on|off: the same value of the option "ipv6" since WeeChat 4.6. Both are set: either version refuses the other's.
weechat_46() { [ "$1" = on ] && echo auto || echo disable; }

# A dovecot of our own: Debian's configuration except directories, high ports and one user.

# dovecot_config LISTEN PORT: writes the configuration, with a mail in the user's mailbox.
dovecot_config() {
	local dir=$BATS_TEST_TMPDIR/dovecot
	# Its processes run as four different users.
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	chmod 711 "$(dirname "$BATS_TEST_TMPDIR")"
	mkdir -p "$dir/mail/reader/new" "$dir/mail/reader/cur" "$dir/mail/reader/tmp"
	printf 'From: sender@example.org\r\nSubject: both families\r\n\r\nbody of the mail\r\n' \
		>"$dir/mail/reader/new/1.1.host"
	chown -R mail:mail "$dir/mail"
	echo 'reader:{PLAIN}secret' >"$dir/users"
	chmod 644 "$dir/users"
	: >"$dir/log"
	chmod 666 "$dir/log"
	{
		# 2.4 has other names for the same.
		case $(dovecot --version) in
		2.[0-3].*) dovecot_own "$dir" ;;
		*) dovecot_own_24 "$dir" ;;
		esac
		cat <<-END
			base_dir = $dir/run
			state_dir = $dir/state
			log_path = $dir/log
			listen = $1
			protocols = imap
			ssl = no
			first_valid_uid = 1
			service imap-login {
			  inet_listener imap {
			    port = $2
			  }
			  inet_listener imaps {
			    port = 0
			  }
			}
		END
	} >"$dir/dovecot.conf"
}

dovecot_own() {
	cat <<-END
		disable_plaintext_auth = no
		mail_location = maildir:$1/mail/%u
		passdb {
		  driver = passwd-file
		  args = $1/users
		}
		userdb {
		  driver = static
		  args = uid=mail gid=mail home=$1/mail/%u
		}
	END
}

dovecot_own_24() {
	cat <<-END
		dovecot_config_version = 2.4.0
		dovecot_storage_version = 2.4.0
		auth_allow_cleartext = yes
		mail_driver = maildir
		mail_path = $1/mail/%{user}
		passdb passwd-file {
		  passwd_file_path = $1/users
		}
		userdb static {
		  fields {
		    uid = mail
		    gid = mail
		    home = $1/mail/%{user}
		  }
		}
	END
}

dovecot_log() { cat "$BATS_TEST_TMPDIR/dovecot/log"; }

# fetch HOST ADDR PORT: logs in over IMAP and fetches the mail.
fetch() {
	ip netns exec "$1" curl -s --max-time 10 --login-options AUTH=PLAIN -u reader:secret \
		"imap://$2:$3/INBOX;MAILINDEX=1"
}

# shellcheck shell=bash
# The measured servers, and the forwarders in front of them. Each server has three forms: native, IPv4-only;
# dual, written or configured for both families; dualstack, the first under dualstack-run. A target is where one
# listens: "FAMILY VARIANT ADDR PORT GROUP". Sourced by tests/bench/run.

targets=()

# form SERVER FORM: starts it, with a port of its own, and adds its targets.
form() {
	local server=$1 form=$2 start=start_$1 name=$1-$2 mode=connect family address
	[ $server != udp ] || mode=udp
	new_port
	case $form in
	native) "$start" "$name" 4 "$port" ;;
	dual) "$start" "$name" 46 "$port" ;;
	dualstack) "$start" "$name" 4 "$port" "$build/dualstack-run" -- ;;
	esac
	for family in ipv6 ipv4; do
		[ "$form-$family" != native-ipv6 ] || continue
		address=$address4
		[ $family = ipv4 ] || address=$address6
		answers "$name" "$mode" $address "$port" ${requests[$server]+"${requests[$server]}"}
		targets+=("$family $form $address $port $name")
	done
}

# forms SERVER: starts all three, after all others have ended; fails if there is no such program.
forms() {
	targets=()
	stop_all
	case $1 in nginx | dovecot) command -v "$1" >/dev/null || { say "$1 is not installed"; return 1; } ;; esac
	form "$1" native
	form "$1" dual
	form "$1" dualstack
}

# The request; dovecot speaks first.
declare -A requests=([epoll]=q [serial]=q [udp]=q [nginx]=$'GET / HTTP/1.1\r\nHost: x\r\n\r\n')

# start_SERVER NAME FAMILY PORT [COMMAND...]: under COMMAND, if given.
start_epoll() { serve "$1" "${@:4}" "$programs/server" epoll "$2" "$3"; }
start_serial() { serve "$1" "${@:4}" "$programs/server" serial "$2" "$3"; }
start_udp() { serve "$1" "${@:4}" "$programs/server" udp "$2" "$3"; }

start_nginx() {
	local dir=$work/$1 listen=$3
	[ "$2" = 4 ] || listen="[::]:$3 ipv6only=off"
	mkdir -p "$dir"
	cat >"$dir/conf" <<-END
		daemon off;
		user nobody nogroup;
		worker_processes 1;
		pid $dir/pid;
		error_log stderr;
		events { worker_connections 4096; }
		http {
			access_log off;
			keepalive_requests 1000000000;
			client_body_temp_path $dir/1;
			proxy_temp_path $dir/2;
			fastcgi_temp_path $dir/3;
			uwsgi_temp_path $dir/4;
			scgi_temp_path $dir/5;
			server {
				listen $listen;
				location / { return 200 "as native"; }
			}
		}
	END
	serve "$1" "${@:4}" nginx -p "$dir" -c "$dir/conf" -e stderr
}

# Login processes stay, as its manual recommends for speed.
start_dovecot() {
	local dir=$work/$1 listen='*' own stay
	[ "$2" = 4 ] || listen='*, ::'
	# 2.4 has other names for the same.
	case $(dovecot --version) in
	2.[0-3].*) own=$'passdb {\ndriver = static\nargs = nopassword=y\n}' stay='service_count = 0' ;;
	*)
		own=$'dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\npassdb static {\nfields {\nnopassword = yes\n}\n}'
		stay='restart_request_count = unlimited'
		;;
	esac
	mkdir -p "$dir"
	cat >"$dir/conf" <<-END
		$own
		base_dir = $dir/run
		state_dir = $dir/state
		log_path = /dev/stderr
		listen = $listen
		protocols = imap
		ssl = no
		service imap-login {
			$stay
			process_min_avail = 1
			process_limit = 1
			inet_listener imap {
				port = $3
			}
			inet_listener imaps {
				port = 0
			}
		}
	END
	serve "$1" "${@:4}" dovecot -F -c "$dir/conf"
}

# forward NAME FROM TO COMMAND...: forwards connections at FROM, in both families, to the IPv4-only server at
# TO.
forward() {
	local name=$1 from=$2
	if ! [ -x "$(command -v "$4")" ]; then
		say "$4 is not installed"
		return
	fi
	shift 3
	serve "$name" "$@"
	answers "$name" connect $address6 "$from" q
	targets+=("ipv6 $name $address6 $from $name")
}

# Each has a server of its own behind it, in another control group.
forwarders() {
	new_port
	local to=$port
	serve behind "$programs/server" epoll 4 "$to"
	answers behind connect $address4 "$to" q
	new_port
	forward 6tunnel "$port" "$to" 6tunnel -d -4 -6 "$port" $address4 "$to"
	new_port
	forward socat "$port" "$to" socat "TCP6-LISTEN:$port,ipv6only=0,fork,reuseaddr,backlog=1024" "TCP4:$address4:$to"
	new_port
	forward haproxy "$port" "$to" haproxy -db -f "$(haproxy_conf "$port" "$to")"
	new_port
	forward socket-proxyd "$port" "$to" systemd-socket-activate -l "[::]:$port" \
		/lib/systemd/systemd-socket-proxyd --connections-max=4096 "$address4:$to"
}

haproxy_conf() {
	cat >"$work/haproxy.conf" <<-END
		global
			nbthread 1
			maxconn 8000
		defaults
			mode tcp
			timeout connect 5s
			timeout client 1m
			timeout server 1m
		listen bench
			bind :::$1 v4v6
			server behind $address4:$2
	END
	echo "$work/haproxy.conf"
}

#compdef dualstack-run
# Completion for dualstack-run(1) in zsh(1).

_dualstack-run_log() {
	if compset -P '*:'; then
		_alternative 'targets:target:(stderr syslog)' 'files:file:_files'
	else
		_values -S : level off error info debug
	fi
}

_dualstack-run_units() {
	local -a user units
	((${words[(I)--user]})) && user=(--user)
	units=(${(f)"$(systemctl $user list-unit-files --no-legend --no-pager --plain --type=service 2>/dev/null | cut -d ' ' -f 1)"})
	compadd -a units
}

local -a settings options units
settings=(
	'--config=[the configuration file]:file:_files'
	'*--rule=[a rule of dualstack.conf(5)]:rule:'
	'--log=[report the decisions of the library]:level and target:_dualstack-run_log'
	'--delay=[before the next address is tried]:milliseconds:'
	'--enabled=[switch the library on or off]:enabled:(yes no)'
	'--loopback=[how ::1 is shown]:loopback:(ipv4 synthetic)'
	'--nat64=[the translator]:prefix:(auto off)'
	'--peer=[how IPv6 peers are presented]:peer:(auto synthetic real)'
	'--pool=[of synthetic addresses]:IPv4 prefix:'
	'--prefer=[the first family]:prefer:(own ipv6)'
	'--synthetic=[who is given synthetic addresses]:synthetic:(asked always)'
	'--text=[of a synthetic address]:text:(auto ipv6 ipv4)'
)
units=('--dry-run[only print]' '--root=[another system]:directory:_directories' '--runtime[until the next boot]' '--user[of the own service manager]')
options=(
	'--anyway[run it even if it can'\''t be preloaded]'
	'--explain[say at the end what the library did]'
	'--print-config[show the configuration]'
	'(- *)'{-h,--help}'[show a summary of the options]'
	'(- *)'{-V,--version}'[show the version]'
	'--check[check the host and a program]'
	'--probe[connect to each address of a host]'
	'--status[show the sockets of a service]'
	'--who[show whom an address stood for]'
	'--enable[run services with the library]'
	'--disable[run them without it]'
)

local mode=${words[(r)--(check|probe|status|who|enable|disable)]}
case $mode in
--check) _arguments --check --json --no-network '1:command:_command_names -e' '*:: :_normal' ;;
--probe) _arguments $settings --probe --json '--timeout=:seconds:' '--udp=:hex:' '1:host:_hosts' '2:port:_ports' ;;
--status) _arguments --status --json '1:process or unit:{ _pids; _dualstack-run_units }' ;;
--who) _arguments --who '1:address:' '*:log:_files' ;;
--enable) _arguments $settings $units --enable '*:unit:_dualstack-run_units' ;;
--disable) _arguments $units --disable '*:unit:_dualstack-run_units' ;;
*) _arguments -S $settings $options '(-)1:command:_command_names -e' '*:: :_normal' ;;
esac

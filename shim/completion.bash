# Completion for dualstack-run(1) in bash(1), with the package bash-completion or without.
# shellcheck shell=bash disable=SC2207 # words of compgen's, one a line: IFS is a newline where they are taken

# The command line up to the cursor as the program will see it: bash has cut it at each "=" and ":" as well
# (COMP_WORDBREAKS), whether there is a space or not. Fills the caller's words, the first piece of each in
# starts, and in stem what of the last word stands before the piece that bash completes.
_dualstack_run_words() {
	local rest=${COMP_LINE:0:COMP_POINT} piece i
	words=() starts=() stem=
	for ((i = 0; i <= COMP_CWORD; i++)); do
		piece=${COMP_WORDS[i]}
		((i < COMP_CWORD)) || piece=${rest#"${rest%%[![:space:]]*}"}
		if ((i > 0)) && [[ $rest == [![:space:]]* && -n $piece ]]; then
			stem+=$last
			words[${#words[@]} - 1]+=$piece
		else
			stem=
			words+=("$piece")
			starts+=("$i")
		fi
		local last=$piece
		rest=${rest#"${rest%%[![:space:]]*}"}
		rest=${rest#"$piece"}
	done
	# After "--log=" bash completes an empty piece.
	[[ $last != [=:] ]] || stem+=$last
}

# Offers the lines of $1 that begin with $2, less the stem.
_dualstack_run_offer() {
	local line IFS=$'\n'
	for line in $1; do
		[[ $line != "$2"* ]] || COMPREPLY+=("${line#"$stem"}")
	done
}

# Offers options; after one that ends in "=", its value follows at once.
_dualstack_run_options() {
	_dualstack_run_offer "$1" "$2"
	[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
}

# Offers files (-f) or directories (-d) by $2, a part of the word that follows $3 in it.
_dualstack_run_files() {
	local IFS=$'\n' found
	compopt -o filenames 2>/dev/null
	found=$(compgen "$1" -- "$2") || return 0
	_dualstack_run_offer "$(printf "%s\n" "$found" | while read -r line; do printf '%s\n' "$3$line"; done)" "$3$2"
}

_dualstack_run_log() {
	local value=$1 before=$2
	case $value in
	*:*)
		local level=${value%%:*}
		_dualstack_run_offer "$before$level:stderr"$'\n'"$before$level:syslog" "$before$value"
		_dualstack_run_files -f "${value#*:}" "$before$level:"
		;;
	*) _dualstack_run_offer "$(printf '%s\n' "$before"{off,error,info,debug})" "$before$value" ;;
	esac
}

_dualstack_run_units() {
	command -v systemctl >/dev/null || return 0
	_dualstack_run_offer "$(systemctl ${user:+"$user"} list-unit-files --no-legend --no-pager --plain \
		--type=service 2>/dev/null </dev/null | cut -d ' ' -f 1)" "$1"
}

# The command and its arguments, which begin at the piece $1.
_dualstack_run_command() {
	if declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif ((${#words[@]} - 1 > $2)) || [[ $cur == */* ]]; then
		_dualstack_run_files -f "$cur" ''
	else
		_dualstack_run_offer "$(compgen -c -- "$cur" | sort -u)" "$cur"
	fi
}

# Completes $2, the value of the option $1, which follows $3 in the same word. Fails if the option has no value.
_dualstack_run_value() {
	local some=''
	case $1 in
	--log) _dualstack_run_log "$2" "$3" ;;
	--config) _dualstack_run_files -f "$2" "$3" ;;
	--root) _dualstack_run_files -d "$2" "$3" ;;
	--rule | --delay | --pool | --timeout | --udp) ;;
	--enabled) some='yes no' ;;
	--loopback) some='ipv4 synthetic' ;;
	--nat64) some='auto off' ;;
	--peer) some='auto real synthetic' ;;
	--prefer) some='ipv6 own' ;;
	--synthetic) some='always asked' ;;
	--text) some='auto ipv4 ipv6' ;;
	*) return 1 ;;
	esac
	# shellcheck disable=SC2086 # words
	[[ -z $some ]] || _dualstack_run_offer "$(printf -- "$3%s\n" $some)" "$3$2"
}

# What stands in the place of a command: $1 is the one of --check, --probe and their like, $2 how many
# operands there are before the cursor.
_dualstack_run_tool() {
	local options
	case $1 in
	--check) options=$'--json\n--no-network' ;;
	--probe) options=$settings$'\n--json\n--timeout=\n--udp=' ;;
	--status) options=--json ;;
	--who) options= ;;
	--enable) options=$settings$'\n--dry-run\n--root=\n--runtime\n--user' ;;
	*) options=$'--dry-run\n--root=\n--runtime\n--user' ;;
	esac
	if [[ $cur == -* ]]; then
		[[ $cur == *=* && $'\n'$options == *$'\n'${cur%%=*}=* ]] &&
			_dualstack_run_value "${cur%%=*}" "${cur#*=}" "${cur%%=*}=" && return
		_dualstack_run_options "$options" "$cur"
		return
	fi
	case $1:$2 in
	--check:0)
		if [[ $cur == */* ]]; then
			_dualstack_run_files -f "$cur" ''
		else
			_dualstack_run_offer "$(compgen -c -- "$cur" | sort -u)" "$cur"
		fi
		;;
	--probe:0) _dualstack_run_offer "$(compgen -A hostname -- "$cur")" "$cur" ;;
	--probe:1) _dualstack_run_offer "$(compgen -A service -- "$cur" | sort -u)" "$cur" ;;
	--status:0)
		[[ $cur != [1-9]* ]] || _dualstack_run_offer "$(cd /proc && compgen -G '[1-9]*')" "$cur"
		_dualstack_run_units "$cur"
		;;
	--who:[1-9]*) _dualstack_run_files -f "$cur" '' ;;
	--enable:* | --disable:*) _dualstack_run_units "$cur" ;;
	esac
}

_dualstack_run() {
	local words starts stem i mode='' operands=0 user='' cur previous=''
	local settings=$'--config=\n--delay=\n--enabled=\n--log=\n--loopback=\n--nat64=\n--peer=\n--pool=\n--prefer=\n--rule=\n--synthetic=\n--text='
	local options=$settings$'\n--anyway\n--check\n--disable\n--enable\n--explain\n--help\n--print-config\n--probe\n--status\n--version\n--who'
	COMPREPLY=()
	_dualstack_run_words
	cur=${words[${#words[@]} - 1]}
	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		if [[ -n $previous ]]; then
			previous=
			continue
		fi
		case ${words[i]} in
		--user) user=--user ;;
		--check | --disable | --enable | --probe | --status | --who) mode=${mode:-${words[i]}} ;;
		--)
			[[ -n $mode ]] && return 0
			_dualstack_run_command "${starts[i + 1]}" $((i + 1))
			return 0
			;;
		-h | -V | --help | --version) return 0 ;;
		-*=*) ;;
		-*) [[ $'\n'$options$'\n--root=\n--timeout=\n--udp=\n' != *$'\n'${words[i]}=$'\n'* ]] || previous=${words[i]} ;;
		*)
			if [[ -z $mode ]]; then
				_dualstack_run_command "${starts[i]}" $i
				return 0
			fi
			operands=$((operands + 1))
			;;
		esac
	done
	COMPREPLY=()
	if [[ -n $previous ]]; then
		_dualstack_run_value "$previous" "$cur" ''
	elif [[ -n $mode ]]; then
		_dualstack_run_tool "$mode" $operands
	elif [[ $cur != -* ]]; then
		_dualstack_run_command "${starts[${#starts[@]} - 1]}" $i
	elif [[ $cur != *=* ]] || ! _dualstack_run_value "${cur%%=*}" "${cur#*=}" "${cur%%=*}="; then
		_dualstack_run_options "$options" "$cur"
	fi
}

complete -F _dualstack_run dualstack-run

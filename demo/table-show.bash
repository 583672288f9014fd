# shellcheck shell=bash
# The output of demo/table: the table for a terminal, as Markdown, as JSON, and section 12.3 step by step. Sourced by
# demo/table, which sets $rows, $columns, $modes, $wire and $packets.

program_name() {
	case $1 in
	4) echo "IPv4 $2" ;;
	6) echo "IPv6 $2" ;;
	plain) echo "IPv6 $2, plain" ;;
	esac
}
host_name() {
	case $1 in
	?4) echo 'IPv4-only host' ;;
	?6) echo 'IPv6-only host' ;;
	?d) echo 'dual-stack host' ;;
	esac
}
# The records that a server's name has.
records() {
	case $1 in
	?4) echo 'A' ;;
	?6) echo 'AAAA' ;;
	?d) echo 'A, AAAA' ;;
	esac
}
row_program() { program_name "${rows[$1]% *}" client; }
row_host() { host_name "${rows[$1]#* }"; }
column_program() { program_name "${columns[$1]% *}" server; }
column_host() { host_name "${columns[$1]#* }"; }

# A combination is new in a mode if it is "no" without the library and not with it.
is_new() { [ "${wire[$1.$2.$3.0]}" = no ] && [ "${wire[$1.$2.$3.$4]}" != no ]; }
stays_no() { [ "${wire[$1.$2.$3.3]}" = no ]; }
all_same() {
	local w=${wire[$1.$2.$3.0]}
	[ "${wire[$1.$2.$3.1]}${wire[$1.$2.$3.2]}${wire[$1.$2.$3.3]}" = "$w$w$w" ]
}

# Why a combination stays "no" with the library on both sides.
reason() {
	case ${rows[$2]#* }-${columns[$3]#* } in
	c4-s6 | c6-s4) echo 'one host has IPv4 only, the other IPv6 only, and nothing between them translates' ;;
	*)
		case $1-${rows[$2]} in
		'udp-6 c4') echo 'over UDP only the first address is asked, and the IPv4-only host has no way to IPv6 ones' ;;
		*) echo 'not known' ;;
		esac
		;;
	esac
}

# How many of the book's combinations of PROTOCOL are "no" in MODE.
count_no() {
	local n=0 row column
	for row in 0 1 2 3; do
		for column in 0 1 2 3; do
			[ "${wire[$1.$row.$column.$2]}" != no ] || n=$((n + 1))
		done
	done
	echo $n
}
totals() {
	echo "$(count_no "$1" 0) without it, $(count_no "$1" 1) with it on the client, $(count_no "$1" 2) on the server," \
		"$(count_no "$1" 3) on both"
}

# The terminal: four modes in a cell, "+" and green for what is new, red for what is not possible.
text_mode() {
	local word=${wire[$1.$2.$3.$4]} colour=
	if is_new "$@"; then
		word=+$word
		colour=$green
	elif [ "$word" = no ]; then
		[ "$4-$(book_says "$2" "$3")" = '0-no*' ] && word='no*'
		colour=$red
	fi
	printf '%s%3s%s' "$colour" "$word" "${colour:+$plain}"
}

text_rows() {
	local protocol=$1 rows_shown=$2 columns_shown=$3 row column mode label
	printf '%-24s' "${protocol^^}"
	for column in $columns_shown; do printf '  %-12s' "$(column_program "$column")"; done
	printf '\n%-24s' ''
	for column in $columns_shown; do
		label=$(column_host "$column")
		printf '  %-12s' "${label% host}"
	done
	printf '\n%-24s' ''
	for column in $columns_shown; do printf '    -  C  S CS'; done
	echo
	for row in $rows_shown; do
		label="$(row_program "$row"), $(row_host "$row")"
		label=${label/, plain/*}
		printf '%-24s' "${label% host}"
		for column in $columns_shown; do
			printf '  '
			for mode in 0 1 2 3; do text_mode "$protocol" "$row" "$column" $mode; done
		done
		echo
	done
}

show_text() {
	local green='' red='' plain=''
	if [ -t 1 ]; then
		green=$'\e[1;32m' red=$'\e[31m' plain=$'\e[0m'
	fi
	text_all | sed 's/ *$//'
}

text_all() {
	local protocol
	cat <<-END
		UNIX Network Programming, figure 12.5, measured: over which protocol a client
		reaches a server, seen on the router between them. In each cell:
		   -  without dualstack-run   C  with it on the client   S  server   CS  both
		   4, 6  over IPv4, IPv6      +4, +6  new: without it, no
		   no*  "(no*)" in the book: depends on the address that the client chooses

	END
	for protocol in tcp udp; do
		text_rows $protocol '0 1 2 3' '0 1 2 3'
		echo
	done
	echo 'Beyond the book: programs of a family that their host has not; and (client*) one'
	echo 'that does not ask for V4MAPPED addresses.'
	echo
	for protocol in tcp udp; do
		text_rows $protocol '4 5 6' '0 1 2 3'
		echo
		text_rows $protocol '0 1 2 3 4 5 6' '4 5'
		echo
	done
	echo 'How many of the book'"'s 16 are \"no\":"
	for protocol in tcp udp; do echo "  ${protocol^^}: $(totals $protocol)"; done
	echo
	echo 'What stays "no" with it on both:'
	reasons | fold -s -w 76 | sed 's/^/  /'
}

# A line per reason, with the combinations that it holds for.
reasons() {
	local protocol row column
	for protocol in tcp udp; do
		for row in "${!rows[@]}"; do
			for column in "${!columns[@]}"; do
				stays_no $protocol "$row" "$column" && reason $protocol "$row" "$column"
			done
		done
	done | sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)/\2 (\1 combinations)/'
}

family_name() {
	case $1 in
	no) echo no ;;
	*) echo "IPv$1" ;;
	esac
}

markdown_cell() {
	local mode word separator='' said
	if all_same "$@"; then
		family_name "${wire[$1.$2.$3.0]}"
		return
	fi
	for mode in 0 1 2 3; do
		word=$(family_name "${wire[$1.$2.$3.$mode]}")
		is_new "$@" $mode && word="**$word**"
		said=${modes[mode]}
		[ "$mode-$(book_says "$2" "$3")" = '0-no*' ] && word='no\*'
		printf '%s%s: %s' "$separator" "$said" "$word"
		separator='<br>'
	done
}

markdown_rows() {
	local protocol=$1 rows_shown=$2 columns_shown=$3 row column
	printf '| %s |' "${protocol^^}"
	for column in $columns_shown; do
		printf ' %s,<br>%s<br>(%s) |' "$(column_program "$column")" "$(column_host "$column")" \
			"$(records "${columns[$column]#* }")"
	done
	printf '\n|---|'
	for column in $columns_shown; do printf -- '---|'; done
	echo
	for row in $rows_shown; do
		printf '| %s,<br>%s |' "$(row_program "$row")" "$(row_host "$row")"
		for column in $columns_shown; do printf ' %s |' "$(markdown_cell "$protocol" "$row" "$column")"; done
		echo
	done
}

show_markdown() {
	local protocol
	cat <<-END
		# Clients and servers

		Figure 12.5 of UNIX Network Programming (volume 1, 3rd edition), measured by \`demo/table\`: over which protocol a
		client reaches a server, counted by the router between them. Where it depends on dualstack-run: without it
		(none), with it on the client, on the server, on both. Bold is what is "no" without it. Without it, the table
		is the book's: "no*" is its "(no*)", which depends on the address that the client chooses; this one takes the first.

		![The table as a picture](table.svg)

	END
	for protocol in tcp udp; do
		markdown_rows $protocol '0 1 2 3' '0 1 2 3'
		echo
	done
	for protocol in tcp udp; do
		echo "${protocol^^}, how many of these 16 are \"no\": $(totals $protocol)."
		echo
	done
	cat <<-END
		## Beyond the book

		Programs of a family that their host has not, and ("plain") a client that does not ask for V4MAPPED addresses.

	END
	for protocol in tcp udp; do
		markdown_rows $protocol '4 5 6' '0 1 2 3'
		echo
		markdown_rows $protocol '0 1 2 3 4 5 6' '4 5'
		echo
	done
	printf '## What stays "no" with it on both\n\n'
	reasons | sed 's/^/- /'
}

# An array of objects, one for each combination.
show_json() {
	local -A program=([4]=ipv4 [6]=ipv6 [plain]=ipv6_plain) host=([4]=ipv4_only [6]=ipv6_only [d]=dual_stack)
	local -A family=([4]=ipv4 [6]=ipv6 [no]=no)
	local protocol row column mode said key separator='['
	for protocol in tcp udp; do
		for row in "${!rows[@]}"; do
			for column in "${!columns[@]}"; do
				said=$(book_says "$row" "$column")
				printf '%s\n{"protocol": "%s", "client": "%s", "client_host": "%s", "server": "%s", "server_host": "%s", ' \
					"$separator" $protocol "${program[${rows[row]% *}]}" "${host[${rows[row]: -1}]}" \
					"${program[${columns[column]% *}]}" "${host[${columns[column]: -1}]}"
				case $said in
				'') said=null ;;
				[46]) said="\"ipv$said\"" ;;
				*) said="\"$said\"" ;;
				esac
				printf '"book": %s, "measured": {' "$said"
				separator=
				for mode in 0 1 2 3; do
					key=$protocol.$row.$column.$mode
					printf '%s"%s": {"wire": "%s", "packets_ipv4": %d, "packets_ipv6": %d}' "$separator" \
						"${modes[mode]}" "${family[${wire[$key]}]}" "${packets[$key.4]}" "${packets[$key.6]}"
					separator=', '
				done
				printf '}}'
				separator=,
			done
		done
	done
	printf '\n]\n'
}

# What the router forwarded to PORT since the counters were reset, in words.
wire_saw() {
	counters_read | awk -v port="$1" '
		$5 == port { n[$1] += $6 }
		END { printf "packets to the server: IPv4 %d, IPv6 %d\n", n["to4"], n["to6"] }'
}

steps_of() {
	local title=$1 with=$2 flag=$3 name=$4 port=$5 log
	log=$work/$name-$port-tcp.log
	: >"$log"
	counters_reset
	echo "$title"
	echo "  \$ ${with:+dualstack-run }ask6 $flag tcp $name.example $port"
	# shellcheck disable=SC2086 # a launcher or nothing
	on cd $with "$ASK6" $flag tcp "$name.example" "$port" 2>&1 | sed 's/^/  client  /'
	sed -n 's/.*accepting connection from AF=\([0-9]*\) \([^ ]*\):[0-9]* on.*/  server  accept(): AF \1, \2/p' "$log"
	echo "  wire    $(wire_saw "$port")"
	echo
}

# Section 12.3: an IPv6 client on a dual-stack host, an IPv4 server. "4" on $host's port is the plain one.
show_steps() {
	local port
	port=$(port_of 4 0)
	echo "An IPv4 server on an IPv4-only host, ${address4[s4]}, and one on a dual-stack host, ${address4[sd]} and"
	echo "${address6[sd]}; an IPv6 client on a dual-stack host, ${address4[cd]} and ${address6[cd]}."
	echo
	steps_of '1. As in the book, section 12.3: it asks with AI_V4MAPPED.' '' -v s4 "$port"
	steps_of '2. It asks without. Nothing is sent.' '' -nv s4 "$port"
	steps_of '3. It asks without, under dualstack-run.' "$run" -nv s4 "$port"
	steps_of '4. "(no*)" in figure 12.5: the name has an IPv6 address, where the server is not.' '' -v sd "$port"
	steps_of '5. The same, under dualstack-run: the IPv4 address is tried next.' "$run" -v sd "$port"
	steps_of '6. The server under dualstack-run, the client not.' '' -v sd "$(port_of 4 1)"
}

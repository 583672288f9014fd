# shellcheck shell=bash
# demo/table's picture: a grid for TCP and one for UDP; in each cell four boxes, one for each mode. What is new is told by
# shape and weight as well as by colour. Sourced by demo/table.

# The geometry, in pixels: the boxes, a cell of four, the gap between the book's part and the rest.
box=38 cell=168 high=34 gap=26 left=206 top=150 head=78

svg_x() { echo $((left + $1 * cell + ($1 > 3 ? gap : 0))); }
svg_y() { echo $((head + $1 * high + ($1 > 3 ? gap : 0))); }
svg_text() { printf '<text class="%s" x="%s" y="%s">%s</text>\n' "$@"; }

# svg_box CLASS X Y WORD: a box at a cell's place, with its word in the middle.
svg_box() {
	printf '<rect class="%s" x="%d" y="%d" width="%d" height="24" rx="5"/>' "$1" "$2" "$3" $((box - 2))
	printf '<text class="%s-word" x="%d" y="%d">%s</text>\n' "$1" $(($2 + box / 2 - 1)) $(($3 + 17)) "$4"
}

svg_cell() {
	local protocol=$1 row=$2 column=$3 mode class word x y
	y=$(($(svg_y "$row") + 5))
	for mode in 0 1 2 3; do
		x=$(($(svg_x "$column") + 8 + mode * box))
		word=${wire[$protocol.$row.$column.$mode]}
		class=yes
		if is_new "$protocol" "$row" "$column" $mode; then
			class=new
		elif [ "$word" = no ]; then
			class=no
		fi
		word=$(family_name "$word")
		[ "$mode-$(book_says "$row" "$column")" = '0-no*' ] && word='no*'
		svg_box $class $x $y "$word"
	done
}

svg_grid() {
	local protocol=$1 row column mode x y
	svg_text protocol 20 34 "${protocol^^}"
	svg_text tag "$(svg_x 0)" -6 "figure 12.5"
	svg_text tag "$(svg_x 4)" -6 "beyond the book"
	printf '<rect class="book" x="%d" y="0" width="%d" height="%d" rx="8"/>\n' "$(($(svg_x 0) - 4))" $((4 * cell + 4)) \
		$((head + 4 * high + 4))
	for column in "${!columns[@]}"; do
		x=$(svg_x "$column")
		svg_text name $((x + 8)) 20 "$(column_program "$column")"
		svg_text host $((x + 8)) 38 "$(column_host "$column") ($(records "${columns[column]#* }"))"
		for mode in 0 1 2 3; do svg_text mode $((x + 8 + mode * box + box / 2 - 1)) 66 "${modes[mode]}"; done
	done
	for row in "${!rows[@]}"; do
		y=$(svg_y "$row")
		svg_text name 20 $((y + 15)) "$(row_program "$row")"
		svg_text host 20 $((y + 29)) "$(row_host "$row")"
		for column in "${!columns[@]}"; do svg_cell "$protocol" "$row" "$column"; done
	done
	svg_text tag 20 "$(($(svg_y 4) - 8))" "beyond the book"
}

# The picture has a background of its own, so that it can be read on any page; a reader who prefers dark gets a dark one.
svg_style() {
	cat <<-'END'
		<style>
		text { font-family: "DejaVu Sans", Verdana, Arial, sans-serif; font-size: 13px; fill: #1f2328; }
		.paper { fill: #ffffff; stroke: #d0d7de; }
		.book { fill: none; stroke: #57606a; stroke-width: 1.5; }
		.title { font-size: 21px; font-weight: bold; }
		.protocol { font-size: 24px; font-weight: bold; }
		.name { font-weight: bold; }
		.host, .mode, .tag { font-size: 11px; fill: #57606a; }
		.tag { font-style: italic; }
		.mode, .yes-word, .no-word, .new-word { text-anchor: middle; }
		.yes-word, .no-word, .new-word { font-size: 12px; }
		.yes { fill: #eaeef2; stroke: #afb8c1; }
		.no { fill: none; stroke: #cf222e; stroke-dasharray: 3 2; }
		.no-word { fill: #cf222e; }
		.new { fill: #1a7f37; stroke: #0b5423; stroke-width: 2; }
		.new-word { fill: #ffffff; font-weight: bold; }
		@media (prefers-color-scheme: dark) {
		text { fill: #e6edf3; }
		.paper { fill: #0d1117; stroke: #30363d; }
		.book { stroke: #8b949e; }
		.host, .mode, .tag { fill: #9da7b1; }
		.yes { fill: #21262d; stroke: #484f58; }
		.no { stroke: #ff7b72; }
		.no-word { fill: #ff7b72; }
		.new { fill: #238636; stroke: #7ee787; }
		.new-word { fill: #ffffff; }
		}
		</style>
	END
}

svg_legend() {
	svg_box yes 20 66 IPv4
	svg_text host 62 82 "reached, over this protocol"
	svg_box no 256 66 no
	svg_text host 298 82 "not reached"
	svg_box new 396 66 IPv6
	svg_text host 438 82 "reached now, and not without it"
	svg_text host 650 82 "no*: &quot;(no*)&quot; in the book, depends on the address that the client chooses"
	svg_text host 20 112 "Four boxes: without dualstack-run (none, as in the book), with it on the client, on the server, on both.$(
	) The protocol is the one that a router between them saw."
}

show_svg() {
	local width=$((left + 6 * cell + gap + 16)) grid=$((head + 7 * high + gap)) height
	height=$((top + 2 * grid + 100))
	printf '<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">\n' \
		$width $height $width $height
	echo '<title>Which clients reach which servers, with and without dualstack-run</title>'
	svg_style
	printf '<rect class="paper" x="0.5" y="0.5" width="%d" height="%d" rx="10"/>\n' $((width - 1)) $((height - 1))
	svg_text title 20 40 'UNIX Network Programming, figure 12.5, measured: which clients reach which servers'
	svg_legend
	echo "<g transform=\"translate(0, $top)\">"
	svg_grid tcp
	printf '</g>\n<g transform="translate(0, %d)">\n' $((top + grid + 40))
	svg_grid udp
	printf '</g>\n'
	svg_text host 20 $((height - 16)) "What stays &quot;no&quot; between an IPv4-only and an IPv6-only host needs a translator$(
	) between them (NAT64). Over UDP only one address is asked. IPv6 client: asks for V4MAPPED addresses; plain: does not."
	echo '</svg>'
}

# Prints tests/bench/goals and results.tsv in the form that -v form= says: table, json, plot (the ratios for gnuplot), or md (the
# ratios with goals, for a page). A ratio is the median of the rounds' ratios, with the quartiles beside it; if the goal begins
# with "<=+", it is a difference. Quartiles on both sides of the goal leave it open: "met?", "missed?".

function sort(a, n, i, j, v) {
	for (i = 2; i <= n; i++) {
		v = a[i]
		for (j = i - 1; j > 0 && a[j] > v; j--)
			a[j + 1] = a[j]
		a[j + 1] = v
	}
}

# The quantile Q of the sorted a[1..n], interpolated.
function quantile(a, n, q, at, low) {
	at = 1 + (n - 1) * q
	low = int(at)
	return low >= n ? a[n] : a[low] + (at - low) * (a[low + 1] - a[low])
}

# Puts the quartiles of series KEY, divided by those of BASE or less them, into low, middle, high; returns their
# number.
function quartiles(key, base, differ, a, n, r) {
	n = 0
	for (r = 1; r <= last; r++) {
		if (!((key, r) in value) || base != "" && !((base, r) in value))
			continue
		if (base != "" && !differ && value[base, r] == 0)
			continue
		a[++n] = value[key, r]
		if (base != "")
			a[n] = differ ? a[n] - value[base, r] : a[n] / value[base, r]
	}
	sort(a, n)
	low = quantile(a, n, 0.25)
	middle = quantile(a, n, 0.5)
	high = quantile(a, n, 0.75)
	return n
}

# A series's line of goals: its server's before its measure's, its variant's before that for all.
function find_rule(measure, server, variant) {
	sub(/-[0-9]*$/, "", measure)
	if ((measure "/" server, variant) in unit_of)
		return measure "/" server SUBSEP variant
	if ((measure "/" server, "*") in unit_of)
		return measure "/" server SUBSEP "*"
	if ((measure, variant) in unit_of)
		return measure SUBSEP variant
	return measure SUBSEP "*"
}

function is_met(goal, v) {
	return goal ~ /^>=/ ? v >= substr(goal, 3) + 0 : v <= substr(goal, 3) + 0
}

# If half of the rounds disagree, the machine was not quiet enough to tell.
function is_clear(goal) {
	return is_met(goal, low) == is_met(goal, high)
}

function verdict(goal) {
	return (is_met(goal, middle) ? "met" : "missed") (is_clear(goal) ? "" : "?")
}

function number(v) {
	return v >= 1000 ? sprintf("%.0f", v) : v >= 10 ? sprintf("%.1f", v) : sprintf("%.3f", v)
}

function show_table(f, unit, median, against, goal, differ, name) {
	if (f[1] SUBSEP f[2] != group) {
		group = f[1] SUBSEP f[2]
		printf "\n%-44s %10s  %s\n", f[1] " (" unit "), " f[2], "median", differ ? "more than" : "ratio to"
	}
	name = (f[3] == "-" ? "" : f[3] "  ") f[4]
	printf "  %-42s %10s", name, number(median)
	if (against != "") {
		printf differ ? "  %-8s %+.0f (%+.0f to %+.0f)" : "  %-8s %.3f (%.3f-%.3f)", against, middle, low, high
		if (goal ~ /=/)
			printf "  %s %s", goal, verdict(goal)
	}
	printf "\n"
}

function show_json(f, unit, median, against, goal, differ) {
	printf "%s\n  {\"measure\":\"%s\",\"server\":\"%s\",\"family\":\"%s\",\"variant\":\"%s\",\"unit\":\"%s\",\"median\":%.6g",
		first++ ? "," : "", f[1], f[2], f[3], f[4], unit, median
	if (against != "") {
		printf ",\"against\":\"%s\",\"%s\":{\"median\":%.4f,\"quartiles\":[%.4f,%.4f]}", against,
			differ ? "difference" : "ratio", middle, low, high
		if (goal ~ /=/)
			printf ",\"goal\":\"%s\",\"verdict\":\"%s\"", goal, verdict(goal)
	}
	printf "}"
}

function show_plot(f) {
	printf "%s\t%s\t%s\t%s\t%.4f\t%.4f\t%.4f\n", f[1], f[2], f[3], f[4], middle, low, high
}

function show_md(f, goal) {
	printf "| %s, %s%s | %s | ", f[1], f[2], f[3] == "-" ? "" : ", " f[3], f[4]
	printf goal ~ /[+]/ ? "%+.0f KiB (%+.0f to %+.0f)" : "%.3f (%.3f to %.3f)", middle, low, high
	printf " | %s | %s |\n", goal, verdict(goal)
}

# All series of the measure and server of KEY, once.
function show_group(key, f, group, i) {
	split(key, f, SUBSEP)
	group = f[1] SUBSEP f[2] SUBSEP
	if (shown[group]++)
		return
	for (i = 1; i <= count; i++)
		if (index(order[i], group) == 1)
			show(order[i])
}

function show(key, f, rule, against, goal, differ, base, median) {
	split(key, f, SUBSEP)
	rule = find_rule(f[1], f[2], f[4])
	against = against_of[rule]
	goal = goal_of[rule]
	differ = goal ~ /[+]/
	quartiles(key, "", 0)
	median = middle
	base = f[1] SUBSEP f[2] SUBSEP f[3] SUBSEP against
	if (base == key || !(base in seen) || !quartiles(key, base, differ))
		against = ""
	if (form == "json")
		show_json(f, unit_of[rule], median, against, goal, differ)
	else if (form == "plot" && against != "" && !differ)
		show_plot(f)
	else if (form == "md" && against != "" && goal ~ /=/)
		show_md(f, goal)
	else if (form == "table")
		show_table(f, unit_of[rule], median, against, goal, differ)
}

FNR == 1 { file++ }
/^#/ { next }
file == 1 && NF == 5 {
	unit_of[$1, $2] = $3
	against_of[$1, $2] = $4
	goal_of[$1, $2] = $5
}
file == 2 {
	key = $1 SUBSEP $2 SUBSEP $3 SUBSEP $4
	if (!(key in seen))
		order[++count] = key
	seen[key] = 1
	value[key, $5] = $6
	if ($5 > last)
		last = $5
}

END {
	if (form == "json")
		printf "{\"machine\":\"%s\",\"rounds\":%d,\"seconds_each\":%s,\"results\":[", machine, rounds, seconds
	else if (form == "table")
		printf "%s; %d rounds of %s s\n", machine, rounds, seconds
	if (form == "md") {
		printf "%s; %d rounds of %s s.\n\n", machine, rounds, seconds
		print "| measure | variant | ratio (quartiles) | goal | |\n|---|---|---|---|---|"
	}
	for (i = 1; i <= count; i++)
		show_group(order[i])
	if (form == "json")
		print "\n]}"
}

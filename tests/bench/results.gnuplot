# results.gnuplot DATA SVG CAPTION: draws the ratios to the same server written dual-stack, the median of the
# rounds and the quartiles: of the alternatives, and, enlarged, of the library alone.
set terminal svg size 1000,760 font "DejaVu Sans,13" background "#ffffff"
set output ARG2
set datafile separator "\t"
set multiplot layout 2,1 title "Beside the same server written dual-stack (1.0)" font ",18"
set label 1 ARG3 at screen 0.5,0.015 center font ",11" textcolor "#57606a"
set style fill solid 0.9 border -1
set grid ytics linecolor "#d0d7de"
set lmargin 12
set rmargin 20
set border 3
set tics nomirror out
set key outside right top reverse Left samplen 1

# The place of NAME in NAMES.
place(name, names) = sum [i = 1:words(names)] (word(names, i) eq name ? i : 0)

measures = "connections-1 connections-64 requests-1 requests-64 bulk"
variants = "dualstack haproxy socket-proxyd 6tunnel socat"
array colours[5] = ["#1a7f37", "#0969da", "#8250df", "#bf8700", "#cf222e"]
array labels[5] = ["connections,\n1 client", "connections,\n64 clients", "requests,\n1 client", "requests,\n64 clients", "MiB"]
set title "An IPv4-only server, reached over IPv6: how much a second"
set xrange [0.4:5.6]
set yrange [0:1.25]
set ytics 0.25
do for [i = 1:5] { set xtics add (labels[i] i) }
set arrow 1 from 0.4,1 to 5.6,1 nohead dashtype 2
plot for [v = 1:5] ARG1 using (place(strcol(1), measures) + (v - 3) * 0.16): \
	(strcol(2) eq "epoll" && strcol(3) eq "ipv6" && strcol(4) eq word(variants, v) && place(strcol(1), measures) ? $5 : NaN): \
	6:7:(0.15) with boxerrorbars linecolor rgb colours[v] title word(variants, v)

rows = "epoll/connections-1 epoll/connections-64 epoll/requests-1 epoll/requests-64 epoll/bulk serial/connections-1 \
serial/connections-64 serial/requests-1 nginx/connections-1 nginx/connections-64 nginx/requests-64 dovecot/connections-1 \
dovecot/connections-64 udp/udp"
set title "The library alone, each family, several servers (goal: 0.97; UDP 0.93, MiB 0.99)"
set xrange [0.4:14.6]
set yrange [0.7:1.3]
set ytics 0.1
unset xtics
set xtics rotate by 30 right nomirror out
do for [i = 1:words(rows)] { set xtics add (word(rows, i) i) }
set arrow 1 from 0.4,1 to 14.6,1 nohead dashtype 2
set arrow 2 from 0.4,0.97 to 14.6,0.97 nohead linecolor "#cf222e" dashtype 3
families = "ipv6 ipv4"
array marks[2] = ["#1a7f37", "#0969da"]
plot for [f = 1:2] ARG1 using (place(strcol(2)."/".strcol(1), rows) + (f - 1.5) * 0.3): \
	(strcol(4) eq "dualstack" && strcol(3) eq word(families, f) && place(strcol(2)."/".strcol(1), rows) ? $5 : NaN): \
	6:7 with yerrorbars linecolor rgb marks[f] pointtype 7 linewidth 2 title word(families, f)
unset multiplot

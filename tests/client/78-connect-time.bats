# A short run of tests/bench/connect: it measures what it claims to. The times themselves are not tested.

bats_require_minimum_version 1.5.0
load ../lib/helper

# The median and the family of CLIENT under CONDITION.
cell() { awk -F '\t' -v client="$1" -v condition="$2" '$1 == client && $2 == condition { print $3, $4 }' "$table"; }

@test "every cell is there, the relay delays, and IPv4 is used if IPv6 does not answer" {
	need_root
	need nft
	need dnsmasq
	need curl
	need_tun
	table=$build/bench/connect.tsv
	ROUNDS=1 LIMIT=2 CONDITIONS='answers refused dropped slow-50' run -0 "$root/tests/bench/connect"
	run -0 awk -F '\t' '/^[a-z-]+\t[a-z0-9-]+\t[0-9.]+\t[46-]$/ { rows++ } END { print rows " of " NR - 1 }' "$table"
	assert_output '24 of 24'
	for client in happy curl blocking poll epoll; do
		assert_regex "$(cell $client answers)" ' 6$'
		assert_regex "$(cell $client refused)" ' 4$'
		assert_regex "$(cell $client dropped)" ' 4$'
	done
	# One that tries addresses in turn waits for each.
	assert_equal "$(cell in-turn dropped)" '2000 -'
	run -0 cell in-turn slow-50
	assert_regex "$output" ' 6$'
	assert [ "${output%.*}" -ge 50 ]
}

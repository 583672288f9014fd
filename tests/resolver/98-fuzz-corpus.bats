# Replays the kept inputs of this room's fuzz targets.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/fuzz

@test "the table of names" { replay resolver/known_names; }
@test "NAT64 prefixes and addresses" { replay resolver/nat64; }

@test "every fuzz target of resolver/ is replayed" { replayed_all resolver "$BATS_TEST_FILENAME"; }

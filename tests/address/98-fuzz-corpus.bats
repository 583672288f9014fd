# Replays the kept inputs of this room's fuzz targets.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/fuzz

@test "control messages, both ways" { replay address/message; }
@test "the table of synthetic addresses" { replay address/synthetic; }
@test "addresses with lengths" { replay address/translate; }

@test "every fuzz target of address/ is replayed" { replayed_all address "$BATS_TEST_FILENAME"; }

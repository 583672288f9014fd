# Replays the kept inputs of this room's fuzz targets.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/fuzz

@test "configuration, rules, and the text that is handed on" { replay config/rules; }

@test "every fuzz target of config/ is replayed" { replayed_all config "$BATS_TEST_FILENAME"; }

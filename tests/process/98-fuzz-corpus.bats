# Replays the kept inputs of this room's fuzz targets.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/fuzz

@test "environments that are completed" { replay process/inheritance; }

@test "every fuzz target of process/ is replayed" { replayed_all process "$BATS_TEST_FILENAME"; }

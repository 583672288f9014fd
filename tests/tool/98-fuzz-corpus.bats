# The kept inputs of this room's fuzz targets.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/fuzz

@test "ELF files and scripts" { replay tool/elf; }
@test "unit files and drop-ins" { replay tool/unit; }

@test "every fuzz target of tool/ is replayed" { replayed_all tool "$BATS_TEST_FILENAME"; }

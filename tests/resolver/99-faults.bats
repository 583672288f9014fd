# Calls that fail while a name is looked up.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/faults

@test "names, and memory for them" { swept off names hosts asynchronous reverse; }

# Calls that fail while a program inherits a socket.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/faults

@test "a program that inherits a socket" { swept off inherit-execve inherit-execvp inherit-spawn inherit-spawnp; }

# Calls that fail while a client connects.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/faults

@test "a connect() that blocks" { swept off client-in client-in6 client-six client-none; }
@test "a connect() that does not block, poll()" { swept off client-poll-in client-poll-in6 client-poll-none client-poll-silent; }
@test "a connect() that does not block, select()" { swept off client-select-in; }
@test "a connect() that does not block, epoll()" { swept off client-epoll-in client-epoll-in6; }

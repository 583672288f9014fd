# Calls that fail while a server is widened.

# bats file_tags=beside
bats_require_minimum_version 1.5.0
load ../lib/helper
load ../lib/faults

@test "a TCP server" { swept off tcp-server; }
@test "a TCP server, registered in an epoll set before it is bound, with a copy of its descriptor" { swept off tcp-server-epoll; }
@test "a TCP server that is not bound" { swept off tcp-server-unbound; }
@test "a TCP server for both families" { swept off tcp-both tcp-both-reused; }
@test "a UDP server, and a UDP client" { swept off udp-server udp-client; }

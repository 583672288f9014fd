/* Whether the kernel would choose the source of an IPv4 answer right by itself. If so, the answer needs no
 * control message, which costs as much as a system call. */
#ifndef DUALSTACK_USUAL_SOURCE_H
#define DUALSTACK_USUAL_SOURCE_H

#include <netinet/in.h>
#include <stdbool.h>

/* Returns whether the kernel sends from LOCAL to PEER, both in network byte order, for certain: LOCAL is the
 * only address of this host, or both are loopback addresses. The host's addresses are asked for once a second
 * at most, by the socket FD. Async-signal-safe, any thread may call it; leaves errno alone. */
bool usual_source(int fd, in_addr_t local, in_addr_t peer);

#endif

/* What the kernel's routing tables say. */
#ifndef DUALSTACK_ROUTE_H
#define DUALSTACK_ROUTE_H

#include <stdbool.h>
#include <sys/socket.h>

/* Whether there is a way to ADDR: connect() of a datagram socket looks for one and sends nothing. Where that
 * can't be found out, as no descriptor is left, there is one in IPv4 and none in IPv6. Any thread,
 * async-signal-safe, no cancellation point; errno left alone. */
bool route_known(const struct sockaddr *addr, socklen_t len);

#endif

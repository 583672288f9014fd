/* What the kernel's routing tables say. */
#ifndef DUALSTACK_ROUTE_H
#define DUALSTACK_ROUTE_H

#include <stdbool.h>
#include <sys/socket.h>

/* Whether there is a way to ADDR: connect() of a datagram socket looks for one and sends nothing. Any thread,
 * async-signal-safe, no cancellation point; errno left alone. */
bool route_known(const struct sockaddr *addr, socklen_t len);

#endif

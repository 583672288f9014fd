/* The kernel's routing tables. */
#ifndef DUALSTACK_ROUTE_H
#define DUALSTACK_ROUTE_H

#include <stdbool.h>
#include <sys/socket.h>

/* Whether there is a route to ADDR: connect() of a datagram socket looks for one and sends nothing. If that
 * can't be found out, as no descriptor is left: yes in IPv4, no in IPv6. Any thread, async-signal-safe, no
 * cancellation point; errno left alone. */
bool route_known(const struct sockaddr *addr, socklen_t len);

/* The same for the address of a.root-servers.net in FAMILY, 198.41.0.4 or 2001:503:ba3e::2:30: whether the
 * host reaches others at all. */
bool route_far(int family);

#endif

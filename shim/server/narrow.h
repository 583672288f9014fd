/* Narrowing: an AF_INET socket in the place of a widened one. */
#ifndef DUALSTACK_NARROW_H
#define DUALSTACK_NARROW_H

#include <netinet/in.h>

/* All of these are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Makes the marked, bound or listening FD an AF_INET socket again, bound to 0.0.0.0 and the same port,
 * and listening if it did. Returns 0 or a negative errno; -ENOTCONN where FD is no such socket,
 * -EOPNOTSUPP where it was widened for IPv6 alone, which it stays.
 * Connections that nobody has accepted yet are lost, as the kernel offers no other way to give up the
 * port. */
int narrow(int fd);

/* Narrows every widened socket of this process that stands in the way of FD, an AF_INET6 socket of the
 * program's own that is bound to PORT (network byte order) or could not be. Returns how many. */
int narrow_for(int fd, in_port_t port);

#endif

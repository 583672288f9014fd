/* Sockets that share a port (SO_REUSEADDR, SO_REUSEPORT): of this process, of others, of other users. */
#ifndef DUALSTACK_PORT_H
#define DUALSTACK_PORT_H

#include <netinet/in.h>
#include <stdbool.h>

/* All functions are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Whether FD can share its port, so that bind() does not report a conflict. If so, the kernel may give a
 * widened socket what is meant for FD, or listen() may fail later, when the program has dropped the
 * privileges that narrowing takes. */
bool port_may_be_shared(int fd);

/* Whether nobody has the port of the wildcard AT, so that there is nobody to look for; then CLONE, which may
 * share its port, is bound to AT. No with SO_REUSEPORT. */
bool port_take(int clone, const struct sockaddr_in6 *at);

/* Whether CLONE, an AF_INET6 socket of PROTOCOL that is to replace an AF_INET one, can be bound to the
 * wildcard AT without changing which socket gets what. Returns 0, -EADDRINUSE or another negative errno. It
 * reports only conflicts that bind() does not report. In the way are
 *   - an IPv6 socket of this process that was not widened;
 *   - a socket at 0.0.0.0 of any process: the kernel gives it all that comes over IPv4;
 *   - with SO_REUSEPORT, a socket of another process for both families: CLONE would share IPv4 with it, or
 *     get none if it is another user's;
 *   - with SO_REUSEADDR, an IPv6 datagram socket of another process: CLONE would get all that it gets.
 * Widened sockets of the same user are not in the way: the newest gets what comes, as natively. */
int port_look_around(int clone, int protocol, const struct sockaddr_in6 *at);

/* Binds CLONE to [::] and PORT (network byte order), which the AF_INET datagram socket FD has at 0.0.0.0.
 * Returns 0, -EADDRINUSE if any other socket has that port, in IPv6 or beside FD in IPv4, or another negative
 * errno. */
int port_join(int fd, int clone, in_port_t port);

/* Binds CLONE to AT as the successor of the datagram socket FD of the same user, which has AT, or its port in
 * IPv4. Returns 0 or a negative errno. */
int port_succeed(int fd, int clone, const struct sockaddr_in6 *at);

/* Binds the unbound CLONE to [::] and PORT with IPV6_V6ONLY. Fails if any socket has that port in IPv6. A
 * socket at 0.0.0.0 is not in the way, whichever user it belongs to. Returns 0 or a negative errno. */
int port_take_in6(int clone, in_port_t port);

#endif

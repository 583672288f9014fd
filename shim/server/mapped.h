/* AF_INET6 sockets that a program binds to ::ffff:0.0.0.0 to serve IPv4 alone. The program understands the
 * addresses of IPv6 peers. Such a socket is bound to [::] instead, and nothing is translated. A datagram
 * socket is marked as such (mark_set_as_is()), so that answers leave from the address that was asked. */
#ifndef DUALSTACK_MAPPED_H
#define DUALSTACK_MAPPED_H

#include <netinet/in.h>
#include <stdbool.h>

/* Whether ADDR is the V4MAPPED wildcard. No system calls. */
bool mapped_wildcard(const struct in6_addr *addr);

/* The functions below are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Binds the unbound AF_INET6 socket FD to [::] and PORT. A datagram socket gets the spoof filter first
 * (socket/spoof_filter.h). Returns 0, or a negative errno with FD as it was: -EAFNOSUPPORT if FD is not TCP,
 * MPTCP or UDP, is for IPv6 alone, or is a UDP client; -EBUSY if the program has set an option that
 * guards FD in IPv4 alone, as IP_MINTTL, a key, or a filter on a datagram socket. */
int mapped_widen(int fd, in_port_t port);

/* The port of FD, in network byte order, if FD is such a socket and no other process has it (listeners.h);
 * else 0. */
in_port_t mapped_port(int fd);

#endif

/* Widening: a dual-stack socket in the place of the program's IPv4 one, and narrowing, the way back. */
#ifndef DUALSTACK_WIDEN_H
#define DUALSTACK_WIDEN_H

#include <netinet/in.h>
#include <stdbool.h>

/* All of these are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Makes the unbound AF_INET TCP, MPTCP or UDP socket FD a marked AF_INET6 one on the same descriptor,
 * IPV6_V6ONLY off, with everything that the program has set on it, bound to AT. Returns 0, or a negative
 * errno with FD untouched. -EAFNOSUPPORT: FD is no socket to widen, which a UDP socket without a port in
 * AT is not either, but with ONLY: it is a client until shown otherwise. ONLY: with IPV6_V6ONLY on. */
int widen(int fd, const struct sockaddr_in6 *at, bool only);

/* The same for a client that is about to reach an IPv6 address: FD, if it is a UDP socket that has a port
 * already, keeps it. */
int widen_client(int fd);

/* Makes the marked, bound or listening FD an AF_INET socket again, bound to 0.0.0.0 and the same port,
 * and listening if it did. Returns 0 or a negative errno; -ENOTCONN where FD is no such socket,
 * -EOPNOTSUPP where it was widened for IPv6 alone, which it stays.
 * Connections that nobody has accepted yet are lost, as the kernel offers no other way to give up the
 * port. */
int narrow(int fd);

/* Narrows every widened socket of this process that stands in the way of FD, an AF_INET6 socket of the
 * program's own that is bound to PORT (network byte order) or could not be. Returns how many. */
int narrow_for(int fd, in_port_t port);

/* Whether connect(AF_UNSPEC) may be called on the datagram socket FD without the program's asking: it would
 * also take back SO_BINDTODEVICE (__udp_disconnect()). */
bool widen_may_dissolve(int fd);

/* connect(AF_UNSPEC) on the marked datagram socket FD, after which it gets datagrams of both families. */
void widen_dissolve(int fd);

/* Whether FD shares its port with other sockets without an error from bind(): SO_REUSEPORT, SO_REUSEADDR.
 * Then the kernel would give some of what is meant for FD to a widened one; or listen() would fail, when the
 * program may have dropped the privileges that it takes to make room. */
bool widen_shares(int fd);

#endif

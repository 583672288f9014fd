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

/* Marks the AF_INET6 socket FD (socket/mark.h), a datagram socket once it has the filter against forged
 * sources (socket/spoof_filter.h). Returns 0 or a negative errno. */
int widen_mark(int fd);

/* The same for a client that is about to reach an IPv6 address: FD, if it is a UDP socket that has a port
 * already, keeps it. */
int widen_client(int fd);

/* Whether FD shares its port with other sockets without an error from bind(): SO_REUSEPORT, SO_REUSEADDR.
 * Then the kernel would give some of what is meant for FD to a widened one; or listen() would fail, when the
 * program may have dropped the privileges that it takes to make room. */
bool widen_shares(int fd);

#endif

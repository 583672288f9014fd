/* Widening: a dual-stack socket replaces the program's IPv4 one. */
#ifndef DUALSTACK_WIDEN_H
#define DUALSTACK_WIDEN_H

#include <netinet/in.h>
#include <stdbool.h>

/* All functions are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Replaces the unbound AF_INET TCP, MPTCP or UDP socket FD by a marked AF_INET6 one on the same descriptor:
 * bound to AT, with all options that the program has set, and with IPV6_V6ONLY as ONLY says. Returns 0, or a
 * negative errno with FD untouched. -EAFNOSUPPORT: FD is not a socket to widen. A UDP socket without a port
 * in AT is one with ONLY alone, as it is taken for a client. */
int widen(int fd, const struct sockaddr_in6 *at, bool only);

/* Replaces FD in the same way for a client that is about to reach an IPv6 address. A UDP socket that has a
 * port keeps it. */
int widen_client(int fd);

/* Whether FD can share its port (SO_REUSEPORT, SO_REUSEADDR), so that bind() does not report a conflict. Then
 * the kernel may give a widened socket what is meant for FD, or listen() may fail when the program has
 * dropped the privileges that making room takes. */
bool widen_shares(int fd);

#endif

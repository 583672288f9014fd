/* Widening: a dual-stack socket replaces the program's IPv4 one. */
#ifndef DUALSTACK_WIDEN_H
#define DUALSTACK_WIDEN_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>

/* All functions are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Replaces the unbound AF_INET TCP, MPTCP or UDP socket FD by a marked AF_INET6 one on the same descriptor,
 * bound to AT, with all options that the program has set, and with IPV6_V6ONLY as ONLY says. Returns 0, or a
 * negative errno with FD untouched. -EAFNOSUPPORT: FD is not a socket to widen. Without ONLY, a UDP socket
 * without a port in AT is taken for a client, and not widened. */
int widen(int fd, const struct sockaddr_in6 *at, bool only);

/* Replaces FD in the same way for a client that is about to reach an IPv6 address. A UDP socket that has a
 * port keeps it. If the program has dropped its privileges since it made FD, another user owns FD, and only
 * that user can join its port. CONNECTING: then the new socket has the port in IPv6 alone. */
int widen_in_place(int fd, bool connecting);

/* Replaces the marked datagram socket FD at [::], whose association was dissolved, by a new one. The kernel
 * has kept the IPv6 address of FD's peer, and delivers IPv6 datagrams of no other peer (__udp_disconnect()).
 * Returns 0, or a negative errno with FD untouched: also if datagrams wait in it, if it has memberships, or
 * if another process may have it. */
int widen_again(int fd);

/* How often a socket has been replaced while other threads may have waited on it. They are woken up, and
 * their receiving call returns 0. */
extern __attribute__((visibility("hidden"))) _Atomic unsigned widen_wakes;

/* FD has just replaced another socket, on which threads may wait. */
void widen_note_wake(int fd);

/* To be called before a receiving call. */
static inline unsigned widen_before(void)
{
	return atomic_load_explicit(&widen_wakes, memory_order_relaxed);
}

/* Whether to repeat a receiving call on FD that returned 0, because FD has been replaced since BEFORE. An
 * empty datagram that comes at the same moment looks the same, and is lost. Leaves errno alone. */
bool widen_woke(int fd, unsigned before);

#endif

/* Narrowing: a widened socket becomes an AF_INET socket again. */
#ifndef DUALSTACK_NARROW_H
#define DUALSTACK_NARROW_H

#include <netinet/in.h>
#include <stdatomic.h>

/* All functions are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Makes the marked, bound or listening FD an AF_INET socket again, bound to 0.0.0.0 and the same port; it
 * listens if FD did. Returns 0 or a negative errno: -ENOTCONN if FD is not such a socket, -EOPNOTSUPP if FD
 * was widened for IPv6 alone and stays so, -EBUSY if FD listens and another process may have it, too
 * (listeners.h). A datagram socket is changed in place, and keeps the IPv4 datagrams behind the last IPv6
 * one. A stream socket is replaced, and connections that wait to be accepted are lost: the kernel has no
 * other way to give up the port. A socket that was bound to ::ffff:0.0.0.0 (mapped.h) moves back to that
 * address, and stays AF_INET6; it is replaced in any case. */
int narrow(int fd);

/* Narrows every widened socket of this process that is in the way of FD, the program's own AF_INET6 socket.
 * FD is bound to PORT (network byte order), or bind() has failed. Returns how many sockets were narrowed. */
int narrow_for(int fd, in_port_t port);

/* How often narrowing has put another socket on a descriptor with FD's number, modulo 64. The old socket is
 * shut down, so that a thread that waits in accept() on it gets EINVAL. Leaves errno alone. */
enum { NARROW_NUMBERS = 64 };
extern __attribute__((visibility("hidden"))) _Atomic unsigned narrow_counts[NARROW_NUMBERS];

static inline unsigned narrow_count(int fd)
{
	return atomic_load_explicit(&narrow_counts[(unsigned)fd % NARROW_NUMBERS], memory_order_relaxed);
}

#endif

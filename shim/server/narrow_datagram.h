/* Narrowing of a datagram socket, in place. */
#ifndef DUALSTACK_NARROW_DATAGRAM_H
#define DUALSTACK_NARROW_DATAGRAM_H

#include <netinet/in.h>

/* Makes the marked AF_INET6 datagram socket FD, bound to [::] and PORT (network byte order), an AF_INET one
 * for all who hold it. It keeps its options, its memberships, its device and the IPv4 datagrams that it has
 * received. IPv6 datagrams in its queue are dropped, and so are IPv4 datagrams that came before the last of
 * these (receive_queue.h). Returns 0, or a negative errno with FD as it was, except for those datagrams:
 * -EPERM if the program may not bind a socket to FD's device, or has locked FD's filter. Async-signal-safe,
 * callable from any thread; errno is undefined afterwards. */
int narrow_datagram(int fd, in_port_t port);

#endif

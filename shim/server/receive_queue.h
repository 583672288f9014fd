/* Datagrams that a socket has received, and that nobody has read yet. */
#ifndef DUALSTACK_RECEIVE_QUEUE_H
#define DUALSTACK_RECEIVE_QUEUE_H

#include <netinet/in.h>
#include <stdbool.h>

/* All functions are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Waits until each packet that is being delivered now is in its queue or dropped. Afterwards, no packet gets
 * into a queue that passed the filter or the name that the socket had before. Takes the kernel's RCU grace
 * period, some 10 ms (membarrier(2), MEMBARRIER_CMD_GLOBAL). Does nothing if that call is forbidden. */
void receive_queue_settle(void);

/* Drops the datagrams queued in the AF_INET6 datagram socket FD, from the first to the last that is UNWANTED.
 * The kernel hands them out only in order, so the wanted ones before the last unwanted one are lost; those
 * behind it stay. FROM is a datagram's source and TO its destination, both V4MAPPED in IPv4. Returns 0, or a
 * negative errno with the queue untouched: -EOPNOTSUPP if the kernel can't look through the queue. While it
 * looks, FD's SO_PEEK_OFF and IPV6_RECVPKTINFO are changed. */
int receive_queue_drop(int fd, bool (*unwanted)(const struct in6_addr *from, const struct in6_addr *to));

#endif

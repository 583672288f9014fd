/* What a datagram socket has received and nobody has read yet. */
#ifndef DUALSTACK_RECEIVE_QUEUE_H
#define DUALSTACK_RECEIVE_QUEUE_H

#include <netinet/in.h>
#include <stdbool.h>

/* All functions are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Waits until each packet that was being delivered when this was called is in its queue or dropped. A packet
 * that was let in by the filter or the name that a socket had before can't come into its queue afterwards.
 * Takes the kernel's RCU grace period, some 10 ms (membarrier(2), MEMBARRIER_CMD_GLOBAL); does nothing where
 * that is forbidden. */
void receive_queue_settle(void);

/* Drops the datagrams that are queued in the AF_INET6 datagram socket FD, from the first one to the last one
 * that is UNWANTED. The kernel gives them out in their order only, so what lies between is lost; what comes
 * behind stays. FROM is a datagram's source and TO its destination, both V4MAPPED for an IPv4 one. Returns
 * how many were dropped, or a negative errno with the queue untouched: -EOPNOTSUPP if the kernel can't look
 * through the queue. While it looks, FD's SO_PEEK_OFF and IPV6_RECVPKTINFO are changed. */
int receive_queue_drop(int fd, bool (*unwanted)(const struct in6_addr *from, const struct in6_addr *to));

#endif

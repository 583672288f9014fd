/* Sockets of other processes that serve both families by themselves. */
#ifndef DUALSTACK_STRANGERS_H
#define DUALSTACK_STRANGERS_H

#include <netinet/in.h>
#include <stdbool.h>

/* Whether such a socket gets what comes over IPv4 to PORT (network byte order) of PROTOCOL, while CLONE, a
 * widened socket, is not bound yet. It would then share that with CLONE; natively an AF_INET socket gets all
 * of it. False if the kernel does not tell, or if CLONE can't be told from such a socket, because the program
 * has set IP_MULTICAST_ALL or CLONE is MPTCP. Async-signal-safe and callable from any thread; errno is
 * undefined afterwards. */
bool strangers_serve(int clone, int protocol, in_port_t port);

#endif

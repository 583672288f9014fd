/* Sockets of other processes that serve both families, and that nobody has widened. */
#ifndef DUALSTACK_STRANGERS_H
#define DUALSTACK_STRANGERS_H

#include <netinet/in.h>
#include <stdbool.h>

/* Whether such a socket gets what comes over IPv4 to PORT (network byte order) of PROTOCOL as long as CLONE,
 * a widened socket that is not bound yet, does not. It would share that with CLONE, while natively an AF_INET
 * socket gets all of it. No where the kernel does not tell, and where CLONE is no different from
 * it, because the program has set IP_MULTICAST_ALL or it is an MPTCP socket. Async-signal-safe and callable
 * from any thread; errno is undefined afterwards. */
bool strangers_serve(int clone, int protocol, in_port_t port);

#endif

/* The association of a widened datagram socket with a peer, and how it is dissolved. */
#ifndef DUALSTACK_ASSOCIATION_H
#define DUALSTACK_ASSOCIATION_H

#include <stdbool.h>

/* Both are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Whether connect(AF_UNSPEC) may be called on the datagram socket FD without the program's asking: it would
 * also take back SO_BINDTODEVICE (__udp_disconnect()). */
bool association_may_dissolve(int fd);

/* connect(AF_UNSPEC) on the marked datagram socket FD, after which it gets datagrams of both families. */
void association_dissolve(int fd);

#endif

/* Dissolving the association of a widened datagram socket with its peer. */
#ifndef DUALSTACK_ASSOCIATION_H
#define DUALSTACK_ASSOCIATION_H

#include <stdbool.h>

/* All are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Whether the library may call connect(AF_UNSPEC) on the datagram socket FD of its own accord. It may not if
 * FD is bound to a device: the call undoes SO_BINDTODEVICE (__udp_disconnect()). */
bool association_may_dissolve(int fd);

/* Whether the marked datagram socket FD, which is bound to [::], is connected, and so has a specific local
 * address. If it is not, dissolving would still have an effect: FD would become the newest socket at its
 * port. */
bool association_exists(int fd);

/* Calls connect(AF_UNSPEC) on the marked datagram socket FD. Over IPv6 it then hears ::1 alone until it is
 * connected again or replaced (widen_again()). */
void association_dissolve(int fd);

#endif

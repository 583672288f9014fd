/* connect() to an address that came from a name with others. */
#ifndef DUALSTACK_CONNECT_H
#define DUALSTACK_CONNECT_H

#include <stdbool.h>
#include <sys/socket.h>

#include "client/destinations.h"

/* Connects FD to ADDR, which D is about (destination_find()), and to the other addresses if that takes too
 * long or fails. Returns whether there are any; then *RESULT and errno are connect()'s. Async-signal-safe,
 * any thread. */
bool connect_by_name(int fd, const struct sockaddr *addr, socklen_t len, struct destination *d, int *result);

/* Whether connect() of FD to ADDR would try more than one address: then data can't go with the first packet
 * (MSG_FASTOPEN, RFC 7413). Async-signal-safe, any thread; errno is left alone. */
bool connect_has_others(int fd, const struct sockaddr *addr, socklen_t len);

/* connect() of FD, which has one in progress: one that blocks waits for it, SINCE so many ms already. Returns
 * as connect(). */
int connect_again(int fd, const struct sockaddr *addr, socklen_t len, unsigned since);

#endif

/* connect() to an address of a name that has other addresses. */
#ifndef DUALSTACK_CONNECT_H
#define DUALSTACK_CONNECT_H

#include <stdbool.h>
#include <sys/socket.h>

#include "client/destinations.h"

/* All are async-signal-safe and callable from any thread. errno is left alone, unless stated otherwise. */

/* Connects FD to ADDR, for which destination_find() has filled D, and to the other addresses if ADDR takes
 * too long or fails. Returns 0 or a negative errno, as connect(); -ENOSPC if there are no others, and then
 * does nothing. */
int connect_by_name(int fd, const struct sockaddr *addr, socklen_t len, struct destination *d);

/* Whether connect() of FD to ADDR would try more than one address. If so, data can't go with the first packet
 * (MSG_FASTOPEN, RFC 7413). */
bool connect_has_others(int fd, const struct sockaddr *addr, socklen_t len);

/* connect() of FD, whose connect is in progress. If FD blocks, it waits for that. Returns as
 * connect_by_name(). */
int connect_again(int fd, const struct sockaddr *addr, socklen_t len);

/* Whether a call with MSG_* FLAGS that sends or receives on FD can go to the kernel: no connect is in
 * progress. If that call may wait, this function waits, as long as the option TIMEOUT (SO_SNDTIMEO,
 * SO_RCVTIMEO) says. If false, errno is set. */
bool connect_settled(int fd, int flags, int timeout);

#endif

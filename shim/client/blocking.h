/* A connect() that blocks, and calls that wait for one that is in progress. Async-signal-safe, callable from
 * any thread; errno is left alone, except where it says that it is set. */
#ifndef DUALSTACK_BLOCKING_H
#define DUALSTACK_BLOCKING_H

#include <stdbool.h>
#include <sys/socket.h>

#include "client/lock.h"

/* Whether calls on FD wait. */
bool blocking_is(int fd);

/* connect() of the TCP socket FD, which blocks, to ADDR, for as long as the delay. Returns 0, or a negative
 * errno: -EINPROGRESS when that is over, or a signal has come that does not end it (signal(7)), and FD is on
 * its way. */
int blocking_try(int fd, const struct sockaddr *addr, socklen_t len);

/* Waits, as connect() does, until the connect that is in progress for the blocking FD has ended. SINCE: how
 * many ms it has been waited for already. Returns 0 when the kernel knows how it ended, the error if only the
 * library does, -EINPROGRESS when SO_SNDTIMEO is over, -EINTR, or -ENOENT when another thread has ended it.
 * HOLD holds back signals from then on (lock.h); the caller lets them in. */
int blocking_wait(int fd, unsigned since, struct lock_hold *hold);

/* Whether a call with MSG_* FLAGS that sends or receives on FD can go to the kernel, as no connect is in
 * progress. Where that call can wait, this does, for as long as the option TIMEOUT says (SO_SNDTIMEO,
 * SO_RCVTIMEO); else errno is set. */
bool connect_settled(int fd, int flags, int timeout);

#endif

/* A connect() that blocks, and calls that wait for a connect in progress. Async-signal-safe, callable from
 * any thread; errno is left alone unless stated otherwise. */
#ifndef DUALSTACK_BLOCKING_H
#define DUALSTACK_BLOCKING_H

#include <stdbool.h>
#include <sys/socket.h>

#include "client/lock.h"

/* Whether calls on FD wait. */
bool blocking_is(int fd);

/* Connects the TCP socket FD, which blocks, to ADDR, and waits no longer than the delay. Returns 0 or a
 * negative errno. With -EINPROGRESS, FD is on its way: the delay is over, or a signal has come that does not
 * end connect() (signal(7)). */
int blocking_try(int fd, const struct sockaddr *addr, socklen_t len);

/* Waits for what blocking_try() has left on its way, if nothing else is to be tried. Returns 0 or a
 * negative errno: -EALREADY when SO_SNDTIMEO is over. */
int blocking_go_on(int fd, const struct sockaddr *addr, socklen_t len);

/* Waits, as connect() does, until the connect in progress for the blocking FD has ended, as long as the
 * option TIMEOUT (SO_SNDTIMEO, SO_RCVTIMEO) says. The caller has already waited SINCE ms for it. Returns as
 * connects_ask(): with -EINPROGRESS, the time is over, and with -ENOENT another thread has ended it; or
 * -EINTR. HOLD holds back signals from then on (lock.h); the caller lets them in. */
int blocking_wait(int fd, int timeout, unsigned since, struct lock_hold *hold);

/* Whether a call with MSG_* FLAGS that sends or receives on FD can go to the kernel: no connect is in
 * progress. If that call may wait, this function waits, as long as the option TIMEOUT says. If false, errno
 * is set. */
bool connect_settled(int fd, int flags, int timeout);

#endif

/* One connect to the addresses of a name in turn (RFC 8305, 5): a state machine that waits for nothing.
 *
 * The program's descriptor holds, at any moment, a socket that is on its way, or what has become of it. The
 * other attempts, and the program's own socket while another one is in its place, are on descriptors of the
 * library's, all close-on-exec.
 *
 * To be called with the lock (lock.h); errno is undefined afterwards. */
#ifndef DUALSTACK_HAPPY_EYEBALLS_H
#define DUALSTACK_HAPPY_EYEBALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/destinations.h"
#include "client/eyeballs.h"

/* FD is about to connect to the first address of D, which the program's own socket can connect to; the rest
 * follows when that has failed or after the delay. Without the lock: nobody else knows E yet. */
void eyeballs_start(struct eyeballs *e, int fd, const struct destination *d);

/* Begins to connect FD to D, whose plan is complete. STARTED: the program's own socket is on its way to the
 * first address already, for as long as the delay, or, if ERROR is not 0, has failed with that. Returns
 * -EINPROGRESS, and E is used then; or the error of the address that was asked for, negative. */
int eyeballs_begin(struct eyeballs *e, int fd, const struct destination *d, bool started, int error);

/* E's first attempt is connected, in place, and no other has begun. Without the lock, by whoever alone knows
 * E. */
void eyeballs_finish(struct eyeballs *e);

/* Takes note of what has succeeded and failed, and begins what is due. FD is known to be a descriptor of the
 * socket in place, or -1. E may not be used any more afterwards. RESULT, unless NULL, is 0 if the program is
 * connected then, else the error of the address asked for, 0 if the kernel is to be asked for that. */
void eyeballs_step(struct eyeballs *e, int fd, int *result);

/* What the program sets on its descriptor, set on the others, too. */
void eyeballs_set(struct eyeballs *e, int level, int name, const void *value, socklen_t len);

/* Ends it: the program's descriptor keeps what it has, or with OWN the program's own socket. */
void eyeballs_end(struct eyeballs *e, bool own);

/* The program is about to close FIRST to LAST, or to put something else there. */
void eyeballs_leave(struct eyeballs *e, int first, int last);

/* The process is a child now: what its parent goes on with is closed, and begun anew when it is due. It is
 * over where a thread waited in connect(), which a child has not, and where the socket may be in an epoll
 * set, which both have: what is in place stays. */
void eyeballs_fork(struct eyeballs *e);

#endif

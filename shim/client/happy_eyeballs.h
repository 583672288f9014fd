/* One connect to the addresses of a name in turn (RFC 8305, 5): a state machine that waits for nothing.
 *
 * At any moment, the program's descriptor holds a socket that is on its way, or the outcome. The sockets of
 * the other attempts, and the program's own socket while another one is in its place, are on descriptors of
 * the library's, all close-on-exec.
 *
 * To be called with the lock (lock.h); errno is undefined afterwards. */
#ifndef DUALSTACK_HAPPY_EYEBALLS_H
#define DUALSTACK_HAPPY_EYEBALLS_H

#include <stdbool.h>

#include "client/attempts.h"
#include "client/destinations.h"

/* FD is about to connect to the first address of D with the program's own socket. The other addresses follow
 * when that has failed, or after the delay. Needs no lock, as no other thread knows E yet. */
void eyeballs_start(struct eyeballs *e, int fd, const struct destination *d);

/* Begins to connect FD to D. OWN is what became of the program's own socket: 0 if it
 * has not begun; -EINPROGRESS if it has been on its way to the first address for the delay; else the negative
 * errno with which it failed at once. Returns -EINPROGRESS, and E is in use then, or the kernel knows the
 * outcome; the negative errno of the address asked for; or -ENOSPC if there is nothing (else) to try. */
int eyeballs_begin(struct eyeballs *e, int fd, const struct destination *d, int own);

/* E's first attempt is connected and in place, and no other has begun. Needs no lock if the caller alone has
 * E. */
void eyeballs_finish(struct eyeballs *e);

/* Takes note of what has succeeded and failed, and begins what is due. FD is known to be a descriptor of the
 * socket in place, or -1. Returns -EINPROGRESS if E goes on. Else E is not in use any more, and the kernel
 * knows the outcome (0), or only the library does: the negative errno of the address asked for. */
int eyeballs_step(struct eyeballs *e, int fd);

/* The program has set an option on its descriptor: sets it on the other sockets, too. */
void eyeballs_set(struct eyeballs *e, int level, int name, const void *value, socklen_t len);

/* Ends E. The program's descriptor keeps its socket, or with OWN gets the program's own socket back. */
void eyeballs_end(struct eyeballs *e, bool own);

/* The program is about to close FIRST to LAST, or to put something else there. */
void eyeballs_leave(struct eyeballs *e, int first, int last);

/* The process is a forked child. It closes the attempts that its parent goes on with, and begins them anew
 * when they are due. E ends if FD blocks, as the thread that waits for it is the parent's, and if FD may be
 * in an epoll set, which both share. The socket in place stays. */
void eyeballs_fork(struct eyeballs *e);

#endif

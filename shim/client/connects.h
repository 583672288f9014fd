/* The connects in progress: a table of fixed size. A connect whose own address answers is entered and taken
 * out again without the lock, by the thread that claims its entry. Everything else is done under the lock
 * (lock.h), one entry after the other (happy_eyeballs.h).
 *
 * All of this is async-signal-safe and callable from any thread, and leaves errno alone. */
#ifndef DUALSTACK_CONNECTS_H
#define DUALSTACK_CONNECTS_H

#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "client/destinations.h"

/* Called once, when the library is loaded. ACTIVE: the library is active, so there may be connects in
 * progress. */
void connects_setup(bool active);

/* FD, which does not block, is about to connect to the first address of D with its own socket. To be called
 * before that, as another thread may hear of a failure at once. If connect() itself fails, the caller calls
 * connects_end(). Or FD blocks, and a signal has ended its connect(), which goes on. */
void connects_start(int fd, const struct destination *d);

/* As eyeballs_begin(). It returns -ENOSPC if no slot is left; then nothing was done. */
int connects_begin(int fd, const struct destination *d, int own);

/* Whether a connect of FD's socket may be in progress. */
bool connects_concern(int fd);

/* Goes on with FD's connect. Returns -EINPROGRESS if it goes on; then the kernel's answers about FD may be
 * wrong. If it has just ended, returns 0, or the negative errno that only the library knows; -ENOENT if there
 * was none. */
int connects_ask(int fd);

/* The kernel has reported events on FD, whose connect has FAILED or succeeded. Returns whether to hide them,
 * because the connect goes on with another address. */
bool connects_tell(int fd, bool failed);

/* The epoll set SET has reported COUNT EVENTS, failures among them; connects_changes was SINCE before the
 * call. Goes on with all connects whose socket in place has failed, and removes the events of sockets that
 * have been replaced. Returns how many events are left. */
int connects_sift(int set, struct epoll_event *events, int count, unsigned since);

/* Makes the program's epoll_ctl() on FD, and notes it, while no other socket can be put on FD. Sets errno. */
int connects_register(int set, int operation, int fd, struct epoll_event *event);

/* The program has set an option on FD: sets it on the other attempts, too. */
void connects_set(int fd, int level, int name, const void *value, socklen_t len);

/* Ends the connect of FD. FD keeps the socket in place, or with OWN gets the program's own socket back. */
void connects_end(int fd, bool own);

/* The program is about to close its descriptors FIRST to LAST, or to put something else there. A connect goes
 * on with another descriptor of the same socket if there is one, else it ends. */
void connects_leave(int first, int last);

#endif

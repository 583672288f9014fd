/* The connects in progress: a table of fixed size. A connect whose own address answers is entered and taken
 * out again without the lock, by whoever claims its entry; what is more is done under the lock (lock.h), for
 * one entry after the other (happy_eyeballs.h).
 *
 * All of this is async-signal-safe and callable from any thread, and leaves errno alone. */
#ifndef DUALSTACK_CONNECTS_H
#define DUALSTACK_CONNECTS_H

#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "client/destinations.h"

/* Called once, when the library is loaded; ACTIVE: there may be some. */
void connects_setup(bool active);

/* FD, which does not block, is about to connect to the first address of D, which its own socket can connect
 * to. Before it does: another thread may hear of its failure at once. If it fails at once, connects_end() is
 * due. */
void connects_start(int fd, const struct destination *d);

/* As eyeballs_begin(), and -ENOSPC where there is no slot left, and nothing was done. */
int connects_begin(int fd, const struct destination *d, bool started, int error);

/* Whether FD's connect is in progress still, looked after first. What the kernel says of FD is right if it is
 * not. ERROR, unless NULL, is the error of one that has just failed if only the library knows it, else 0; it
 * is left alone if there was none. */
bool connects_ask(int fd, int *error);

/* The kernel has told of events on FD, whose connect has FAILED or succeeded. Returns whether they are to be
 * hidden, as it goes on with another address. */
bool connects_tell(int fd, bool failed);

/* The epoll set SET has told of EVENTS, of failures among them, with connects_changes at SINCE before. Goes
 * on with all connects whose socket in place has failed, and takes the events of sockets out that another one
 * has been put in the place of. Returns how many of COUNT are left. */
int connects_sift(int set, struct epoll_event *events, int count, unsigned since);

/* The program's epoll_ctl() on FD, while it can't be moved from one socket to another. Sets errno. */
int connects_register(int set, int operation, int fd, struct epoll_event *event);

/* Sets on the other attempts what the program has set on FD. */
void connects_set(int fd, int level, int name, const void *value, socklen_t len);

/* Ends what is in progress for FD, which keeps the socket that is in place; with OWN, its own one. */
void connects_end(int fd, bool own);

/* The program is about to close its descriptors FIRST to LAST, or to put something else there: what is in
 * progress goes on with another descriptor of the same socket if there is one, else it ends. */
void connects_leave(int first, int last);

#endif

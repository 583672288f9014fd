/* Connecting to the addresses of a name in turn (RFC 8305, 5): a state machine that knows nothing of poll()
 * or epoll, and waits for nothing.
 *
 * The program's descriptor holds, at any moment, a socket that is on its way, or what has become of it: so
 * what the kernel says of it is right, but for the moment between a failure and the next call of
 * connects_advance(), which puts an attempt that is still on its way in the failed one's place. Other
 * attempts, and the program's own socket while it waits for its turn, are on descriptors of the library's,
 * all close-on-exec.
 *
 * All of this is async-signal-safe and callable from any thread, and leaves errno alone. */
#ifndef DUALSTACK_CONNECTS_H
#define DUALSTACK_CONNECTS_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/attempt.h"
#include "resolver/known_names.h"

enum {
	CONNECTS_SLOTS = 1024, /* connects in progress at the same time; more are tried in IPv4 alone */
};

/* Called once, when the library is loaded; ACTIVE: there may be some. */
void connects_setup(bool active);

/* Connects the program's socket FD, planned as in PLAN, to the addresses of LIST in turn; the one at ASKED is
 * what the program asked for, and its error is the program's. Returns -EINPROGRESS, or another negative errno
 * when none could even begin; then FD is what it was. -ENOSPC: there is no slot left, and nothing was done.
 */
int connects_begin(int fd, const struct attempt_plan *plan, const struct names_list *list, uint32_t asked);

/* Looks after every connect in progress: takes note of what has succeeded and failed, and begins what is due.
 */
void connects_advance(void);

/* A number that changes whenever a socket has been put on a program's descriptor. */
unsigned connects_changes(void);

enum connects_state {
	CONNECTS_NONE,  /* there is nothing in progress that the kernel does not know of */
	CONNECTS_GOING, /* in progress */
	CONNECTS_FAILED /* the program has yet to be told, and the kernel does not know the error */
};

/* How it is with FD at this moment, looked after first. With CONNECTS_FAILED, *ERROR is what to tell, once:
 * it is forgotten then. With ERROR NULL it is not told, and stays. */
enum connects_state connects_ask(int fd, int *error);

/* What the program set on FD, set on those that wait, too. */
void connects_set(int fd, int level, int name, const void *value, socklen_t len);

/* Ends what is in progress for FD, which keeps the socket that is in place; with AGAIN, its own one if that
 * can be had, unconnected. */
void connects_abandon(int fd, bool again);

/* The program is about to close its descriptors FIRST to LAST, or to put something else there: what is in
 * progress goes on with another descriptor of the same socket where there is one, and is ended else. */
void connects_leave(int first, int last);

/* Fills FDS, of ROOM, with what to wait for, and lowers *TIMEOUT, in ms, -1 for ever, to when
 * connects_advance() is to be called next; for FD alone, or for all where FD is -1. Returns how many of FDS
 * it filled. */
int connects_gather(int fd, struct pollfd *fds, int room, int *timeout);

/* Calls WHAT while no other thread puts a socket somewhere, which moves its registrations in epoll sets. It
 * must call nothing here. errno is as it leaves it. */
void connects_exclusively(void (*what)(void *arg), void *arg);

#endif

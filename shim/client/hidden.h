/* Sockets of attempts. Those on descriptors of the library's own are counted, so that close() finds them, and
 * watched in one epoll set while they are on their way. To be called with the lock (lock.h); errno is
 * undefined afterwards. */
#ifndef DUALSTACK_HIDDEN_H
#define DUALSTACK_HIDDEN_H

#include <stdbool.h>
#include <stdint.h>

struct hidden {
	int fd;          /* HIDDEN_NONE: there is none; HIDDEN_PLACE: it is on the program's descriptor */
	uint64_t cookie; /* of the socket there */
	bool watched;
	bool shared; /* the socket is a parent's, too */
};

enum { HIDDEN_NONE = -1, HIDDEN_PLACE = -2 };

/* H has the socket of COOKIE on FD from now on. */
void hidden_take(struct hidden *h, int fd, uint64_t cookie);

/* H's socket, which was on the program's descriptor, is on FD from now on. */
void hidden_move(struct hidden *h, int fd);

/* H has none any more, or HIDDEN_PLACE, as INSTEAD says; its descriptor is the caller's. */
void hidden_give(struct hidden *h, int instead);

/* Moves H's socket out of the program's way (hidden_number()). */
void hidden_settle(struct hidden *h);

/* Has the epoll set tell of H's socket with DATA; and no more. */
void hidden_watch(struct hidden *h, void *data);
void hidden_unwatch(struct hidden *h);

/* Whether H's socket is there still: the program may have closed it, and have something else there. */
bool hidden_is_there(const struct hidden *h);

/* Closes H's socket, which is there still. */
void hidden_drop(struct hidden *h);

/* Moves FD, a descriptor of the library's, out of the program's way: the program may reckon with the lowest
 * number that is free. Returns its number, the same where there is none that high. */
int hidden_number(int fd);

/* Returns a copy of FD out of the program's way, or anywhere; -1 with errno. */
int hidden_copy(int fd);

/* The epoll set, or -1 while nothing is watched. Any thread, without the lock. */
int hidden_set(void);

/* The set is no more, as somebody else has closed it. And: it is closed, as it is of no use, or a child's
 * copy of its parent's. */
void hidden_lose(void);
void hidden_fork(void);

#endif

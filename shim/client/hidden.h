/* Sockets of attempts. The library counts those on its own descriptors, so that close() finds them, and
 * watches them in one epoll set while they are on their way. To be called with the lock (lock.h); errno is
 * undefined afterwards. */
#ifndef DUALSTACK_HIDDEN_H
#define DUALSTACK_HIDDEN_H

#include <stdbool.h>
#include <stdint.h>

struct hidden {
	int fd;          /* HIDDEN_NONE: no socket; HIDDEN_PLACE: the program's descriptor */
	uint64_t cookie; /* of the socket on FD */
	bool watched;
	bool shared; /* the parent process has the socket, too */
};

enum { HIDDEN_NONE = -1, HIDDEN_PLACE = -2 };

/* H has the socket of COOKIE on FD from now on. */
void hidden_take(struct hidden *h, int fd, uint64_t cookie);

/* H's socket, which was on the program's descriptor, is on FD from now on. */
void hidden_move(struct hidden *h, int fd);

/* H becomes INSTEAD: HIDDEN_NONE or HIDDEN_PLACE. Its descriptor is the caller's. */
void hidden_give(struct hidden *h, int instead);

/* Moves H's socket out of the program's way (hidden_number()). */
void hidden_settle(struct hidden *h);

/* Registers H's socket in the epoll set with DATA; and removes it. */
void hidden_watch(struct hidden *h, void *data);
void hidden_unwatch(struct hidden *h);

/* Whether H's descriptor still has its socket: the program may have closed it, and put something else there.
 */
bool hidden_is_there(const struct hidden *h);

/* Closes H's socket, if it has one, which must still be there. */
void hidden_drop(struct hidden *h);

/* Moves FD, a descriptor of the library's, out of the program's way: the program may rely on getting the
 * lowest free number. Returns the new number, or FD if no high number is free. */
int hidden_number(int fd);

/* Returns a copy of FD, out of the program's way if possible; or -1 with errno. */
int hidden_copy(int fd);

/* The epoll set, or -1 while nothing is watched. Any thread, without the lock. */
int hidden_set(void);

/* hidden_lose() forgets the set, which the program has closed. hidden_fork() closes the set, which is of no
 * use, or is shared with the parent process. */
void hidden_lose(void);
void hidden_fork(void);

#endif

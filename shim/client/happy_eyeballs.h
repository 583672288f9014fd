/* One connect to the addresses of a name in turn (RFC 8305, 5): a state machine that waits for nothing. What
 * it does for the program's descriptor is said in connects.h, which has the table of them all.
 *
 * To be called with the turn (lock.h); errno is undefined afterwards. */
#ifndef DUALSTACK_HAPPY_EYEBALLS_H
#define DUALSTACK_HAPPY_EYEBALLS_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/attempt.h"
#include "resolver/known_names.h"

enum {
	EYEBALLS_GRACE =
	    2000, /* ms an attempt has once the one to the program's own IPv4 address has failed */
	EYEBALLS_PATIENCE =
	    250, /* ms after which whoever waits should look again, as other threads may have moved */
};

enum eyeballs_state { WAITING, GOING, FAILED, LANDED };

struct attempt {
	struct names_address to;
	enum eyeballs_state state;
	int fd;          /* a descriptor of ours; -2: the program's own has it; -1: none */
	uint64_t cookie; /* of the socket there (clone.h) */
	int error;       /* of one that failed; 0 where only the kernel knows it, for the program to find */
	bool local; /* that was this process's: there was no socket, or none that could be put in place */
	uint32_t began, ended; /* ms since the race's BEGAN */
};

struct eyeballs {
	uint64_t cookie;             /* of the socket on the program's descriptor */
	uint64_t own_cookie;         /* of the program's own socket */
	uint64_t began, due;         /* ms; DUE is when the next attempt begins */
	int fd;                      /* the program's descriptor */
	int own;                     /* the program's own socket while it waits: as in struct attempt */
	uint32_t count, asked, next; /* of attempts; NEXT is the first that has not begun */
	bool used;
	bool failed; /* all is over; what is left is to tell */
	char name[NAMES_TEXT];
	struct attempt_plan plan;
	struct attempt attempts[NAMES_ADDRESSES];
};

/* Changes whenever a socket has been put on a program's descriptor. */
extern _Atomic unsigned eyeballs_changes;

/* As connects_begin(). R is used afterwards if it returns -EINPROGRESS. */
int eyeballs_begin(struct eyeballs *r, int fd, const struct attempt_plan *plan, const struct names_list *list,
		   uint32_t asked);

/* Takes note of what has succeeded and failed, and begins what is due. R may not be used any more afterwards.
 */
void eyeballs_step(struct eyeballs *r);

/* Whether eyeballs_step() would have something to do. */
bool eyeballs_is_due(const struct eyeballs *r);

/* Fills FDS, of ROOM, with what to wait for, and lowers *TIMEOUT (connects_gather()). */
int eyeballs_gather(const struct eyeballs *r, struct pollfd *fds, int room, int *timeout);

/* The error of one that has failed and that the kernel does not know; then R is done with. */
int eyeballs_tell(struct eyeballs *r);

/* As connects_set(), connects_abandon() and connects_leave(). */
void eyeballs_set(struct eyeballs *r, int level, int name, const void *value, socklen_t len);
void eyeballs_abandon(struct eyeballs *r, bool again);
void eyeballs_leave(struct eyeballs *r, int first, int last);

#endif

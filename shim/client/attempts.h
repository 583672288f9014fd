/* The attempts of one connect, and their sockets. One socket is in place, on the program's descriptor. The
 * others are on descriptors of the library's, which are counted, so that close() finds them, and watched in
 * one epoll set while they are on their way. happy_eyeballs.c decides which attempt is next. */
#ifndef DUALSTACK_ATTEMPTS_H
#define DUALSTACK_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/attempt.h"
#include "client/destinations.h"
#include "resolver/known_names.h"
#include "socket/replace.h"

enum { ATTEMPTS_NONE = -1, ATTEMPTS_PLACE = -2 };

struct eyeballs_attempt {
	struct names_address to;
	int fd; /* of its socket; ATTEMPTS_NONE: no socket; ATTEMPTS_PLACE: the program's descriptor */
	uint64_t cookie;          /* of the socket */
	enum attempt_state state; /* never ATTEMPT_CONNECTED: the first attempt to succeed ends the connect */
	bool watched;
	bool shared;           /* the parent process has the socket, too */
	int error;             /* if it has failed; 0 if only the kernel knows the error */
	uint32_t began, ended; /* ms since BEGAN below */
};

/* One connect in progress. Its atomic members are also read by those that have not taken it, to see whether
 * there is something to do. */
struct eyeballs {
	_Atomic uint64_t cookie; /* of the socket on FD */
	_Atomic uint64_t due;    /* ms; when eyeballs_step() has something to do even if nothing happens */
	uint64_t began;          /* ms */
	struct attempt_plan plan;
	struct eyeballs_attempt attempts[DESTINATIONS_MOST + 1];
	int fd;              /* the program's descriptor; -1: E is free */
	uint32_t count;      /* of attempts; one more has the program's own socket if no attempt uses it */
	uint32_t own, asked; /* the attempts with the program's own socket, and to the address asked for */
	/* The program's registrations for FD since it began to connect. */
	struct replace_known registered;
	bool planned;   /* PLAN is complete */
	unsigned moved; /* connects_changes when a socket was last put on FD, or at the beginning */
	char name[NAMES_TEXT];
};

/* The caller has taken E (connects.c). Async-signal-safe; errno is undefined afterwards. */

/* E belongs to the program's descriptor FD from now on, or to none (-1). */
void attempts_set_fd(struct eyeballs *e, int fd);

/* Whether A has a descriptor of the library's, and that still has its socket: the program may have closed it,
 * and put something else there. */
bool attempts_is_there(const struct eyeballs_attempt *a);

/* Closes A's socket, if it has one of its own, which must still be there. */
void attempts_drop(struct eyeballs_attempt *a);

/* The descriptor of A's socket, or a negative number. */
int attempts_fd(const struct eyeballs *e, const struct eyeballs_attempt *a);

/* Closes the library's descriptors, and frees E. */
void attempts_forget(struct eyeballs *e);

/* Looks for another descriptor of the socket in place, outside FIRST to LAST. If there is one, E belongs to
 * it. */
bool attempts_move_away(struct eyeballs *e, int first, int last);

/* To be called first whenever E is taken up again. Returns whether the program still has the socket in place:
 * on FD, if the caller knows that (else -1), or on another descriptor. GONE, which may be NULL: whether the
 * program has closed a descriptor of the library's unseen, by a bare system call or from another thread; its
 * attempt waits again. */
bool attempts_check(struct eyeballs *e, int fd, bool *gone);

/* The attempt in place, or NULL. */
struct eyeballs_attempt *attempts_in_place(struct eyeballs *e);

/* Moves A's descriptor out of the program's way, and registers it in the library's epoll set. Does nothing
 * for the attempt in place, which the program watches itself. */
void attempts_watch(struct eyeballs *e, struct eyeballs_attempt *a);

/* Puts A's socket on the program's descriptor. The socket that was there moves to a descriptor of the
 * library's. With LAST it is not needed any more, and takes no descriptor: there may be none left. Returns 0
 * or a negative errno. */
int attempts_put(struct eyeballs *e, struct eyeballs_attempt *a, bool last);

/* The attempt whose socket the program gets if all fail: the one to the address that it asked for, or the
 * first if a rule leaves that address out. */
struct eyeballs_attempt *attempts_kept(struct eyeballs *e);

/* A has failed with ERROR, which its socket does not have; or with the error of its socket (0). If the socket
 * is in place, it keeps that for the program to find. */
void attempts_failed(struct eyeballs *e, struct eyeballs_attempt *a, int error);

/* Begins A, on the program's socket if A has it, else on a new one. Returns 0, or a negative errno if A has
 * failed. */
int attempts_begin(struct eyeballs *e, struct eyeballs_attempt *a);

/* The first attempt in STATE, or NULL. */
struct eyeballs_attempt *attempts_first(struct eyeballs *e, enum attempt_state state);

/* In a child of fork(), where E may be half changed: closes the library's descriptors, and counts nothing. */
void attempts_abandon(struct eyeballs *e);

/* Describes in LINE, of LOCK_LINE bytes (lock.h), what E's attempts have come to. WON is the one that is
 * connected, or NULL. */
void attempts_describe(const struct eyeballs *e, const struct eyeballs_attempt *won, char *line);

/* Moves FD, a descriptor of the library's, out of the program's way. Returns the new number, or FD if no high
 * number is free. */
int attempts_high(int fd);

/* The epoll set, or -1 while nothing is watched. Any thread, without the lock. */
int attempts_set(void);

/* Forgets the set, which the program has closed; and closes it, which is of no use, or is shared with the
 * parent process. With the lock. */
void attempts_lose_set(void);
void attempts_close_set(void);

#endif

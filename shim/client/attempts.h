/* The attempts of one connect and their sockets: one is in place, on the program's descriptor, the others
 * have descriptors of the library's (hidden.h). happy_eyeballs.c decides which comes next. */
#ifndef DUALSTACK_ATTEMPTS_H
#define DUALSTACK_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/eyeballs.h"

/* For who has taken E (connects.c). Async-signal-safe; errno is undefined afterwards. */

/* E is for the program's descriptor FD from now on, or for none (-1). */
void attempts_set_fd(struct eyeballs *e, int fd);

/* The descriptor that A's socket is on, or a negative number. */
int attempts_fd(const struct eyeballs *e, const struct eyeballs_attempt *a);

/* Closes what is the library's, and frees E. */
void attempts_forget(struct eyeballs *e);

/* Looks for another descriptor of the program's for the socket in place, not from FIRST to LAST. */
bool attempts_move_away(struct eyeballs *e, int first, int last);

/* To be called before anything else is done with an E that was left alone meanwhile. Returns whether the
 * program has the socket in place still, on FD as its caller knows (else -1) or where the program has moved
 * it to. Attempts whose descriptor the program has closed unseen, by a bare system call or from another
 * thread, are GONE: they wait again. */
bool attempts_check(struct eyeballs *e, int fd, bool *gone);

/* The one in place, or NULL. */
struct eyeballs_attempt *attempts_in_place(struct eyeballs *e);

/* Moves A's descriptor out of the program's way, and has the epoll set tell of A, unless a thread waits for
 * it in connect(), or in place the program does so itself. */
void attempts_watch(struct eyeballs *e, struct eyeballs_attempt *a);

/* Puts A's socket on the program's descriptor. What was there goes on to a descriptor of the library's; with
 * LAST it is not needed any more, and none is taken for it: there may be none left. Returns 0 or a negative
 * errno. */
int attempts_put(struct eyeballs *e, struct eyeballs_attempt *a, bool last);

/* A has failed with ERROR. */
void attempts_ended(struct eyeballs *e, struct eyeballs_attempt *a, int error);

/* The attempt whose socket the program is to have when all have failed: the one that it asked for, or the
 * first where a rule leaves that out. Its own socket could still connect there. */
struct eyeballs_attempt *attempts_kept(struct eyeballs *e);

/* A has failed. What failed in place keeps its error for the program to find. */
void attempts_failed(struct eyeballs *e, struct eyeballs_attempt *a);

/* The same with ERROR, which the program does not look for. */
void attempts_give_up(struct eyeballs *e, struct eyeballs_attempt *a, int error);

/* Begins A, on a socket of its own unless it has the program's. Returns 0, or a negative errno with A failed.
 */
int attempts_begin(struct eyeballs *e, struct eyeballs_attempt *a);

/* The first in STATE, in the order of the attempts, or NULL. */
struct eyeballs_attempt *attempts_first(struct eyeballs *e, enum eyeballs_state state);

/* The set that watches attempts is another one now. */
void attempts_rewatch(struct eyeballs *e);

/* In a child of fork(), where E may be in pieces: all that is the library's is closed, and nothing is
 * counted. */
void attempts_abandon(struct eyeballs *e);

#endif

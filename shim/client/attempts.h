/* The attempts of one connect, and their sockets. One socket is in place, on the program's descriptor; the
 * others are on descriptors of the library's (hidden.h). happy_eyeballs.c decides which attempt is next. */
#ifndef DUALSTACK_ATTEMPTS_H
#define DUALSTACK_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/eyeballs.h"

/* The caller has taken E (connects.c). Async-signal-safe; errno is undefined afterwards. */

/* E belongs to the program's descriptor FD from now on, or to none (-1). */
void attempts_set_fd(struct eyeballs *e, int fd);

/* The descriptor of A's socket, or a negative number. */
int attempts_fd(const struct eyeballs *e, const struct eyeballs_attempt *a);

/* Closes the library's descriptors, and frees E. */
void attempts_forget(struct eyeballs *e);

/* Looks for another descriptor of the socket in place, outside FIRST to LAST. If there is one, E belongs to
 * it. */
bool attempts_move_away(struct eyeballs *e, int first, int last);

/* To be called first whenever E is taken up again. Returns whether the program still has the socket in place:
 * on FD, if the caller knows that (else -1), or on another descriptor. GONE: the program has closed a
 * descriptor of the library's unseen, by a bare system call or from another thread; its attempt waits again.
 */
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

/* A has failed with ERROR. */
void attempts_ended(struct eyeballs *e, struct eyeballs_attempt *a, int error);

/* The attempt whose socket the program gets if all fail: the one to the address that it asked for, or the
 * first if a rule leaves that address out. */
struct eyeballs_attempt *attempts_kept(struct eyeballs *e);

/* A has failed. If its socket is in place, the socket keeps the error for the program to find. */
void attempts_failed(struct eyeballs *e, struct eyeballs_attempt *a);

/* A has failed with ERROR, which its socket does not have. */
void attempts_give_up(struct eyeballs *e, struct eyeballs_attempt *a, int error);

/* Begins A, on the program's socket if A has it, else on a new one. Returns 0, or a negative errno if A has
 * failed. */
int attempts_begin(struct eyeballs *e, struct eyeballs_attempt *a);

/* The first attempt in STATE, or NULL. */
struct eyeballs_attempt *attempts_first(struct eyeballs *e, enum eyeballs_state state);

/* Registers E's attempts in the library's new epoll set. */
void attempts_rewatch(struct eyeballs *e);

/* In a child of fork(), where E may be half changed: closes the library's descriptors, and counts nothing. */
void attempts_abandon(struct eyeballs *e);

#endif

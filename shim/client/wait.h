/* Waiting while a connect is in progress, for the program's descriptors and the library's together. Each
 * function takes, returns and sets errno to the same as its namesake in the C library, and is
 * async-signal-safe if that is. */
#ifndef DUALSTACK_WAIT_H
#define DUALSTACK_WAIT_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

/* A thread waits so many ms before it looks for what others have begun. */
enum { WAIT_PATIENCE = 250 };

/* Converts MS, as poll() and epoll_wait() take it, to a timeout of the functions here: T, or NULL for ever.
 */
static inline const struct timespec *wait_from_ms(int ms, struct timespec *t)
{
	if (ms < 0)
		return NULL;
	t->tv_sec = ms / 1000;
	t->tv_nsec = ms % 1000 * 1000000L;
	return t;
}

/* Whether the kernel accepts TIMEOUT; NULL, which means for ever, is valid. */
static inline bool wait_is_valid(const struct timespec *timeout)
{
	return !timeout || (timeout->tv_sec >= 0 && timeout->tv_nsec >= 0 && timeout->tv_nsec < 1000000000);
}

/* The end of TIMEOUT, which is valid and begins now, in ns as clock_ns(). NULL: WAIT_FOREVER. */
#define WAIT_FOREVER INT64_MAX
int64_t wait_end(const struct timespec *timeout);

/* Puts the time that is left until END into T, and returns T; NULL for ever. */
const struct timespec *wait_rest(int64_t end, struct timespec *t);

/* Waits once for FDS and the library's attempts, until END or the next attempt is due, at most
 * WAIT_PATIENCE. Returns as ppoll(). */
int wait_once(struct pollfd *fds, nfds_t count, int64_t end, const sigset_t *mask);

/* TIMEOUT: NULL for ever. MASK: NULL leaves the signal mask alone. */
int wait_poll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask);

/* LEFT may be NULL; else it is the rest of TIMEOUT. */
int wait_select(int count, fd_set *in, fd_set *out, fd_set *urgent, const struct timespec *timeout,
		const sigset_t *mask, struct timespec *left);

/* Waits until END, as wait_end(). TOLD events are in EVENTS already: SET reported them while another thread
 * connected, and connects_changes was SINCE before. Those that are out of date are removed, and the wait goes
 * on if none is left. */
int wait_epoll(int set, struct epoll_event *events, int most, int64_t end, const sigset_t *mask, int told,
	       unsigned since);

#endif

/* Waiting while a connect is in progress: what the program waits for, and what the library does, together.
 * Each is its namesake in the C library in what it takes, returns and sets errno to; async-signal-safe where
 * that is. */
#ifndef DUALSTACK_WAIT_H
#define DUALSTACK_WAIT_H

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

/* MS, of poll() and epoll_wait(), as a timeout of the functions here: T, or NULL for ever. */
static inline const struct timespec *wait_from_ms(int ms, struct timespec *t)
{
	if (ms < 0)
		return NULL;
	t->tv_sec = ms / 1000;
	t->tv_nsec = ms % 1000 * 1000000L;
	return t;
}

/* TIMEOUT: NULL for ever. MASK: NULL leaves the signal mask alone. */
int wait_poll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask);

/* LEFT, unless NULL, is what was left of TIMEOUT. */
int wait_select(int count, fd_set *in, fd_set *out, fd_set *urgent, const struct timespec *timeout,
		const sigset_t *mask, struct timespec *left);

/* TOLD: of how many events the set has told already, in EVENTS, while another thread connected, and with
 * connects_changes at SINCE before; those that are out of date are taken out, and if none is left the wait
 * goes on. */
int wait_epoll(int set, struct epoll_event *events, int most, const struct timespec *timeout,
	       const sigset_t *mask, int told, unsigned since);

#endif

/* poll(), select() and epoll_wait() while connects are in progress (connects.h): the same, but that waiting
 * looks after the attempts, and a descriptor on which one is in progress is not ready because one of them has
 * failed. To be called instead of the real ones when connects_pending(); with none they are the real ones.
 *
 * Callable from any thread and from signal handlers; results and errno as the real ones'. */
#ifndef DUALSTACK_WAIT_H
#define DUALSTACK_WAIT_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

/* ppoll(); with MASK NULL poll(). TIMEOUT NULL is for ever. */
int wait_poll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask);

/* pselect(). LEFT, unless NULL, is given what is left of the timeout, as select() on Linux does. */
int wait_select(int count, fd_set *in, fd_set *out, fd_set *urgent, const struct timespec *timeout,
		const sigset_t *mask, struct timespec *left);

/* epoll_pwait2(). */
int wait_epoll(int set, struct epoll_event *events, int most, const struct timespec *timeout,
	       const sigset_t *mask);

/* What a real epoll_wait() gave, which other threads may have begun to connect meanwhile: takes out what is
 * not to be seen, and returns how many events are left. */
int wait_sift(int set, struct epoll_event *events, int count);

/* Waits for the attempts of the program's descriptor FD alone, at most until the CLOCK_MONOTONIC time UNTIL
 * (NULL: for ever), as a blocking connect() does, and returns 0 when something has happened, or -EINTR when a
 * signal handler that calls for it has run: one without SA_RESTART, or any where STRICT (signal(7): with a
 * timeout). A cancellation point. */
int wait_wait(int fd, const struct timespec *until, bool strict);

#endif

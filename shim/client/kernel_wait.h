/* ppoll() and epoll_pwait() for programs that call poll() and epoll_wait(): a sandbox may permit those alone.
 */
#ifndef DUALSTACK_KERNEL_WAIT_H
#define DUALSTACK_KERNEL_WAIT_H

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <time.h>

#include "base/real.h"

/* Whether a call with this RESULT was refused. The kernel's own calls never fail so. */
static inline bool kernel_wait_refused(int result)
{
	return result < 0 && (errno == EPERM || errno == ENOSYS || errno == EACCES);
}

/* T in ms, rounded up; -1 for NULL, which means for ever. */
static inline int kernel_wait_ms(const struct timespec *t)
{
	if (!t)
		return -1;
	return t->tv_sec >= INT_MAX / 1000 ? INT_MAX
					   : (int)(t->tv_sec * 1000 + (t->tv_nsec + 999999) / 1000000);
}

/* The signal mask is the one that a refused call would have set. A signal that comes just before the wait
 * does not end it. */
static inline int kernel_poll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
			      const sigset_t *mask)
{
	int saved = errno, result = real.ppoll(fds, count, timeout, mask);
	sigset_t before;

	if (!kernel_wait_refused(result))
		return result;
	errno = saved;
	(void)pthread_sigmask(SIG_SETMASK, mask, &before);
	result = real.poll(fds, count, kernel_wait_ms(timeout));
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

static inline int kernel_epoll(int set, struct epoll_event *events, int most, int ms, const sigset_t *mask)
{
	int saved = errno, result;
	sigset_t before;

	if (!mask)
		return real.epoll_wait(set, events, most, ms);
	result = real.epoll_pwait(set, events, most, ms, mask);
	if (!kernel_wait_refused(result))
		return result;
	errno = saved;
	(void)pthread_sigmask(SIG_SETMASK, mask, &before);
	result = real.epoll_wait(set, events, most, ms);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

#endif

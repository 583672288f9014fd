/* poll() and select(). With no connect in progress, they cost one load and one branch more
 * (client/in_progress.h); the rest is out of line, so that no registers are saved for it. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>

#include "client/in_progress.h"
#include "client/wait.h"

/* Before the library is ready, connects_pending() is true. */
static int poll_pending(struct pollfd *fds, nfds_t count, int timeout)
{
	struct timespec t;

	hooks_start();
	if (!connects_pending())
		return real.poll(fds, count, timeout);
	return wait_poll(fds, count, wait_from_ms(timeout, &t), NULL);
}

int hook_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	if (connects_pending())
		return poll_pending(fds, count, timeout);
	return real.poll(fds, count, timeout);
}

static int ppoll_pending(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
			 const sigset_t *mask)
{
	hooks_start();
	return wait_poll(fds, count, timeout, mask);
}

int hook_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	if (connects_pending())
		return ppoll_pending(fds, count, timeout, mask);
	return real.ppoll(fds, count, timeout, mask);
}

/* _FORTIFY_SOURCE compiles poll() and ppoll() to these. */
int hook___poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t space)
{
	hooks_check(count, space / sizeof *fds);
	return hook_poll(fds, count, timeout);
}

int hook___ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
		     size_t space)
{
	hooks_check(count, space / sizeof *fds);
	return hook_ppoll(fds, count, timeout, mask);
}

RARE static int select_pending(int count, fd_set *in, fd_set *out, fd_set *urgent, struct timeval *timeout)
{
	struct timespec t, left;
	int result, error;

	hooks_start();
	if (!connects_pending() || (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0)))
		return real.select(count, in, out, urgent, timeout);
	if (timeout) {
		t.tv_sec = timeout->tv_sec + timeout->tv_usec / 1000000;
		t.tv_nsec = timeout->tv_usec % 1000000 * 1000;
		left = t;
	}
	result = wait_select(count, in, out, urgent, timeout ? &t : NULL, NULL, timeout ? &left : NULL);
	error = errno;
	/* Linux says how much was left (select(2), "Notes"). */
	if (timeout) {
		timeout->tv_sec = left.tv_sec;
		timeout->tv_usec = left.tv_nsec / 1000;
	}
	errno = error;
	return result;
}

int hook_select(int count, fd_set *in, fd_set *out, fd_set *urgent, struct timeval *timeout)
{
	if (connects_pending())
		return select_pending(count, in, out, urgent, timeout);
	return real.select(count, in, out, urgent, timeout);
}

int hook_pselect(int count, fd_set *in, fd_set *out, fd_set *urgent, const struct timespec *timeout,
		 const sigset_t *mask)
{
	if (connects_pending()) {
		hooks_start();
		return wait_select(count, in, out, urgent, timeout, mask, NULL);
	}
	return real.pselect(count, in, out, urgent, timeout, mask);
}

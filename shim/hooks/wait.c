/* Waiting. With no connect in progress this is one load and one branch (connects.h), and what is more is out
 * of line, so that no registers are saved for it. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <stdlib.h>
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>

#include "client/connects.h"
#include "client/in_progress.h"
#include "client/wait.h"
#define KNOWS_THREADS 1
#endif

static const struct timespec *from_ms(int ms, struct timespec *t)
{
	if (ms < 0)
		return NULL;
	t->tv_sec = ms / 1000;
	t->tv_nsec = ms % 1000 * 1000000L;
	return t;
}

/* Before the library is ready, connects_pending() says yes. */
static int poll_pending(struct pollfd *fds, nfds_t count, int timeout)
{
	struct timespec t;

	hooks_start();
	if (!connects_pending())
		return real.poll(fds, count, timeout);
	return wait_poll(fds, count, from_ms(timeout, &t), NULL);
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

/* What _FORTIFY_SOURCE compiles poll() to: SPACE is how large FDS is, as far as the compiler knows. The C
 * library's own ends a program that lies. */
int hook___poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t space)
{
	if (connects_pending() && space / sizeof *fds >= count)
		return poll_pending(fds, count, timeout);
	return real.__poll_chk ? real.__poll_chk(fds, count, timeout, space) : hook_poll(fds, count, timeout);
}

int hook___ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
		     size_t space)
{
	if (connects_pending() && space / sizeof *fds >= count)
		return ppoll_pending(fds, count, timeout, mask);
	return real.__ppoll_chk ? real.__ppoll_chk(fds, count, timeout, mask, space)
				: hook_ppoll(fds, count, timeout, mask);
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

struct registration {
	int set, operation, fd;
	struct epoll_event *event;
	int result;
};

static void epoll_register(void *arg)
{
	struct registration *r = arg;

	r->result = real.epoll_ctl(r->set, r->operation, r->fd, r->event);
}

/* Registrations are moved from one attempt to the next: not while the program changes them. */
static __attribute__((noinline)) int epoll_ctl_pending(int set, int operation, int fd,
						       struct epoll_event *event)
{
	struct registration r = {.set = set, .operation = operation, .fd = fd, .event = event};

	hooks_start();
	if (!connects_pending())
		return real.epoll_ctl(set, operation, fd, event);
	connects_exclusively(epoll_register, &r);
	return r.result;
}

int hook_epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
	if (connects_pending())
		return epoll_ctl_pending(set, operation, fd, event);
	return real.epoll_ctl(set, operation, fd, event);
}

/* Whether a wait can be left to the kernel: nothing is in progress, and no other thread can begin to connect
 * meanwhile. (A signal handler can, but ends the wait.) Not every C library tells. */
static bool is_still(void)
{
#ifdef KNOWS_THREADS
	return !connects_pending() && __libc_single_threaded;
#else
	return false;
#endif
}

/* Where another thread has begun to connect while this one waited, its events are looked through afterwards;
 * if none is left the wait goes on. */
static int sifted(int set, struct epoll_event *events, int result, int most, const struct timespec *timeout,
		  const sigset_t *mask)
{
	if (result <= 0 || !connects_pending())
		return result;
	result = wait_sift(set, events, result);
	return result ? result : wait_epoll(set, events, most, timeout, mask);
}

static __attribute__((noinline)) int epoll_pwait_watched(int set, struct epoll_event *events, int most,
							 int timeout, const sigset_t *mask)
{
	struct timespec t;
	int result;

	hooks_start();
	if (connects_pending())
		return wait_epoll(set, events, most, from_ms(timeout, &t), mask);
	result = real.epoll_pwait(set, events, most, timeout, mask);
	return sifted(set, events, result, most, from_ms(timeout, &t), mask);
}

int hook_epoll_pwait(int set, struct epoll_event *events, int most, int timeout, const sigset_t *mask)
{
	if (is_still())
		return real.epoll_pwait(set, events, most, timeout, mask);
	return epoll_pwait_watched(set, events, most, timeout, mask);
}

static __attribute__((noinline)) int epoll_wait_watched(int set, struct epoll_event *events, int most,
							int timeout)
{
	struct timespec t;
	int result;

	hooks_start();
	if (connects_pending())
		return wait_epoll(set, events, most, from_ms(timeout, &t), NULL);
	result = real.epoll_wait(set, events, most, timeout);
	return sifted(set, events, result, most, from_ms(timeout, &t), NULL);
}

int hook_epoll_wait(int set, struct epoll_event *events, int most, int timeout)
{
	if (is_still())
		return real.epoll_wait(set, events, most, timeout);
	return epoll_wait_watched(set, events, most, timeout);
}

static __attribute__((noinline)) int epoll_pwait2_watched(int set, struct epoll_event *events, int most,
							  const struct timespec *timeout,
							  const sigset_t *mask)
{
	int result;

	hooks_start();
	if (!real.epoll_pwait2) {
		errno = ENOSYS;
		return -1;
	}
	if (connects_pending() &&
	    (!timeout || (timeout->tv_sec >= 0 && timeout->tv_nsec >= 0 && timeout->tv_nsec < 1000000000)))
		return wait_epoll(set, events, most, timeout, mask);
	result = real.epoll_pwait2(set, events, most, timeout, mask);
	return sifted(set, events, result, most, timeout, mask);
}

int hook_epoll_pwait2(int set, struct epoll_event *events, int most, const struct timespec *timeout,
		      const sigset_t *mask)
{
	if (is_still() && real.epoll_pwait2)
		return real.epoll_pwait2(set, events, most, timeout, mask);
	return epoll_pwait2_watched(set, events, most, timeout, mask);
}

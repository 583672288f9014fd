/* Epoll sets. With no connect in progress, a wait costs one load and one branch more (client/in_progress.h);
 * the rest is out of line, so that no registers are saved for it. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>

#include "base/memory.h"
#include "base/threads.h"
#include "client/connects.h"
#include "client/in_progress.h"
#include "client/kernel_wait.h"
#include "client/wait.h"
#include "client/wake.h"
#include "socket/holdings.h"

int hook_epoll_create(int size)
{
	int set;

	hooks_start();
	set = real.epoll_create(size);
	if (set >= 0)
		holdings_note_set(set);
	return set;
}

int hook_epoll_create1(int flags)
{
	int set;

	hooks_start();
	set = real.epoll_create1(flags);
	if (set >= 0)
		holdings_note_set(set);
	return set;
}

RARE static int epoll_ctl_pending(int set, int operation, int fd, struct epoll_event *event)
{
	int result;

	hooks_start();
	if (!connects_pending() || !connects_maybe(fd) || !memory_readable(event, event ? sizeof *event : 0))
		return real.epoll_ctl(set, operation, fd, event);
	result = connects_register(set, operation, fd, event);
	if (result == 0 && operation != EPOLL_CTL_DEL)
		wake_waiter(set, event);
	return result;
}

int hook_epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
	holdings_note_set(set);
	if (operation == EPOLL_CTL_ADD)
		holdings_note_registration(fd);
	if (connects_pending())
		return epoll_ctl_pending(set, operation, fd, event);
	return real.epoll_ctl(set, operation, fd, event);
}

/* Whether a wait can be left to the kernel: nothing is in progress, and no other thread can begin to connect
 * meanwhile. (A signal handler can, but ends the wait.) */
static bool is_still(void)
{
	return !connects_pending() && threads_are_none();
}

/* If another thread has begun a connect during this wait, removes the events that are out of date; if none is
 * left, the wait goes on. CHANGES: connects_changes before the wait. */
static int sifted(int set, struct epoll_event *events, int result, int most, const struct timespec *timeout,
		  const sigset_t *mask, unsigned changes)
{
	if (result <= 0 || (!connects_pending() && atomic_load(&connects_changes) == changes))
		return result;
	return wait_epoll(set, events, most, timeout, mask, result, changes);
}

static __attribute__((noinline)) int epoll_pwait_watched(int set, struct epoll_event *events, int most,
							 int timeout, const sigset_t *mask)
{
	const unsigned changes = atomic_load(&connects_changes);
	struct timespec t;
	int result;

	hooks_start();
	if (connects_pending())
		return wait_epoll(set, events, most, wait_from_ms(timeout, &t), mask, 0, changes);
	wake_begin();
	result = kernel_epoll(set, events, most, timeout, mask);
	wake_end();
	return sifted(set, events, result, most, wait_from_ms(timeout, &t), mask, changes);
}

int hook_epoll_pwait(int set, struct epoll_event *events, int most, int timeout, const sigset_t *mask)
{
	if (is_still())
		return real.epoll_pwait(set, events, most, timeout, mask);
	return epoll_pwait_watched(set, events, most, timeout, mask);
}

int hook_epoll_wait(int set, struct epoll_event *events, int most, int timeout)
{
	if (is_still())
		return real.epoll_wait(set, events, most, timeout);
	/* Without a mask, both calls are the same (epoll_wait(2)). */
	return epoll_pwait_watched(set, events, most, timeout, NULL);
}

static __attribute__((noinline)) int epoll_pwait2_watched(int set, struct epoll_event *events, int most,
							  const struct timespec *timeout,
							  const sigset_t *mask)
{
	const unsigned changes = atomic_load(&connects_changes);
	int result;

	hooks_start();
	if (!real.epoll_pwait2) {
		errno = ENOSYS;
		return -1;
	}
	if (connects_pending() &&
	    (!timeout || (timeout->tv_sec >= 0 && timeout->tv_nsec >= 0 && timeout->tv_nsec < 1000000000)))
		return wait_epoll(set, events, most, timeout, mask, 0, changes);
	wake_begin();
	result = real.epoll_pwait2(set, events, most, timeout, mask);
	wake_end();
	return sifted(set, events, result, most, timeout, mask, changes);
}

int hook_epoll_pwait2(int set, struct epoll_event *events, int most, const struct timespec *timeout,
		      const sigset_t *mask)
{
	if (is_still() && real.epoll_pwait2)
		return real.epoll_pwait2(set, events, most, timeout, mask);
	return epoll_pwait2_watched(set, events, most, timeout, mask);
}

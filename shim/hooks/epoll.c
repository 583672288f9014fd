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
	holdings_note_set(set);
	return set;
}

int hook_epoll_create1(int flags)
{
	int set;

	hooks_start();
	set = real.epoll_create1(flags);
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

/* Waits for MS, which are TIMEOUT, or if MS is NULL, for TIMEOUT. If another thread begins a connect during
 * the wait, removes the events that are out of date; if none is left, the wait goes on. */
static __attribute__((noinline)) int watch(int set, struct epoll_event *events, int most, const int *ms,
					   const struct timespec *timeout, const sigset_t *mask)
{
	const bool valid = wait_is_valid(timeout);
	const int64_t end = valid ? wait_end(timeout) : 0;
	const unsigned changes = atomic_load(&connects_changes);
	int result;

	hooks_start();
	if (!ms && !real.epoll_pwait2)
		return hooks_fail(-ENOSYS);
	if (connects_pending() && valid)
		return wait_epoll(set, events, most, end, mask, 0, changes);
	wake_begin();
	result = ms ? kernel_epoll(set, events, most, *ms, mask)
		    : real.epoll_pwait2(set, events, most, timeout, mask);
	wake_end();
	if (result <= 0 ||
	    (!connects_pending() && !wake_under_way && atomic_load(&connects_changes) == changes))
		return result;
	return wait_epoll(set, events, most, end, mask, result, changes);
}

static __attribute__((noinline)) int watch_ms(int set, struct epoll_event *events, int most, int timeout,
					      const sigset_t *mask)
{
	struct timespec t;

	return watch(set, events, most, &timeout, wait_from_ms(timeout, &t), mask);
}

int hook_epoll_pwait(int set, struct epoll_event *events, int most, int timeout, const sigset_t *mask)
{
	if (is_still())
		return real.epoll_pwait(set, events, most, timeout, mask);
	return watch_ms(set, events, most, timeout, mask);
}

int hook_epoll_wait(int set, struct epoll_event *events, int most, int timeout)
{
	if (is_still())
		return real.epoll_wait(set, events, most, timeout);
	/* Without a mask, both calls are the same (epoll_wait(2)). */
	return watch_ms(set, events, most, timeout, NULL);
}

int hook_epoll_pwait2(int set, struct epoll_event *events, int most, const struct timespec *timeout,
		      const sigset_t *mask)
{
	if (is_still() && real.epoll_pwait2)
		return real.epoll_pwait2(set, events, most, timeout, mask);
	return watch(set, events, most, NULL, timeout, mask);
}

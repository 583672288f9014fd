/* Calls that take a descriptor away, also from a connect in progress. With none in progress, they cost a few
 * loads and branches more (connects.h, mark.h). */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <limits.h>

#include "client/connects.h"
#include "client/in_progress.h"

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif

/* Before the library is ready, connects_pending() is true. */
RARE static void leave(int first, int last)
{
	hooks_start();
	if (connects_pending() && (first != last || connects_maybe(first)))
		connects_leave(first, last);
}

int hook_close(int fd)
{
	if (connects_pending())
		leave(fd, fd);
	mark_closing(fd, fd);
	return real.close(fd);
}

int hook_close_range(unsigned first, unsigned last, int flags)
{
	if (connects_pending() && !((unsigned)flags & ~CLOSE_RANGE_UNSHARE) && first <= last &&
	    first <= INT_MAX)
		leave((int)first, last <= INT_MAX ? (int)last : INT_MAX);
	else
		hooks_start();
	mark_closing(0, INT_MAX);
	return real.close_range ? real.close_range(first, last, flags) : hooks_fail(-ENOSYS);
}

void hook_closefrom(int first)
{
	if (connects_pending())
		leave(first, INT_MAX);
	mark_closing(0, INT_MAX);
	if (real.closefrom)
		real.closefrom(first);
	else
		(void)hook_close_range((unsigned)first, ~0U, 0);
}

/* Ends the connect in progress, whichever attempt the descriptor has. */
int hook_shutdown(int fd, int how)
{
	hooks_start();
	if (connects_pending())
		connects_end(fd, false);
	return real.shutdown(fd, how);
}

/* What takes a descriptor away from a connect in progress. With none in progress this is one load and one
 * branch (connects.h). */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "client/connects.h"
#include "client/in_progress.h"

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif

/* Before the library is ready, connects_pending() says yes. */
RARE static void leave(int first, int last)
{
	hooks_start();
	if (connects_pending())
		connects_leave(first, last);
}

int hook_close(int fd)
{
	if (connects_pending())
		leave(fd, fd);
	return real.close(fd);
}

/* A call that will fail leaves TO as it is. */
RARE static void replace(int fd, int to, int flags)
{
	hooks_start();
	if (fd != to && !(flags & ~O_CLOEXEC) && fcntl(fd, F_GETFD) >= 0)
		leave(to, to);
}

int hook_dup2(int fd, int to)
{
	if (connects_pending())
		replace(fd, to, 0);
	return real.dup2(fd, to);
}

int hook_dup3(int fd, int to, int flags)
{
	if (connects_pending())
		replace(fd, to, flags);
	return real.dup3(fd, to, flags);
}

int hook_close_range(unsigned first, unsigned last, int flags)
{
	if (connects_pending() && !((unsigned)flags & ~CLOSE_RANGE_UNSHARE) && first <= last &&
	    first <= INT_MAX)
		leave((int)first, last <= INT_MAX ? (int)last : INT_MAX);
	else
		hooks_start();
	if (real.close_range)
		return real.close_range(first, last, flags);
	errno = ENOSYS;
	return -1;
}

void hook_closefrom(int first)
{
	if (connects_pending())
		leave(first, INT_MAX);
	if (real.closefrom)
		real.closefrom(first);
	else
		(void)hook_close_range((unsigned)first, ~0U, 0);
}

/* What is in progress is ended with it, whichever attempt the descriptor has. */
int hook_shutdown(int fd, int how)
{
	hooks_start();
	if (connects_pending())
		connects_abandon(fd, false);
	return real.shutdown(fd, how);
}

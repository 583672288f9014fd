/* Calls that take a descriptor away, also from a connect in progress, or copy one. With none in progress,
 * they cost a few loads and branches more (connects.h, mark.h). */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "base/sys.h"
#include "client/connects.h"
#include "client/in_progress.h"
#include "socket/holdings.h"
#include "socket/options.h"

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
	if (connects_pending() && how >= SHUT_RD && how <= SHUT_RDWR)
		connects_end(fd, false);
	return real.shutdown(fd, how);
}

/* The library notes that a socket may have more than one descriptor (socket/holdings.h). */
static int copied(int fd, int to)
{
	if (to >= 0) {
		mark_stale(to);
		holdings_note_duplicate(fd, to);
	}
	return to;
}

int hook_dup(int fd)
{
	hooks_start();
	return copied(fd, real.dup(fd));
}

/* A call that fails leaves TO as it is. */
RARE static void replaced(int fd, int to, int flags)
{
	hooks_start();
	if (connects_pending() && connects_maybe(to) && fd != to && !(flags & ~O_CLOEXEC) &&
	    sys_fcntl(fd, F_GETFD, 0) >= 0)
		connects_leave(to, to);
}

int hook_dup2(int fd, int to)
{
	if (connects_pending())
		replaced(fd, to, 0);
	return copied(fd, real.dup2(fd, to));
}

int hook_dup3(int fd, int to, int flags)
{
	if (connects_pending())
		replaced(fd, to, flags);
	return copied(fd, real.dup3(fd, to, flags));
}

int hook_pidfd_getfd(int process, int fd, unsigned flags)
{
	int result;

	hooks_start();
	result = real.pidfd_getfd ? real.pidfd_getfd(process, fd, flags) : hooks_fail(-ENOSYS);
	if (result >= 0)
		hooks_expect_passed(result);
	return result;
}

static int do_fcntl(__typeof__(real.fcntl) call, int fd, int command, void *arg)
{
	int result = call(fd, command, arg);

	if (command == F_SETOWN || command == F_SETOWN_EX || command == F_SETSIG)
		options_note_owner();
	return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? copied(fd, result) : result;
}

int hook_fcntl(int fd, int command, ...)
{
	hooks_start();
	return do_fcntl(real.fcntl, fd, command, HOOKS_ARGUMENT(command));
}

int hook_fcntl64(int fd, int command, ...)
{
	hooks_start();
	return do_fcntl(real.fcntl64 ? real.fcntl64 : real.fcntl, fd, command, HOOKS_ARGUMENT(command));
}

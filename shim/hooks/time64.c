/* The calls that programs with a 64-bit time_t make on 32-bit machines. The library itself is built with the
 * C library's own time_t, as a function is identified by its name in the object (hooks.h). glibc's extra work
 * in functions such as __recvmsg64() is for kernels before 5.1, which knew 32 bits only. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#if __SIZEOF_LONG__ == 4
#include <errno.h>
#include <limits.h>

#include "base/memory.h"

/* As in the headers of both C libraries. */
struct timespec64 {
	int64_t tv_sec;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	int : 32;
#endif
	long tv_nsec;
#if __BYTE_ORDER__ != __ORDER_BIG_ENDIAN__
	int : 32;
#endif
};

struct timeval64 {
	int64_t tv_sec, tv_usec;
};

/* Values out of range stay so: more than 68 years, or a bad fraction of a second. */
static long shortened(int64_t number)
{
	return number > LONG_MAX ? LONG_MAX : number < LONG_MIN ? LONG_MIN : (long)number;
}

/* Puts FROM into TO. Returns TO, or NULL for NULL. */
static struct timespec *timeout_of(const struct timespec64 *from, struct timespec *to)
{
	if (!from)
		return NULL;
	*to = (struct timespec){.tv_sec = shortened(from->tv_sec), .tv_nsec = from->tv_nsec};
	return to;
}

/* Calls that differ in their names, and in the TIME that they may have. */
#define HOOK(type, name, params)
#define SAME(type, name, as, params, args) \
	type hook_##name params            \
	{                                  \
		return hook_##as args;     \
	}
#define TIME(timeout) timeout_of(timeout, &(struct timespec){0, 0})
#include "hooks/hooks.def"

int hook___ioctl_time64(int fd, unsigned long request, ...)
{
	return hook_ioctl(fd, request, HOOKS_ARGUMENT(request));
}

int hook___fcntl_time64(int fd, int command, ...)
{
	return hook_fcntl64(fd, command, HOOKS_ARGUMENT(command));
}

/* The kernel leaves the rest of the time in TIMEOUT. */
int hook___recvmmsg64(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec64 *timeout)
{
	struct timespec t;
	int result;

	if (timeout && !memory_writable(timeout, sizeof *timeout))
		return hooks_fail(-EFAULT);
	result = hook_recvmmsg(fd, messages, count, flags, timeout_of(timeout, &t));
	if (timeout) {
		timeout->tv_sec = t.tv_sec;
		timeout->tv_nsec = t.tv_nsec;
	}
	return result;
}

/* Linux says how much was left (select(2), "Notes"). */
int hook___select64(int count, fd_set *in, fd_set *out, fd_set *urgent, struct timeval64 *timeout)
{
	struct timeval t;
	int result;

	if (!timeout)
		return hook_select(count, in, out, urgent, NULL);
	t.tv_sec = shortened(timeout->tv_sec);
	t.tv_usec = shortened(timeout->tv_usec);
	result = hook_select(count, in, out, urgent, &t);
	timeout->tv_sec = t.tv_sec;
	timeout->tv_usec = t.tv_usec;
	return result;
}

int hook___epoll_pwait2_time64(int set, struct epoll_event *events, int most,
			       const struct timespec64 *timeout, const sigset_t *mask)
{
	if (timeout && !memory_readable(timeout, sizeof *timeout))
		return hooks_fail(-EFAULT);
	return hook_epoll_pwait2(set, events, most, TIME(timeout), mask);
}
#endif

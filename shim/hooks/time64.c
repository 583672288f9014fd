/* The calls that programs with a 64-bit time_t make on 32-bit machines. The library itself is built with the
 * C library's own time_t, as a function is identified by its name in the object (hooks.h). glibc's extra work
 * in functions such as __recvmsg64() is for kernels before 5.1, which knew 32 bits only. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#if __SIZEOF_LONG__ == 4
#include <errno.h>
#include <limits.h>
#include <stdarg.h>

#include "base/memory.h"
#include "client/in_progress.h"

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

int hook___getsockopt64(int fd, int level, int name, void *value, socklen_t *len)
{
	return hook_getsockopt(fd, level, name, value, len);
}

int hook___setsockopt64(int fd, int level, int name, const void *value, socklen_t len)
{
	return hook_setsockopt(fd, level, name, value, len);
}

int hook___ioctl_time64(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	return hook_ioctl(fd, request, arg);
}

int hook___fcntl_time64(int fd, int command, ...)
{
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	return hook_fcntl64(fd, command, arg);
}

ssize_t hook___sendmsg64(int fd, const struct msghdr *message, int flags)
{
	return hook_sendmsg(fd, message, flags);
}

int hook___sendmmsg64(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	return hook_sendmmsg(fd, messages, count, flags);
}

ssize_t hook___recvmsg64(int fd, struct msghdr *message, int flags)
{
	return hook_recvmsg(fd, message, flags);
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

int hook___recvmmsg_time64(int fd, struct mmsghdr *messages, unsigned count, int flags,
			   struct timespec64 *timeout)
{
	return hook___recvmmsg64(fd, messages, count, flags, timeout);
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

int hook___select_time64(int count, fd_set *in, fd_set *out, fd_set *urgent, struct timeval64 *timeout)
{
	return hook___select64(count, in, out, urgent, timeout);
}

int hook___pselect64(int count, fd_set *in, fd_set *out, fd_set *urgent, const struct timespec64 *timeout,
		     const sigset_t *mask)
{
	struct timespec t;

	return hook_pselect(count, in, out, urgent, timeout_of(timeout, &t), mask);
}

int hook___pselect_time64(int count, fd_set *in, fd_set *out, fd_set *urgent,
			  const struct timespec64 *timeout, const sigset_t *mask)
{
	return hook___pselect64(count, in, out, urgent, timeout, mask);
}

int hook___ppoll64(struct pollfd *fds, nfds_t count, const struct timespec64 *timeout, const sigset_t *mask)
{
	struct timespec t;

	return hook_ppoll(fds, count, timeout_of(timeout, &t), mask);
}

int hook___ppoll_time64(struct pollfd *fds, nfds_t count, const struct timespec64 *timeout,
			const sigset_t *mask)
{
	return hook___ppoll64(fds, count, timeout, mask);
}

int hook___ppoll64_chk(struct pollfd *fds, nfds_t count, const struct timespec64 *timeout,
		       const sigset_t *mask, size_t space)
{
	struct timespec t;

	return hook___ppoll_chk(fds, count, timeout_of(timeout, &t), mask, space);
}

int hook___epoll_pwait2_time64(int set, struct epoll_event *events, int most,
			       const struct timespec64 *timeout, const sigset_t *mask)
{
	struct timespec t;

	if (timeout && !memory_readable(timeout, sizeof *timeout))
		return hooks_fail(-EFAULT);
	return hook_epoll_pwait2(set, events, most, timeout_of(timeout, &t), mask);
}

#ifdef __GLIBC__
int hook___gai_suspend_time64(const struct gaicb *const *list, int count, const struct timespec64 *timeout)
{
	struct timespec t;

	return hook_gai_suspend(list, count, timeout_of(timeout, &t));
}
#endif
#endif

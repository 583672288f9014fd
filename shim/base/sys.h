/* System calls that are no cancellation points. bind(), listen(), setsockopt() and the exec family are none
 * (pthreads(7)), so the library must not call one inside them. Async-signal-safe; errno is the call's. */
#ifndef DUALSTACK_SYS_H
#define DUALSTACK_SYS_H

#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static inline int sys_open(const char *path, int flags, mode_t mode)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode);
}

static inline ssize_t sys_read(int fd, void *data, size_t size)
{
	return syscall(SYS_read, fd, data, size);
}

static inline ssize_t sys_write(int fd, const void *data, size_t size)
{
	return syscall(SYS_write, fd, data, size);
}

/* Not fcntl(3), which the library interposes. */
static inline int sys_fcntl(int fd, int command, long arg)
{
#ifdef SYS_fcntl64
	return (int)syscall(SYS_fcntl64, fd, command, arg);
#else
	return (int)syscall(SYS_fcntl, fd, command, arg);
#endif
}

struct sockaddr;
static inline int sys_connect(int fd, const struct sockaddr *to, unsigned len)
{
	return (int)syscall(SYS_connect, fd, to, len);
}

static inline int sys_close(int fd)
{
	return (int)syscall(SYS_close, fd);
}

/* poll(2) that does not wait; ppoll(2) costs half as much again. More than the limit on open files are
 * EINVAL. */
struct pollfd;
static inline int sys_poll(struct pollfd *fds, unsigned count)
{
#ifdef SYS_poll
	return (int)syscall(SYS_poll, fds, count, 0);
#else
	const long at_once[2] = {0, 0};

	return (int)syscall(SYS_ppoll, fds, count, at_once, NULL, 0);
#endif
}

#endif

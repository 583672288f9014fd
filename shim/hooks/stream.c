/* Reading and writing. While a connect is in progress, the descriptor behaves so, even if the attempt that it
 * holds has failed. If none is in progress, a call costs one load and one branch more (connects.h). */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <stdint.h>

#include "client/in_progress.h"
#include "server/widen.h"

/* Before the library is ready, connects_pending() is true. */
RARE static bool to_kernel(int fd, int flags, int timeout)
{
	hooks_start();
	return !connects_pending() || connect_settled(fd, flags, timeout);
}

ssize_t hook_send(int fd, const void *data, size_t size, int flags)
{
	if (connects_pending() && !to_kernel(fd, flags, SO_SNDTIMEO))
		return -1;
	return real.send(fd, data, size, flags);
}

/* _FORTIFY_SOURCE compiles recv() and read() to __recv_chk() and __read_chk(). SPACE is the size of DATA as
 * far as the compiler knows. */
#define UNKNOWN SIZE_MAX

static ssize_t call_recv(int fd, void *data, size_t size, size_t space, int flags)
{
	return space != UNKNOWN && real.__recv_chk ? real.__recv_chk(fd, data, size, space, flags)
						   : real.recv(fd, data, size, flags);
}

static ssize_t do_recv(int fd, void *data, size_t size, size_t space, int flags)
{
	unsigned before = widen_before();
	ssize_t result;

	if (connects_pending() && !to_kernel(fd, flags, SO_RCVTIMEO))
		return -1;
	result = call_recv(fd, data, size, space, flags);
	return result == 0 && widen_woke(fd, before) ? call_recv(fd, data, size, space, flags) : result;
}

ssize_t hook_recv(int fd, void *data, size_t size, int flags)
{
	return do_recv(fd, data, size, UNKNOWN, flags);
}

ssize_t hook___recv_chk(int fd, void *data, size_t size, size_t space, int flags)
{
	return do_recv(fd, data, size, space, flags);
}

static ssize_t call_read(int fd, void *data, size_t size, size_t space)
{
	return space != UNKNOWN && real.__read_chk ? real.__read_chk(fd, data, size, space)
						   : real.read(fd, data, size);
}

static ssize_t do_read(int fd, void *data, size_t size, size_t space)
{
	unsigned before = widen_before();
	ssize_t result;

	if (connects_pending() && !to_kernel(fd, 0, SO_RCVTIMEO))
		return -1;
	result = call_read(fd, data, size, space);
	return result == 0 && widen_woke(fd, before) ? call_read(fd, data, size, space) : result;
}

ssize_t hook_read(int fd, void *data, size_t size)
{
	return do_read(fd, data, size, UNKNOWN);
}

ssize_t hook___read_chk(int fd, void *data, size_t size, size_t space)
{
	return do_read(fd, data, size, space);
}

ssize_t hook_write(int fd, const void *data, size_t size)
{
	if (connects_pending() && !to_kernel(fd, 0, SO_SNDTIMEO))
		return -1;
	return real.write(fd, data, size);
}

ssize_t hook_readv(int fd, const struct iovec *pieces, int count)
{
	unsigned before = widen_before();
	ssize_t result;

	if (connects_pending() && !to_kernel(fd, 0, SO_RCVTIMEO))
		return -1;
	result = real.readv(fd, pieces, count);
	return result == 0 && widen_woke(fd, before) ? real.readv(fd, pieces, count) : result;
}

ssize_t hook_writev(int fd, const struct iovec *pieces, int count)
{
	if (connects_pending() && !to_kernel(fd, 0, SO_SNDTIMEO))
		return -1;
	return real.writev(fd, pieces, count);
}

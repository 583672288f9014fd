/* Reading and writing. A descriptor with a connect in progress behaves like one, whatever has become of the
 * attempt that it holds at this moment. If none is in progress, a call costs one load and one branch more
 * (connects.h). */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include "client/in_progress.h"

/* Before the library is ready, connects_pending() says yes. */
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

ssize_t hook_recv(int fd, void *data, size_t size, int flags)
{
	if (connects_pending() && !to_kernel(fd, flags, SO_RCVTIMEO))
		return -1;
	return real.recv(fd, data, size, flags);
}

/* _FORTIFY_SOURCE compiles recv() and read() to these. SPACE is the size of DATA as far as the compiler
 * knows. */
ssize_t hook___recv_chk(int fd, void *data, size_t size, size_t space, int flags)
{
	if (connects_pending() && !to_kernel(fd, flags, SO_RCVTIMEO))
		return -1;
	return real.__recv_chk ? real.__recv_chk(fd, data, size, space, flags)
			       : real.recv(fd, data, size, flags);
}

ssize_t hook_read(int fd, void *data, size_t size)
{
	if (connects_pending() && !to_kernel(fd, 0, SO_RCVTIMEO))
		return -1;
	return real.read(fd, data, size);
}

ssize_t hook___read_chk(int fd, void *data, size_t size, size_t space)
{
	if (connects_pending() && !to_kernel(fd, 0, SO_RCVTIMEO))
		return -1;
	return real.__read_chk ? real.__read_chk(fd, data, size, space) : real.read(fd, data, size);
}

ssize_t hook_write(int fd, const void *data, size_t size)
{
	if (connects_pending() && !to_kernel(fd, 0, SO_SNDTIMEO))
		return -1;
	return real.write(fd, data, size);
}

ssize_t hook_readv(int fd, const struct iovec *pieces, int count)
{
	if (connects_pending() && !to_kernel(fd, 0, SO_RCVTIMEO))
		return -1;
	return real.readv(fd, pieces, count);
}

ssize_t hook_writev(int fd, const struct iovec *pieces, int count)
{
	if (connects_pending() && !to_kernel(fd, 0, SO_SNDTIMEO))
		return -1;
	return real.writev(fd, pieces, count);
}

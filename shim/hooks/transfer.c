/* Calls that write to a socket from another descriptor (stream.c). If its connect is in progress, they report
 * that. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>

#include "client/in_progress.h"

RARE static bool to_kernel(int fd)
{
	hooks_start();
	return !connects_pending() || connect_settled(fd, 0, SO_SNDTIMEO);
}

ssize_t hook_sendfile(int to, int from, off_t *offset, size_t size)
{
	if (connects_pending() && !to_kernel(to))
		return -1;
	return real.sendfile(to, from, offset, size);
}

ssize_t hook_sendfile64(int to, int from, int64_t *offset, size_t size)
{
	if (connects_pending() && !to_kernel(to))
		return -1;
	return real.sendfile64 ? real.sendfile64(to, from, offset, size)
			       : real.sendfile(to, from, (off_t *)offset, size);
}

ssize_t hook_splice(int from, int64_t *from_offset, int to, int64_t *to_offset, size_t size, unsigned flags)
{
	if (connects_pending() && !to_kernel(to))
		return -1;
	return real.splice(from, from_offset, to, to_offset, size, flags);
}

ssize_t hook_pwritev2(int fd, const struct iovec *pieces, int count, off_t offset, int flags)
{
	if (connects_pending() && !to_kernel(fd))
		return -1;
	if (real.pwritev2)
		return real.pwritev2(fd, pieces, count, offset, flags);
	errno = ENOSYS;
	return -1;
}

ssize_t hook_pwritev64v2(int fd, const struct iovec *pieces, int count, int64_t offset, int flags)
{
	if (connects_pending() && !to_kernel(fd))
		return -1;
	if (real.pwritev64v2)
		return real.pwritev64v2(fd, pieces, count, offset, flags);
	errno = ENOSYS;
	return -1;
}

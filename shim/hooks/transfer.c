/* Calls that write to a socket from another descriptor (stream.c). If its connect is in progress, they report
 * that. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/sendfile.h>

#include "client/in_progress.h"
#include "socket/facts.h"

RARE static bool to_kernel(int fd)
{
	hooks_start();
	return !connects_pending() || connect_settled(fd, 0, SO_SNDTIMEO);
}

/* RESULT of sendfile() of SIZE bytes. If the file ends before, a datagram is still to be sent, which Linux
 * forgets on AF_INET6 sockets (inet6_dgram_ops has no splice_eof). */
static ssize_t sent(int to, ssize_t result, size_t size)
{
	int saved = errno;

	if (result >= 0 && (size_t)result < size && mark_datagram_lately(to) &&
	    socket_int(to, IPPROTO_UDP, UDP_CORK) == 0)
		(void)socket_set(to, IPPROTO_UDP, UDP_CORK, 0);
	errno = saved;
	return result;
}

ssize_t hook_sendfile(int to, int from, off_t *offset, size_t size)
{
	if (connects_pending() && !to_kernel(to))
		return -1;
	return sent(to, real.sendfile(to, from, offset, size), size);
}

ssize_t hook_sendfile64(int to, int from, int64_t *offset, size_t size)
{
	if (connects_pending() && !to_kernel(to))
		return -1;
	return real.sendfile64 ? sent(to, real.sendfile64(to, from, offset, size), size)
			       : hook_sendfile(to, from, (off_t *)offset, size);
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

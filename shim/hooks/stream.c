/* Reading and writing. While a connect is in progress, the descriptor behaves so, even if the attempt that it
 * holds has failed. If none is in progress, a call costs one load and one branch more (connects.h). */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>

#include "client/in_progress.h"
#include "server/widen.h"
#include "socket/facts.h"

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8
#endif

/* Before the library is ready, connects_pending() is true. */
RARE static bool to_kernel(int fd, int flags, int timeout)
{
	hooks_start();
	return !connects_pending() || connect_settled(fd, flags, timeout);
}

/* Whether the kernel is to be called for FD, which receives with FLAGS. BEFORE is for woken(). */
static inline bool may_receive(int fd, int flags, unsigned *before)
{
	*before = widen_before();
	return !connects_pending() || to_kernel(fd, flags, SO_RCVTIMEO);
}

/* Whether the call has to be made again: FD was widened meanwhile, which ends it with 0. */
static inline bool woken(int fd, ssize_t result, unsigned before)
{
	return result == 0 && widen_woke(fd, before);
}

/* Takes the descriptor alone: for more, registers would be saved. */
RARE static bool writes_to_kernel(int fd)
{
	return to_kernel(fd, 0, SO_SNDTIMEO);
}

static inline bool may_write(int fd)
{
	return !connects_pending() || writes_to_kernel(fd);
}

ssize_t hook_send(int fd, const void *data, size_t size, int flags)
{
	return connects_pending() && !to_kernel(fd, flags, SO_SNDTIMEO) ? -1
									: real.send(fd, data, size, flags);
}

ssize_t hook_recv(int fd, void *data, size_t size, int flags)
{
	unsigned before;
	ssize_t result = may_receive(fd, flags, &before) ? real.recv(fd, data, size, flags) : -1;

	return woken(fd, result, before) ? real.recv(fd, data, size, flags) : result;
}

/* _FORTIFY_SOURCE compiles recv() and read() to these. */
ssize_t hook___recv_chk(int fd, void *data, size_t size, size_t space, int flags)
{
	hooks_check(size, space);
	return hook_recv(fd, data, size, flags);
}

ssize_t hook_read(int fd, void *data, size_t size)
{
	unsigned before;
	ssize_t result = may_receive(fd, 0, &before) ? real.read(fd, data, size) : -1;

	return woken(fd, result, before) ? real.read(fd, data, size) : result;
}

ssize_t hook___read_chk(int fd, void *data, size_t size, size_t space)
{
	hooks_check(size, space);
	return hook_read(fd, data, size);
}

ssize_t hook_write(int fd, const void *data, size_t size)
{
	return may_write(fd) ? real.write(fd, data, size) : -1;
}

ssize_t hook_readv(int fd, const struct iovec *pieces, int count)
{
	unsigned before;
	ssize_t result = may_receive(fd, 0, &before) ? real.readv(fd, pieces, count) : -1;

	return woken(fd, result, before) ? real.readv(fd, pieces, count) : result;
}

/* preadv2() and pwritev2() of a socket fail at once at an OFFSET (ESPIPE). */
RARE static bool to_kernel_at(int fd, int64_t offset, int flags, int timeout)
{
	hooks_start();
	return offset != -1 || to_kernel(fd, flags & RWF_NOWAIT ? MSG_DONTWAIT : 0, timeout);
}

static inline bool may_receive_at(int fd, int64_t offset, int flags, unsigned *before)
{
	*before = widen_before();
	return !connects_pending() || to_kernel_at(fd, offset, flags, SO_RCVTIMEO);
}

static inline bool may_write_at(int fd, int64_t offset, int flags)
{
	return !connects_pending() || to_kernel_at(fd, offset, flags, SO_SNDTIMEO);
}

ssize_t hook_preadv2(int fd, const struct iovec *pieces, int count, off_t offset, int flags)
{
	unsigned before;
	ssize_t result = !may_receive_at(fd, offset, flags, &before) ? -1
			 : real.preadv2 ? real.preadv2(fd, pieces, count, offset, flags)
					: hooks_fail(-ENOSYS);

	return woken(fd, result, before) ? real.preadv2(fd, pieces, count, offset, flags) : result;
}

ssize_t hook_preadv64v2(int fd, const struct iovec *pieces, int count, int64_t offset, int flags)
{
	unsigned before;
	ssize_t result = !may_receive_at(fd, offset, flags, &before) ? -1
			 : real.preadv64v2 ? real.preadv64v2(fd, pieces, count, offset, flags)
					   : hooks_fail(-ENOSYS);

	return woken(fd, result, before) ? real.preadv64v2(fd, pieces, count, offset, flags) : result;
}

ssize_t hook_writev(int fd, const struct iovec *pieces, int count)
{
	return may_write(fd) ? real.writev(fd, pieces, count) : -1;
}

ssize_t hook_pwritev2(int fd, const struct iovec *pieces, int count, off_t offset, int flags)
{
	if (!may_write_at(fd, offset, flags))
		return -1;
	return real.pwritev2 ? real.pwritev2(fd, pieces, count, offset, flags) : hooks_fail(-ENOSYS);
}

ssize_t hook_pwritev64v2(int fd, const struct iovec *pieces, int count, int64_t offset, int flags)
{
	if (!may_write_at(fd, offset, flags))
		return -1;
	return real.pwritev64v2 ? real.pwritev64v2(fd, pieces, count, offset, flags) : hooks_fail(-ENOSYS);
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
	return may_write(to) ? sent(to, real.sendfile(to, from, offset, size), size) : -1;
}

ssize_t hook_sendfile64(int to, int from, int64_t *offset, size_t size)
{
	if (!real.sendfile64)
		return hook_sendfile(to, from, (off_t *)offset, size);
	return may_write(to) ? sent(to, real.sendfile64(to, from, offset, size), size) : -1;
}

ssize_t hook_splice(int from, int64_t *from_offset, int to, int64_t *to_offset, size_t size, unsigned flags)
{
	unsigned ignored;

	return may_receive(from, 0, &ignored) && may_write(to)
		   ? real.splice(from, from_offset, to, to_offset, size, flags)
		   : -1;
}

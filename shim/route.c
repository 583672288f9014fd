#define _GNU_SOURCE
#include "route.h"

#include <errno.h>

#include "sys.h"

bool route_known(const struct sockaddr *addr, socklen_t len)
{
	int saved = errno, fd = socket(addr->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool result = false;

	if (fd >= 0) {
		/* Not through connect(), which is a cancellation point and would leave the descriptor behind.
		 */
		result = syscall(SYS_connect, fd, addr, len) == 0;
		sys_close(fd);
	}
	errno = saved;
	return result;
}

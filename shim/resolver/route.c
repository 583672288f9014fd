#define _GNU_SOURCE
#include "resolver/route.h"

#include <errno.h>

#include "base/sys.h"

/* The errors for an address without a route (ip-route(8): "unreachable", "prohibit", "blackhole"). */
static bool is_answer(int error)
{
	return error == ENETUNREACH || error == EHOSTUNREACH || error == EACCES || error == EINVAL;
}

bool route_known(const struct sockaddr *addr, socklen_t len)
{
	int saved = errno, fd = socket(addr->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool result = addr->sa_family == AF_INET;

	if (fd >= 0) {
		/* connect() is a cancellation point, and could leave the descriptor open. */
		if (syscall(SYS_connect, fd, addr, len) == 0)
			result = true;
		else if (is_answer(errno))
			result = false;
		sys_close(fd);
	}
	errno = saved;
	return result;
}

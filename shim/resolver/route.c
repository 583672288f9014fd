#define _GNU_SOURCE
#include "resolver/route.h"

#include <errno.h>

#include "base/sys.h"

/* What the routing tables say of an address that there is no way to (ip-route(8): "unreachable", "prohibit",
 * "blackhole"). */
static bool is_answer(int error)
{
	return error == ENETUNREACH || error == EHOSTUNREACH || error == EACCES || error == EINVAL;
}

bool route_known(const struct sockaddr *addr, socklen_t len)
{
	int saved = errno, fd = socket(addr->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool result = addr->sa_family == AF_INET;

	if (fd >= 0) {
		/* Not through connect(), which is a cancellation point and would leave the descriptor behind.
		 */
		if (syscall(SYS_connect, fd, addr, len) == 0)
			result = true;
		else if (is_answer(errno))
			result = false;
		sys_close(fd);
	}
	errno = saved;
	return result;
}

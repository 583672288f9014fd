#define _GNU_SOURCE
#include "resolver/route.h"

#include <errno.h>
#include <netinet/in.h>

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
		if (sys_connect(fd, addr, len) == 0)
			result = true;
		else if (is_answer(errno))
			result = false;
		sys_close(fd);
	}
	errno = saved;
	return result;
}

bool route_far(int family)
{
	const struct sockaddr_in in = {
	    .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(0xc6290004)};
	const struct sockaddr_in6 in6 = {
	    .sin6_family = AF_INET6,
	    .sin6_port = htons(53),
	    .sin6_addr.s6_addr = {0x20, 0x01, 0x05, 0x03, 0xba, 0x3e, [13] = 0x02, [15] = 0x30}};

	return family == AF_INET ? route_known((const struct sockaddr *)&in, sizeof in)
				 : route_known((const struct sockaddr *)&in6, sizeof in6);
}

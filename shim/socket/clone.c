#define _GNU_SOURCE
#include "socket/clone.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <unistd.h>

#include "socket/options.h"
#include "base/real.h"
#include "base/sys.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define OPT_SO_COOKIE 57

int twin_option(int fd, int name)
{
	int value;
	socklen_t len = sizeof value;

	return real.getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

int twin_protocol(int fd)
{
	int type = twin_option(fd, SO_TYPE), protocol = twin_option(fd, SO_PROTOCOL);

	if (type == SOCK_STREAM && (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP))
		return protocol;
	return type == SOCK_DGRAM && protocol == IPPROTO_UDP ? protocol : 0;
}

uint64_t twin_cookie(int fd)
{
	uint64_t cookie;
	socklen_t len = sizeof cookie;

	return real.getsockopt(fd, SOL_SOCKET, OPT_SO_COOKIE, &cookie, &len) == 0 ? cookie : 0;
}

int twin_new(int family, int protocol)
{
	return socket(family, (protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, protocol);
}

int twin_make(int fd, int family, const char **missed)
{
	int twin = twin_new(family, twin_protocol(fd)), off = 0, result;

	*missed = NULL;
	if (twin < 0)
		return -errno;
	result = options_carry(fd, twin, family, missed);
	if (result == 0) {
		*missed = NULL;
		/* Explicitly: net.ipv6.bindv6only gives the default, unless the program has IPv6 itself. */
		if (family == AF_INET || twin_option(fd, SO_DOMAIN) == AF_INET6 ||
		    real.setsockopt(twin, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0)
			return twin;
		result = -errno;
	}
	sys_close(twin);
	return result;
}

int twin_reused(int fd, int *flags)
{
	flags[0] = twin_option(fd, SO_REUSEADDR);
	flags[1] = twin_option(fd, SO_REUSEPORT);
	return flags[0] < 0 || flags[1] < 0 ? -errno : 0;
}

void twin_reuse(int fd, const int *flags)
{
	(void)real.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &flags[0], sizeof flags[0]);
	(void)real.setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &flags[1], sizeof flags[1]);
}

int twin_share(int fd, int twin, const struct sockaddr *addr, socklen_t len)
{
	static const int both[2] = {1, 1};
	int before[2], result = twin_reused(fd, before);

	if (result)
		return result;
	twin_reuse(fd, both);
	twin_reuse(twin, both);
	if (real.bind(twin, addr, len) != 0)
		result = -errno;
	twin_reuse(fd, before);
	twin_reuse(twin, before);
	return result;
}

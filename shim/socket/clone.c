#define _GNU_SOURCE
#include "socket/clone.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>

#include "base/sys.h"
#include "socket/facts.h"
#include "socket/options.h"

int clone_new(int family, int protocol)
{
	return socket(family,
		      (protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK,
		      protocol);
}

/* Sets what an AF_INET socket has by default and an AF_INET6 one has not (inet6_create(); not in MPTCP).
 * IPV6_V6ONLY is set because net.ipv6.bindv6only may change its default. */
static int as_in(int clone)
{
	int result = options_touched(IPPROTO_IP, IP_MULTICAST_ALL)
			 ? 0
			 : socket_set(clone, IPPROTO_IP, IP_MULTICAST_ALL, 1);

	return result && result != -EOPNOTSUPP && result != -ENOPROTOOPT
		   ? result
		   : socket_set(clone, IPPROTO_IPV6, IPV6_V6ONLY, 0);
}

int clone_make(int fd, int from, int protocol, int family, const char **missed)
{
	int clone = clone_new(family, protocol), result;

	*missed = NULL;
	if (clone < 0)
		return -errno;
	result = options_carry(fd, clone, family, missed);
	if (result == 0)
		*missed = NULL;
	if (result == 0 && family == AF_INET6 && from == AF_INET)
		result = as_in(clone);
	if (result == 0)
		return clone;
	sys_close(clone);
	return result;
}

int clone_read_reuse(int fd, int *flags)
{
	flags[0] = socket_option(fd, SO_REUSEADDR);
	flags[1] = socket_option(fd, SO_REUSEPORT);
	return flags[0] < 0 || flags[1] < 0 ? -errno : 0;
}

void clone_set_reuse(int fd, const int *flags)
{
	(void)socket_set(fd, SOL_SOCKET, SO_REUSEADDR, flags[0]);
	(void)socket_set(fd, SOL_SOCKET, SO_REUSEPORT, flags[1]);
}

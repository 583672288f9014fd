#include "server/shield.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/real.h"
#include "server/receive_queue.h"
#include "socket/facts.h"
#include "socket/spoof_filter.h"

void shield_detach(int fd, int protocol)
{
	if (protocol != IPPROTO_UDP)
		return;
	(void)socket_set(fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
	(void)socket_set(fd, IPPROTO_IPV6, OPT_IPV6_MULTICAST_ALL, 1);
}

int shield_attach(int fd, int protocol)
{
	int result = protocol == IPPROTO_UDP ? spoof_filter_attach(fd) : 0;

	if (result || protocol != IPPROTO_UDP)
		return result;
	result = socket_set(fd, IPPROTO_IPV6, OPT_IPV6_MULTICAST_ALL, 0);
	if (result)
		shield_detach(fd, protocol);
	return result;
}

/* Whether the spoof filter would drop a datagram. */
static bool is_spoofed(const struct in6_addr *from, const struct in6_addr *to)
{
	return (IN6_IS_ADDR_V4MAPPED(from) || IN6_IS_ADDR_UNSPECIFIED(from)) && !IN6_IS_ADDR_V4MAPPED(to);
}

int shield_attach_late(int fd, int protocol)
{
	int result = shield_attach(fd, protocol);

	if (result || protocol != IPPROTO_UDP)
		return result;
	receive_queue_settle();
	return receive_queue_drop(fd, is_spoofed);
}

bool shield_is_taken(int fd)
{
	socklen_t steps = 0;

	return real.getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &steps) != 0 || steps > 0;
}

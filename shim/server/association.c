#include "server/association.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/real.h"
#include "base/sys.h"
#include "socket/facts.h"

bool association_may_dissolve(int fd)
{
	char device[IFNAMSIZ];
	socklen_t len = sizeof device;

	return real.getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, &len) == 0 && len == 0;
}

/* getpeername() fails if the peer has port 0. */
bool association_exists(int fd)
{
	union sockaddr_any name;

	return socket_name(fd, &name) == AF_INET6 && !IN6_IS_ADDR_UNSPECIFIED(&name.in6.sin6_addr);
}

/* connect(AF_UNSPEC) leaves the socket the IPv6 address of its peer (__udp_disconnect()). After an IPv4 peer,
 * no IPv6 datagram finds it. Connecting it to ::1 and dissolving that leaves it ::1. */
void association_dissolve(int fd)
{
	const struct sockaddr_in6 loopback = {
	    .sin6_family = AF_INET6, .sin6_port = htons(9), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	const struct sockaddr none = {.sa_family = AF_UNSPEC};

	(void)sys_connect(fd, &none, sizeof none);
	if (sys_connect(fd, (const struct sockaddr *)&loopback, sizeof loopback) == 0)
		(void)sys_connect(fd, &none, sizeof none);
}

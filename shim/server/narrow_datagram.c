#define _GNU_SOURCE
#include "server/narrow_datagram.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/real.h"
#include "base/sockaddr.h"
#include "base/sys.h"
#include "server/association.h"
#include "server/receive_queue.h"
#include "socket/clone.h"
#include "socket/facts.h"
#include "socket/spoof_filter.h"

/* From asm-generic/socket.h, Linux 5.0. */
#define OPT_SO_BINDTOIFINDEX 62

static bool came_over_in6(const struct in6_addr *from, const struct in6_addr *to)
{
	(void)to;
	return !IN6_IS_ADDR_V4MAPPED(from);
}

/* The index of the interface that FD is bound to, or 0. A negative errno if FD could not be bound to it again
 * after connect(AF_UNSPEC) (__udp_disconnect()): before Linux 5.7 that takes CAP_NET_RAW. */
static int device_of(int fd)
{
	int device = socket_option(fd, OPT_SO_BINDTOIFINDEX), trial, result;

	if (device < 0)
		return association_may_dissolve(fd) ? 0 : -EOPNOTSUPP;
	if (device == 0)
		return 0;
	trial = clone_new(AF_INET, IPPROTO_UDP);
	if (trial < 0)
		return -errno;
	result = socket_set(trial, SOL_SOCKET, OPT_SO_BINDTOIFINDEX, device);
	sys_close(trial);
	return result ? result : device;
}

/* IPV6_ADDRFORM (ipv6(7)) requires a connection to an IPv4 address. No address is reachable through every
 * device, so FD is bound to no device for the moment; the filter replaces it. */
static int change_family(int fd, int device)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	const struct sockaddr none = {.sa_family = AF_UNSPEC};
	const int errors = socket_int(fd, IPPROTO_IPV6, IPV6_RECVERR);
	int result = 0;

	if (device)
		(void)sys_connect(fd, &none, sizeof none);
	memcpy(to.sin6_addr.s6_addr + 10, "\xff\xff\x7f\0\0\1", 6); /* ::ffff:127.0.0.1 */
	if (sys_connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
		result = -errno;
	} else {
		/* The kernel would report queued IPv6 errors with IPv4 names. Without the option it drops
		 * them, and queues no more (do_ipv6_setsockopt()). */
		if (errors > 0)
			(void)socket_set(fd, IPPROTO_IPV6, IPV6_RECVERR, 0);
		result = socket_set(fd, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET);
		if (result && errors > 0)
			(void)socket_set(fd, IPPROTO_IPV6, IPV6_RECVERR, errors);
		if (result)
			association_dissolve(fd);
	}
	if (result && device)
		(void)socket_set(fd, SOL_SOCKET, OPT_SO_BINDTOIFINDEX, device);
	return result;
}

/* Undoes the side effects of the change of family. A port that the kernel chose when FD first sent is lost
 * with the association. */
static int restore(int fd, int device, in_port_t port)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = port};
	union sockaddr_any name;

	(void)sys_connect(fd, &none, sizeof none);
	if (device && socket_set(fd, SOL_SOCKET, OPT_SO_BINDTOIFINDEX, device) != 0)
		return -errno;
	if (socket_name(fd, &name) && name.in.sin_port == 0 &&
	    real.bind(fd, (const struct sockaddr *)&at, sizeof at) != 0)
		return -errno;
	return 0;
}

int narrow_datagram(int fd, in_port_t port)
{
	int device = device_of(fd), result = device < 0 ? device : spoof_filter_close(fd, 0);

	if (result)
		return result;
	receive_queue_settle();
	result = receive_queue_drop(fd, came_over_in6);
	if (result >= 0)
		result = device ? spoof_filter_close(fd, device) : 0;
	if (result == 0)
		result = change_family(fd, device);
	if (result) {
		(void)spoof_filter_attach(fd);
		return result;
	}
	result = restore(fd, device, port);
	receive_queue_settle();
	/* If the device could not be restored, the filter stays. */
	if (result == 0)
		(void)socket_set(fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
	(void)socket_set(fd, SOL_SOCKET, SO_RCVLOWAT, 1);
	return result;
}

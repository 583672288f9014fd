#define _GNU_SOURCE
#include "server/narrow.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "base/sys.h"
#include "server/association.h"
#include "socket/clone.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/mark.h"
#include "socket/options.h"
#include "socket/replace.h"

/* What LISTEN was called with: the kernel shows it in a listener's tcp_info (tcp_get_info()). */
static int backlog_of(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof info;

	if (real.getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 || len < sizeof info / 2)
		return SOMAXCONN;
	return (int)info.tcpi_sacked;
}

/* A descriptor bound to [::] and not connected: then its port; else 0. */
static in_port_t widened_port(int fd)
{
	union sockaddr_any name;
	socklen_t len = sizeof name;

	if (real.getsockname(fd, &name.any, &len) != 0 || !sockaddr_is_in6(&name.any, len) ||
	    !IN6_IS_ADDR_UNSPECIFIED(&name.in6.sin6_addr) || mark_test(fd) == MARK_NONE)
		return 0;
	return name.in6.sin6_port;
}

/* With SO_REUSEPORT on both, for the moment, PLAIN can have the port while DUAL still listens on it
 * (inet_bind_conflict()), so that nothing is given up before all has gone well. SO_REUSEADDR lets it
 * stay there beside what is left of DUAL in other processes. What is in the way all the same are
 * connections, also those in TIME_WAIT, that were accepted while DUAL had neither. */
static int take_over(int fd, int dual, int plain, in_port_t port)
{
	static const int both[2] = {1, 1};
	const int listening = socket_option(dual, SO_ACCEPTCONN);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = port};
	const char *missed;
	int before[2], result = listening < 0 ? -errno : clone_read_reuse(dual, before);

	if (result == 0)
		result = options_carry(dual, plain, AF_INET, &missed);
	if (result)
		return result;
	clone_set_reuse(dual, both);
	clone_set_reuse(plain, both);
	if (real.bind(plain, (const struct sockaddr *)&at, sizeof at) != 0 ||
	    (listening && real.listen(plain, backlog_of(dual)) != 0))
		result = -errno;
	else
		result = replace_socket(fd, socket_cookie(dual), plain, dual);
	clone_set_reuse(result ? dual : plain, before);
	/* Other processes may hold it still. */
	if (!result)
		(void)real.shutdown(dual, SHUT_RDWR);
	return result;
}

/* A datagram socket can become an AF_INET one itself (ipv6(7), IPV6_ADDRFORM, which wants it connected to an
 * IPv4 address), for all who hold it, and with what it has received. */
static int narrow_datagram(int fd)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	const struct sockaddr none = {.sa_family = AF_UNSPEC};
	int family = AF_INET, unmarked = 1, result = 0;

	if (!association_may_dissolve(fd))
		return -EOPNOTSUPP;
	memcpy(to.sin6_addr.s6_addr + 10, "\xff\xff\x7f\0\0\1", 6); /* ::ffff:127.0.0.1 */
	if (real.connect(fd, (const struct sockaddr *)&to, sizeof to) != 0 ||
	    real.setsockopt(fd, IPPROTO_IPV6, IPV6_ADDRFORM, &family, sizeof family) != 0)
		result = -errno;
	if (result) {
		association_dissolve(fd);
		return result;
	}
	(void)real.connect(fd, &none, sizeof none);
	/* The filter against martians, which the program would find there. */
	(void)real.setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unmarked, sizeof unmarked);
	(void)real.setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &unmarked, sizeof unmarked);
	return 0;
}

/* Another socket in its place, which is all there is for a listener. */
static int narrow_by_swap(int fd, in_port_t port)
{
	int plain = clone_new(AF_INET, socket_protocol(fd)), dual, result;

	if (plain < 0)
		return -errno;
	dual = sys_fcntl(fd, F_DUPFD_CLOEXEC, 0);
	result = dual < 0 ? -errno : take_over(fd, dual, plain, port);
	if (dual >= 0)
		sys_close(dual);
	sys_close(plain);
	return result;
}

int narrow(int fd)
{
	in_port_t port = widened_port(fd);
	int only = 0, result;
	socklen_t len = sizeof only;

	if (!port)
		return -ENOTCONN;
	/* By a rule: what is meant for IPv6 alone is not opened in IPv4. */
	if (real.getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &len) == 0 && only)
		return -EOPNOTSUPP;
	result = socket_protocol(fd) == IPPROTO_UDP ? narrow_datagram(fd) : -EOPNOTSUPP;
	if (result)
		result = narrow_by_swap(fd, port);
	log_line(LOG_LEVEL_INFO, "descriptor %d, port %u: %s%s", fd, ntohs(port),
		 result ? "could not be narrowed: " : "narrowed to IPv4", result ? log_errno(-result) : "");
	return result;
}

struct narrowing {
	in_port_t port;
	int protocol;
	int count;
};

static int narrow_if(int fd, void *arg)
{
	struct narrowing *n = arg;

	if (widened_port(fd) == n->port && socket_same_ports(fd, n->protocol) && narrow(fd) == 0)
		n->count++;
	return 0;
}

int narrow_for(int fd, in_port_t port)
{
	struct narrowing n = {.port = port, .protocol = socket_protocol(fd)};

	if (port && n.protocol)
		(void)descriptors_each(narrow_if, &n);
	return n.count;
}

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
#include "server/listeners.h"
#include "server/mapped.h"
#include "server/narrow_datagram.h"
#include "server/shield.h"
#include "socket/clone.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/mark.h"
#include "socket/options.h"
#include "socket/replace.h"

_Atomic unsigned narrow_counts[NARROW_NUMBERS];

/* The backlog that listen() was called with. A listener's tcp_info has it (tcp_get_info()). */
static int backlog_of(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof info;

	if (real.getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 || len < sizeof info / 2)
		return SOMAXCONN;
	return (int)info.tcpi_sacked;
}

/* The port of FD if it is marked, bound to [::] and not connected; else 0. */
static in_port_t widened_port(int fd)
{
	in_port_t port = socket_wildcard_in6(fd);

	return port && mark_test(fd) != MARK_NONE ? port : 0;
}

/* Both sockets have SO_REUSEPORT for the moment, so that PLAIN can take the port while DUAL still listens on
 * it (inet_bind_conflict()): nothing is given up before all has gone well. SO_REUSEADDR would let in other
 * users, so it is on only if the program has set it. Without it, connections that were accepted before are in
 * the way, also in TIME_WAIT. */
static int take_over(int fd, int dual, int plain, int family, in_port_t port)
{
	const int listening = socket_option(dual, SO_ACCEPTCONN);
	const struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = port};
	const struct sockaddr_in6 mapped = mapped_at(port);
	const bool in6 = family == AF_INET6;
	const char *missed;
	int before[2] = {0, 0}, shared[2], result = listening < 0 ? -errno : clone_read_reuse(dual, before);

	if (result == 0)
		result = options_carry(dual, plain, family, &missed);
	if (result)
		return result;
	shared[0] = before[0];
	shared[1] = 1;
	clone_set_reuse(dual, shared);
	clone_set_reuse(plain, shared);
	if (real.bind(plain, in6 ? (const struct sockaddr *)&mapped : (const struct sockaddr *)&in,
		      in6 ? sizeof mapped : sizeof in) != 0 ||
	    (listening && real.listen(plain, backlog_of(dual)) != 0))
		result = -errno;
	else
		result = replace_socket(fd, socket_cookie(dual), plain, dual);
	clone_set_reuse(result ? dual : plain, before);
	/* Other processes may still hold DUAL. */
	if (!result) {
		atomic_fetch_add(&narrow_counts[(unsigned)fd % NARROW_NUMBERS], 1);
		(void)real.shutdown(dual, SHUT_RDWR);
	}
	return result;
}

/* Replaces FD by an AF_INET socket, or an AF_INET6 one at ::ffff:0.0.0.0. A listener can't be narrowed
 * otherwise. */
static int narrow_by_replacing(int fd, int family, in_port_t port)
{
	int plain = clone_new(family, socket_protocol(fd)), dual, result;

	if (plain < 0)
		return -errno;
	dual = sys_fcntl(fd, F_DUPFD_CLOEXEC, 0);
	result = dual < 0 ? -errno : take_over(fd, dual, plain, family, port);
	if (dual >= 0)
		sys_close(dual);
	sys_close(plain);
	return result;
}

static void log_narrowing(int fd, in_port_t port, int result)
{
	log_line(LOG_LEVEL_INFO, "descriptor %d, port %u: %s%s", fd, ntohs(port),
		 result ? "could not be narrowed: " : "narrowed to IPv4", result ? log_errno(-result) : "");
}

/* Back to ::ffff:0.0.0.0. A datagram socket can't be changed in place, so what it has received is lost. */
static int narrow_mapped(int fd, in_port_t port)
{
	int protocol = socket_protocol(fd), result;

	shield_detach(fd, protocol);
	result = narrow_by_replacing(fd, AF_INET6, port);
	if (result)
		(void)shield_attach_late(fd, protocol);
	log_narrowing(fd, port, result);
	return result;
}

int narrow(int fd)
{
	in_port_t port = widened_port(fd);
	int result;

	if (!port)
		return mapped_port(fd) ? narrow_mapped(fd, mapped_port(fd)) : -ENOTCONN;
	/* A rule has made FD serve IPv6 alone: do not open it in IPv4. */
	if (socket_int(fd, IPPROTO_IPV6, IPV6_V6ONLY) > 0)
		return -EOPNOTSUPP;
	/* If other processes have the listener, too, it has to stay for their IPv4 connections. */
	if (socket_option(fd, SO_ACCEPTCONN) == 1 && !listeners_are_ours(fd))
		return -EBUSY;
	result = socket_protocol(fd) == IPPROTO_UDP ? narrow_datagram(fd, port) : -ENETUNREACH;
	/* A datagram socket is replaced only on a host that has no IPv4, not even loopback: there it has
	 * neither datagrams nor memberships to lose. */
	if (result == -ENETUNREACH)
		result = narrow_by_replacing(fd, AF_INET, port);
	log_narrowing(fd, port, result);
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

	if ((widened_port(fd) == n->port || mapped_port(fd) == n->port) &&
	    socket_same_ports(fd, n->protocol) && narrow(fd) == 0)
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

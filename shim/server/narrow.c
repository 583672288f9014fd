#define _GNU_SOURCE
#include "server/narrow.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "base/sys.h"
#include "server/association.h"
#include "server/listeners.h"
#include "server/mapped.h"
#include "server/receive_queue.h"
#include "server/shield.h"
#include "server/widen.h"
#include "socket/clone.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/mark.h"
#include "socket/options.h"
#include "socket/replace.h"
#include "socket/spoof_filter.h"

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
	const struct sockaddr_in6 mapped = {
	    .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = sockaddr_mapped(INADDR_ANY)};
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
		widen_note_wake(plain);
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
	const struct sockaddr_in6 to = {.sin6_family = AF_INET6,
					.sin6_port = htons(9),
					.sin6_addr = sockaddr_mapped(htonl(INADDR_LOOPBACK))};
	const struct sockaddr none = {.sa_family = AF_UNSPEC};
	const int errors = socket_int(fd, IPPROTO_IPV6, IPV6_RECVERR);
	int result = 0;

	if (device)
		(void)sys_connect(fd, &none, sizeof none);
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

/* Makes the marked AF_INET6 datagram socket FD, bound to [::] and PORT (network byte order), an AF_INET one
 * for all who hold it. It keeps its options, its memberships, its device and the IPv4 datagrams that it has
 * received. IPv6 datagrams in its queue are dropped, and so are IPv4 datagrams that came before the last of
 * these (receive_queue.h). Returns 0, or a negative errno with FD as it was, except for those datagrams:
 * -EPERM if the program may not bind a socket to FD's device, or has locked FD's filter. */
static int narrow_datagram(int fd, in_port_t port)
{
	int device = device_of(fd), result = device < 0 ? device : spoof_filter_close(fd, 0);

	if (result)
		return result;
	receive_queue_settle();
	result = receive_queue_drop(fd, came_over_in6);
	if (result == 0 && device)
		result = spoof_filter_close(fd, device);
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

/* Whether the datagram socket FD is to be replaced rather than changed. It shares its port by SO_REUSEPORT,
 * and if it changed its address, it would leave the group whose members get datagrams in turn
 * (udp_lib_rehash()). Nothing may be lost with it. */
static bool is_of_group(int fd)
{
	return socket_option(fd, SO_REUSEPORT) == 1 && !options_kept() && listeners_are_ours(fd) &&
	       socket_is_idle(fd);
}

int narrow(int fd)
{
	in_port_t port = widened_port(fd);
	bool datagrams = socket_protocol(fd) == IPPROTO_UDP;
	int result = -ENETUNREACH;

	if (!port)
		return mapped_port(fd) ? narrow_mapped(fd, mapped_port(fd)) : -ENOTCONN;
	/* A rule has made FD serve IPv6 alone: do not open it in IPv4. */
	if (socket_int(fd, IPPROTO_IPV6, IPV6_V6ONLY) > 0)
		return -EOPNOTSUPP;
	/* If other processes have the listener, too, it has to stay for their IPv4 connections. */
	if (socket_option(fd, SO_ACCEPTCONN) == 1 && !listeners_are_ours(fd))
		return -EBUSY;
	if (datagrams && is_of_group(fd))
		result = narrow_by_replacing(fd, AF_INET, port);
	if (result && datagrams)
		result = narrow_datagram(fd, port);
	/* A host without IPv4, not even loopback: a datagram socket has neither datagrams nor memberships to
	 * lose. */
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

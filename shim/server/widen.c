#define _GNU_SOURCE
#include "server/widen.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address/translate.h"
#include "base/log.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "base/sys.h"
#include "socket/clone.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/mark.h"
#include "socket/replace.h"
#include "socket/spoof_filter.h"

/* Whether FD is an AF_INET socket at 0.0.0.0, with or without a port. NAME is set if it is an AF_INET socket.
 */
static bool wildcard_name(int fd, struct sockaddr_in *name)
{
	union sockaddr_any any;
	socklen_t len = sizeof any;

	if (real.getsockname(fd, &any.any, &len) != 0 || !sockaddr_is_in(&any.any, len))
		return false;
	*name = any.in;
	return any.in.sin_addr.s_addr == htonl(INADDR_ANY);
}

bool widen_shares(int fd)
{
	return socket_option(fd, SO_REUSEPORT) == 1 || socket_option(fd, SO_REUSEADDR) == 1;
}

/* A socket of this process that has the port and that a dual-stack one can't share it with: an IPv6 one, or
 * one at 0.0.0.0 that was not widened, to which the kernel would give all IPv4 connections. */
struct neighbour {
	in_port_t port;
	int protocol;
};

static int is_neighbour(int fd, void *arg)
{
	const struct neighbour *n = arg;
	union sockaddr_any name;
	socklen_t len = sizeof name;

	if (real.getsockname(fd, &name.any, &len) != 0 || !socket_same_ports(fd, n->protocol))
		return 0;
	if (sockaddr_is_in(&name.any, len))
		return name.in.sin_port == n->port && name.in.sin_addr.s_addr == htonl(INADDR_ANY);
	return sockaddr_is_in6(&name.any, len) && name.in6.sin6_port == n->port &&
	       translate_beside_wildcard(&name.in6, true) && mark_test(fd) == MARK_NONE;
}

/* With SO_REUSEADDR a datagram socket can share its port with anybody's. A socket without it can't. */
static int taken_elsewhere(const struct sockaddr_in6 *at)
{
	int probe = clone_new(AF_INET6, IPPROTO_UDP), on = 1, result = 0;

	if (probe < 0)
		return -errno;
	if (real.setsockopt(probe, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0 ||
	    real.bind(probe, (const struct sockaddr *)at, sizeof *at) != 0)
		result = -errno;
	sys_close(probe);
	return result;
}

/* Whether others have the port of the wildcard AT, where bind() does not tell. Returns 0 or a negative errno.
 */
static int look_around(int clone, int protocol, const struct sockaddr_in6 *at)
{
	struct neighbour n = {.port = at->sin6_port, .protocol = protocol};

	if (!n.port || !widen_shares(clone))
		return 0;
	if (descriptors_each(is_neighbour, &n))
		return -EADDRINUSE;
	return protocol == IPPROTO_UDP && socket_option(clone, SO_REUSEPORT) != 1 ? taken_elsewhere(at) : 0;
}

/* Before bind(): from then on datagrams come in. */
static int filter(int clone, int protocol, const char **missed)
{
	int result = protocol == IPPROTO_UDP ? spoof_filter_attach(clone) : 0;

	*missed = result ? "the spoof filter" : NULL;
	return result;
}

/* After bind(): MPTCP's mark is a range of ports that bind() would choose from. */
static int mark_and_replace(int fd, uint64_t cookie, int clone, int except, const char **missed)
{
	int result = mark_set(clone);

	*missed = result ? "the mark" : NULL;
	return result ? result : replace_socket(fd, cookie, clone, except);
}

static void log_widening(int fd, const struct sockaddr_in6 *at, int result, const char *missed)
{
	char text[SOCKADDR_TEXT];

	if (!log_wants(LOG_LEVEL_INFO))
		return;
	sockaddr_text((const struct sockaddr *)at, text);
	if (result)
		log_line(LOG_LEVEL_INFO, "descriptor %d stays IPv4 instead of %s: %s%s%s", fd, text,
			 log_errno(-result), missed ? ", " : "", missed ? missed : "");
	else
		log_line(LOG_LEVEL_INFO, "descriptor %d widened to %s", fd, text);
}

int widen(int fd, const struct sockaddr_in6 *at, bool only)
{
	int protocol = socket_protocol(fd), on = 1, clone, result;
	bool any = IN6_IS_ADDR_UNSPECIFIED(&at->sin6_addr);
	const char *missed = NULL;
	uint64_t cookie = socket_cookie(fd);
	struct sockaddr_in name;

	if (!protocol || !wildcard_name(fd, &name) || name.sin_port != 0)
		return -EAFNOSUPPORT;
	if (protocol == IPPROTO_UDP && any && at->sin6_port == 0 && !only)
		return -EAFNOSUPPORT;
	clone = clone_make(fd, AF_INET6, &missed);
	result = clone < 0 ? clone : filter(clone, protocol, &missed);
	if (result == 0 && only && real.setsockopt(clone, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
		result = -errno;
	if (result == 0 && any)
		result = look_around(clone, protocol, at);
	if (result == 0 && real.bind(clone, (const struct sockaddr *)at, sizeof *at) != 0)
		result = -errno;
	if (result == 0)
		result = mark_and_replace(fd, cookie, clone, -1, &missed);
	if (clone >= 0)
		sys_close(clone);
	log_widening(fd, at, result, missed);
	return result;
}

/* Wakes up threads that wait on the old socket, so that they look at the new one. */
static int replace_and_wake(int fd, uint64_t cookie, int clone, const char **missed)
{
	int old = fcntl(fd, F_DUPFD_CLOEXEC, 0), result;

	if (old < 0)
		return -errno;
	result = mark_and_replace(fd, cookie, clone, old, missed);
	if (result == 0)
		(void)real.shutdown(old, SHUT_RD);
	sys_close(old);
	return result;
}

/* Another thread may be doing the same, which takes it a few system calls once it runs. nanosleep() is a
 * cancellation point, so its system call is used. */
static bool widened_meanwhile(int fd)
{
	const struct timespec millisecond = {0, 1000000};

	for (int i = 0; i < 100; i++) {
		if (mark_test(fd) != MARK_NONE)
			return true;
		if (i < 50)
			sched_yield();
		else
			(void)syscall(SYS_nanosleep, &millisecond, NULL);
	}
	return false;
}

int widen_client(int fd)
{
	int protocol = socket_protocol(fd), clone, result;
	struct sockaddr_in6 at = {.sin6_family = AF_INET6};
	uint64_t cookie = socket_cookie(fd);
	const char *missed = NULL;
	struct sockaddr_in name;

	if (!protocol || !wildcard_name(fd, &name) || (name.sin_port != 0 && protocol != IPPROTO_UDP))
		return -EAFNOSUPPORT;
	at.sin6_port = name.sin_port;
	clone = clone_make(fd, AF_INET6, &missed);
	result = clone < 0 ? clone : filter(clone, protocol, &missed);
	if (result == 0 && name.sin_port)
		result = clone_share_port(fd, clone, (const struct sockaddr *)&at, sizeof at);
	if (result == 0)
		result = replace_and_wake(fd, cookie, clone, &missed);
	if (clone >= 0)
		sys_close(clone);
	if ((result == -EADDRINUSE || result == -EALREADY) && widened_meanwhile(fd))
		return 0;
	log_widening(fd, &at, result, missed);
	return result;
}

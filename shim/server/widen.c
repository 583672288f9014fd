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

#include "address/reply_source.h"
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

/* Whether FD is an AF_INET socket at 0.0.0.0, bound to a port or not; its NAME then. */
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

/* A socket of the program's own that has the port and would not go with a dual-stack one: an IPv6 one, or
 * one at 0.0.0.0 that was not widened, which the kernel would give all IPv4 connections. */
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

/* Datagram sockets with SO_REUSEADDR can share a port with anybody's; a socket without it can't. */
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

/* Whether the wildcard AT can be had beside what others have of the port, where bind() does not tell. */
static int look_around(int twin, int protocol, const struct sockaddr_in6 *at)
{
	struct neighbour n = {.port = at->sin6_port, .protocol = protocol};

	if (!n.port || !widen_shares(twin))
		return 0;
	if (descriptors_each(is_neighbour, &n))
		return -EADDRINUSE;
	return protocol == IPPROTO_UDP && socket_option(twin, SO_REUSEPORT) != 1 ? taken_elsewhere(at) : 0;
}

int widen_mark(int fd)
{
	int result = socket_protocol(fd) == IPPROTO_UDP ? spoof_filter_attach(fd) : 0;

	return result ? result : mark_set(fd);
}

/* After bind(): MPTCP's mark would have a say in the choice of a port. */
static int mark_and_replace(int fd, uint64_t cookie, int twin, int except, const char **missed)
{
	int result = widen_mark(twin);

	*missed = result ? "the mark" : NULL;
	return result ? result : replace_socket(fd, cookie, twin, except);
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
	int protocol = socket_protocol(fd), on = 1, twin, result;
	bool any = IN6_IS_ADDR_UNSPECIFIED(&at->sin6_addr);
	const char *missed = NULL;
	uint64_t cookie = socket_cookie(fd);
	struct sockaddr_in name;

	if (!protocol || !wildcard_name(fd, &name) || name.sin_port != 0)
		return -EAFNOSUPPORT;
	if (protocol == IPPROTO_UDP && any && at->sin6_port == 0 && !only)
		return -EAFNOSUPPORT;
	twin = clone_make(fd, AF_INET6, &missed);
	result = twin < 0 ? twin : 0;
	if (result == 0 && only && real.setsockopt(twin, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
		result = -errno;
	if (any && protocol == IPPROTO_UDP && twin >= 0)
		(void)reply_source_ask(twin);
	if (result == 0 && any)
		result = look_around(twin, protocol, at);
	if (result == 0 && real.bind(twin, (const struct sockaddr *)at, sizeof *at) != 0)
		result = -errno;
	if (result == 0)
		result = mark_and_replace(fd, cookie, twin, -1, &missed);
	if (twin >= 0)
		sys_close(twin);
	log_widening(fd, at, result, missed);
	return result;
}

/* Who waits on the old socket, in another thread, is woken up to look at the new one. */
static int replace_and_wake(int fd, uint64_t cookie, int twin, const char **missed)
{
	int old = fcntl(fd, F_DUPFD_CLOEXEC, 0), result;

	if (old < 0)
		return -errno;
	result = mark_and_replace(fd, cookie, twin, old, missed);
	if (result == 0)
		(void)real.shutdown(old, SHUT_RD);
	sys_close(old);
	return result;
}

/* Another thread is about to do the same: its turn lasts a few system calls, unless it does not get to run.
 * Not through nanosleep(), which is a cancellation point. */
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
	int protocol = socket_protocol(fd), twin, result = 0;
	struct sockaddr_in6 at = {.sin6_family = AF_INET6};
	uint64_t cookie = socket_cookie(fd);
	const char *missed = NULL;
	struct sockaddr_in name;

	if (!protocol || !wildcard_name(fd, &name) || (name.sin_port != 0 && protocol != IPPROTO_UDP))
		return -EAFNOSUPPORT;
	at.sin6_port = name.sin_port;
	twin = clone_make(fd, AF_INET6, &missed);
	if (twin < 0)
		result = twin;
	else if (name.sin_port)
		result = clone_share_port(fd, twin, (const struct sockaddr *)&at, sizeof at);
	if (result == 0)
		result = replace_and_wake(fd, cookie, twin, &missed);
	if (twin >= 0)
		sys_close(twin);
	if ((result == -EADDRINUSE || result == -EALREADY) && widened_meanwhile(fd))
		return 0;
	log_widening(fd, &at, result, missed);
	return result;
}

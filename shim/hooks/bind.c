/* bind() and listen(). */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "address/translate.h"
#include "base/log.h"
#include "base/memory.h"
#include "client/attempt.h"
#include "config/config.h"
#include "config/rule.h"
#include "server/bind_rules.h"
#include "server/interfaces.h"
#include "server/mapped.h"
#include "server/narrow.h"
#include "server/port.h"
#include "server/widen.h"
#include "socket/facts.h"

/* A rule that names :: says which families the program's own socket at [::] serves. For IPv4 alone it is
 * bound to the V4MAPPED wildcard, which no IPv6 peer reaches (ipv6(7)). */
static void rule_in6(int fd, struct sockaddr_in6 *at, enum rules_action action)
{
	if (action == RULES_DEFAULT || !IN6_IS_ADDR_UNSPECIFIED(&at->sin6_addr))
		return;
	(void)socket_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, action == RULES_IPV6);
	if (action == RULES_IPV4)
		at->sin6_addr = sockaddr_mapped(INADDR_ANY);
}

/* The program's own IPv6 socket takes precedence: widened sockets make room for it. Apart, so that IPv4
 * addresses cost no more. */
static __attribute__((noinline)) int bind_in6(int fd, const struct sockaddr_in6 *at)
{
	int saved = errno, result = real.bind(fd, (const struct sockaddr *)at, sizeof *at);
	bool shares = result == 0 && mark_expected() && port_may_be_shared(fd);

	if (result == 0)
		errno = saved;
	if (!mark_expected() || (result == 0 ? !shares : errno != EADDRINUSE))
		return result;
	if (translate_beside_wildcard(at, shares || socket_int(fd, IPPROTO_IPV6, IPV6_V6ONLY) > 0) &&
	    narrow_for(fd, at->sin6_port) && result != 0)
		result = real.bind(fd, (const struct sockaddr *)at, sizeof *at);
	else if (result != 0)
		return hooks_fail(-EADDRINUSE);
	if (result == 0)
		errno = saved;
	return result;
}

/* ADDR is an IPv6 address. */
static int bind_in6_by(int fd, const struct sockaddr *addr, socklen_t len, enum rules_action action)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6};
	int saved = errno, result;

	mark_note_in6();
	(void)translate_in6(addr, len, &at);
	if (config.active && (action == RULES_DEFAULT || action == RULES_DUAL) &&
	    mapped_wildcard(&at.sin6_addr)) {
		result = mapped_widen(fd, at.sin6_port);
		errno = saved;
		if (result == 0)
			return 0;
	}
	rule_in6(fd, &at, action);
	return bind_in6(fd, &at);
}

/* Binds FD to a specific address, beside a socket that stands for another one. */
static int bind_beside(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in in;
	int saved = errno, error;

	if (real.bind(fd, addr, len) == 0)
		return 0;
	error = errno;
	if (error != EADDRINUSE || !sockaddr_is_in(addr, len))
		return -1;
	memcpy(&in, addr, sizeof in);
	if (!interfaces_share(fd, &in, false))
		return hooks_fail(-error);
	errno = saved;
	return real.bind(fd, addr, len);
}

/* A dual-stack socket is already bound. The kernel reports that only for addresses of the socket's own
 * family. */
static int bind_in(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in6 to;
	int saved = errno;

	if (bind_beside(fd, addr, len) == 0)
		return 0;
	if ((errno != EINVAL && errno != EAFNOSUPPORT) || !sockaddr_is_in(addr, len) || !hooks_dual(fd) ||
	    !translate_in6(addr, len, &to))
		return -1;
	errno = saved;
	return real.bind(fd, (const struct sockaddr *)&to, sizeof to);
}

/* Logs a datagram socket that a rule keeps; for streams, listen() logs it. */
static void log_datagrams(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in6 at;

	if (log_wants(LOG_LEVEL_INFO) && translate_bind(addr, len, &at) &&
	    socket_transport(fd) == IPPROTO_UDP)
		log_line(LOG_LEVEL_INFO, "descriptor %d is bound to 0.0.0.0:%u, in IPv4 alone", fd,
			 ntohs(at.sin6_port));
}

/* Widens FD to AT instead of binding it to ADDR, an IPv4 address that a rule names. */
static int widen_address(int fd, const struct sockaddr *addr, const struct sockaddr_in6 *at)
{
	struct sockaddr_in in;
	bool first;
	int result;

	memcpy(&in, addr, sizeof in);
	first = interfaces_is_first(fd, &in);
	result = first ? widen(fd, at, false) : -EADDRINUSE;
	if (first && result == -EADDRINUSE && interfaces_share(fd, &in, true))
		result = widen(fd, at, false);
	if (result == 0)
		interfaces_note(fd, &in);
	return result;
}

int hook_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	enum rules_action action;
	struct sockaddr_in6 at, dual;
	struct sockaddr_in shown;
	int saved = errno, result;

	hooks_start();
	attempt_note_bind();
	if (!memory_readable_address(addr, len))
		return real.bind(fd, addr, len);
	if (hooks_known_in6(fd, addr, len, &shown))
		return hook_bind(fd, (const struct sockaddr *)&shown, sizeof shown);
	if (translate_foreign(addr, len) && hooks_dual(fd))
		return hooks_fail(-EAFNOSUPPORT);
	action = config.active ? bind_rules_action(fd, addr, len) : RULES_DEFAULT;
	if (sockaddr_is_in6(addr, len))
		return bind_in6_by(fd, addr, len, action);
	if (!config.active || !bind_rules_widens(action, addr, len, &at) ||
	    bind_rules_question(fd, action, &at)) {
		errno = saved;
		result = bind_in(fd, addr, len);
		if (result == 0 && action == RULES_IPV4)
			log_datagrams(fd, addr, len);
		return result;
	}
	if (action == RULES_DUAL && !translate_bind(addr, len, &dual))
		result = widen_address(fd, addr, &at);
	else
		result = widen(fd, &at, action == RULES_IPV6);
	/* A port for IPv6 alone is not opened in IPv4, and no synthetic address is bound. */
	if (result && (action == RULES_IPV6 || !IN6_IS_ADDR_UNSPECIFIED(&at.sin6_addr)))
		return hooks_fail(result == -EADDRINUSE ? result : -EADDRNOTAVAIL);
	errno = saved;
	if (result == 0)
		return 0;
	return bind_in(fd, addr, len);
}

/* With SO_REUSEADDR, a conflict with the other family shows only here (inet_csk_listen_start()). */
static int listen_in6(int fd, int backlog, const struct sockaddr_in6 *name)
{
	int saved = errno, result = real.listen(fd, backlog);

	if (result == 0 || errno != EADDRINUSE || !mark_expected())
		return result;
	if (interfaces_share(fd, &(struct sockaddr_in){.sin_port = name->sin6_port}, false) &&
	    real.listen(fd, backlog) == 0) {
		errno = saved;
		return 0;
	}
	if (hooks_dual(fd) || mapped_port(fd)
		? narrow(fd) != 0
		: !translate_beside_wildcard(name, socket_int(fd, IPPROTO_IPV6, IPV6_V6ONLY) > 0) ||
		      !narrow_for(fd, name->sin6_port))
		return hooks_fail(-EADDRINUSE);
	errno = saved;
	return real.listen(fd, backlog);
}

/* listen() binds the program's own unbound socket to [::]. A rule that names :: is applied first. */
static void bind_unbound_in6(int fd, const struct sockaddr_in6 *name)
{
	enum rules_action action = bind_rules_action(fd, (const struct sockaddr *)name, sizeof *name);
	struct sockaddr_in6 at = *name;

	if (action == RULES_DEFAULT)
		return;
	rule_in6(fd, &at, action);
	(void)real.bind(fd, (const struct sockaddr *)&at, sizeof at);
}

/* listen() on an unbound socket binds it to 0.0.0.0 and a port of the kernel's choice. */
static int listen_unbound(int fd, int backlog, const union sockaddr_any *name)
{
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	enum rules_action action = bind_rules_action(fd, &name->any, sizeof name->in);
	int saved = errno;

	if (action != RULES_IPV4 && widen(fd, &any, action == RULES_IPV6) != 0 && action == RULES_IPV6)
		return hooks_fail(-EADDRNOTAVAIL);
	errno = saved;
	return real.listen(fd, backlog);
}

/* FD stays IPv4: it was bound before, or widening it has failed, or a rule keeps it. */
static int listen_in(int fd, int backlog, const struct sockaddr_in *name)
{
	int saved = errno, result = real.listen(fd, backlog);

	if (result != 0 && errno == EADDRINUSE) {
		result = interfaces_share(fd, name, false) ? real.listen(fd, backlog) : -1;
		errno = result == 0 ? saved : EADDRINUSE;
	}
	if (result == 0 && name->sin_addr.s_addr == htonl(INADDR_ANY)) {
		log_line(LOG_LEVEL_INFO, "descriptor %d listens on 0.0.0.0:%u, in IPv4 alone", fd,
			 ntohs(name->sin_port));
		errno = saved;
	}
	return result;
}

int hook_listen(int fd, int backlog)
{
	union sockaddr_any name;
	socklen_t len = sizeof name;
	int saved = errno;

	hooks_start();
	name.any.sa_family = AF_UNSPEC;
	if (config.active && real.getsockname(fd, &name.any, &len) == 0) {
		if (name.any.sa_family == AF_INET)
			return name.in.sin_port ? listen_in(fd, backlog, &name.in)
						: listen_unbound(fd, backlog, &name);
		if (name.any.sa_family == AF_INET6) {
			if (name.in6.sin6_port == 0)
				bind_unbound_in6(fd, &name.in6);
			return listen_in6(fd, backlog, &name.in6);
		}
	}
	errno = saved;
	return real.listen(fd, backlog);
}

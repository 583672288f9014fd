/* connect(), and questions about a connect in progress. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "address/reply_source.h"
#include "address/synthetic.h"
#include "address/translate.h"
#include "base/memory.h"
#include "client/connects.h"
#include "client/destinations.h"
#include "client/in_progress.h"
#include "config/config.h"
#include "resolver/connect_rules.h"
#include "resolver/known_names.h"
#include "resolver/scope.h"
#include "server/association.h"
#include "server/bind_rules.h"
#include "server/widen.h"
#include "socket/facts.h"

/* connect() of a descriptor whose connect is in progress. Returns false if none is; else STATUS is 0 or a
 * negative errno. */
static bool once_more(int fd, const struct sockaddr *addr, socklen_t len, int *status)
{
	if (!connects_pending())
		return false;
	if (sockaddr_family(addr) == AF_UNSPEC) {
		connects_end(fd, true);
		return false;
	}
	if (connects_ask(fd) != -EINPROGRESS)
		return false;
	*status = connect_again(fd, addr, len);
	return true;
}

/* Makes FD, which is not marked, ready to send to IPv6 addresses. */
static bool make_ready(int fd, bool connecting)
{
	int saved = errno;

	if (bind_rules_keeps(fd) || (widen_in_place(fd, connecting) != 0 && mark_test(fd) == MARK_NONE)) {
		errno = ENETUNREACH;
		return false;
	}
	errno = saved;
	return true;
}

bool ready_for_in6(int fd)
{
	return mark_test(fd) != MARK_NONE || make_ready(fd, false);
}

bool ready_for_nat64(int fd, const struct sockaddr *addr, const struct sockaddr_in6 *to)
{
	struct sockaddr_in in;

	if (!ready_for_in6(fd))
		return false;
	memcpy(&in, addr, sizeof in);
	synthetic_stand(&to->sin6_addr, in.sin_addr.s_addr);
	return true;
}

/* connect() of FD, no marked datagram socket, to an address that stands for no other. Returns whether RESULT
 * is the result. It is not for a marked stream socket, which requires a sockaddr_in6 (tcp_v6_connect()). */
static bool connect_as_is(int fd, const struct sockaddr *addr, socklen_t len, int *result)
{
	int saved = errno;

	*result = real.connect(fd, addr, len);
	if (*result == 0 || (errno != EINVAL && errno != EAFNOSUPPORT) || mark_test(fd) == MARK_NONE)
		return true;
	errno = saved;
	return false;
}

/* Whether FD's own address is ADDR. */
static bool is_at(int fd, const struct in6_addr *addr)
{
	union sockaddr_any name;

	return socket_name(fd, &name) == AF_INET6 && IN6_ARE_ADDR_EQUAL(&name.in6.sin6_addr, addr);
}

/* Connects FD to TO from LOCAL. If a socket is connected to an address of this host, it gets that as its own
 * address, and keeps it when it is connected to TO (__ip6_datagram_connect(), ip6_datagram_dst_update()).
 * Returns false if FD is not connected like that. */
static bool connect_from(int fd, const struct in6_pktinfo *local, const struct sockaddr_in6 *to)
{
	const struct sockaddr_in6 own = {.sin6_family = AF_INET6,
					 .sin6_port = htons(9),
					 .sin6_addr = local->ipi6_addr,
					 .sin6_scope_id = local->ipi6_ifindex};

	association_dissolve(fd);
	return real.connect(fd, (const struct sockaddr *)&own, sizeof own) == 0 &&
	       is_at(fd, &local->ipi6_addr) && real.connect(fd, (const struct sockaddr *)to, sizeof *to) == 0;
}

/* connect() of a marked datagram socket. A server's socket then sends from the address that the peer TO has
 * asked, if possible. */
static int connect_datagrams(int fd, const struct sockaddr_in6 *to)
{
	struct in6_pktinfo local;
	int saved = errno;

	if (real.connect(fd, (const struct sockaddr *)to, sizeof *to) != 0)
		return -1;
	if (reply_source_of(fd, to, &local) && !is_at(fd, &local.ipi6_addr) && association_may_dissolve(fd) &&
	    !connect_from(fd, &local, to)) {
		association_dissolve(fd);
		if (real.connect(fd, (const struct sockaddr *)to, sizeof *to) != 0)
			return -1;
	}
	errno = saved;
	return 0;
}

/* The same for a socket that may be connected already. If the new peer can't be reached, it stays connected
 * to the old one: unconnected, it would receive from anybody. */
static int connect_datagrams_again(int fd, const struct sockaddr_in6 *to)
{
	union sockaddr_any peer;
	int saved = errno, error;
	bool connected = socket_peer(fd, &peer) == AF_INET6;

	/* The family can change only without an association. */
	if (connected && IN6_IS_ADDR_V4MAPPED(&peer.in6.sin6_addr) != IN6_IS_ADDR_V4MAPPED(&to->sin6_addr) &&
	    association_may_dissolve(fd))
		association_dissolve(fd);
	errno = saved;
	if (connect_datagrams(fd, to) == 0)
		return 0;
	error = errno;
	if (connected)
		(void)real.connect(fd, &peer.any, sizeof peer.in6);
	return hooks_fail(-error);
}

/* The error of an AF_INET socket for an address of another family. */
static int connect_foreign(int fd)
{
	const struct sockaddr_in6 none = {.sin6_family = AF_MAX};

	return real.connect(fd, (const struct sockaddr *)&none, sizeof none);
}

/* No packet ever leaves for the pool: an address that was not given out here is nobody's. If FD can't be
 * connected at all, the error is the kernel's. */
static int refuse(int fd)
{
	return connect_foreign(fd) != 0 && errno != EAFNOSUPPORT && errno != EINVAL
		   ? -1
		   : hooks_fail(-ENETUNREACH);
}

/* Connects to one address, on a socket of the right family. */
static int connect_plainly(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in6 to;
	struct sockaddr_in in;
	int saved = errno, result;
	bool datagrams;

	if (translate_nobodys(addr, len))
		return refuse(fd);
	memcpy(&in, addr, sizeof in);
	if (!synthetic_in_pool(in.sin_addr.s_addr) && !mark_test_datagram(fd)) {
		if (connect_as_is(fd, addr, len, &result))
			return result;
	} else if (mark_test(fd) == MARK_NONE) {
		if (!translate_synthetic(addr, len, &to))
			return refuse(fd);
		if (!make_ready(fd, true))
			return refuse(fd);
	}
	to = translate_real(&in);
	datagrams = mark_test_datagram(fd);
	errno = saved;
	return datagrams ? connect_datagrams_again(fd, &to)
			 : real.connect(fd, (const struct sockaddr *)&to, sizeof to);
}

static int dissolve(int fd, const struct sockaddr *addr, socklen_t len)
{
	int saved = errno;
	bool exists = mark_test_datagram(fd) && association_exists(fd);

	errno = saved;
	if (real.connect(fd, addr, len) != 0)
		return -1;
	if (exists && widen_again(fd) != 0)
		association_dissolve(fd);
	errno = saved;
	return 0;
}

/* A rule leaves out the address D that FD connects to: a datagram socket connects to another address of the
 * name. */
static int connect_instead(int fd, const struct sockaddr *addr, const struct destination *d)
{
	struct sockaddr_in6 to = d->to;
	struct sockaddr_in shown;
	uint32_t i = 0;

	while (i < d->list.count && !(connect_rules_allows(d->action, &d->list.addresses[i].addr) &&
				      scope_permits(&d->to.sin6_addr, &d->list.addresses[i].addr)))
		i++;
	if (i == d->list.count || socket_protocol(fd) != IPPROTO_UDP) {
		connect_rules_log(fd, &d->to);
		return hooks_fail(-ENETUNREACH);
	}
	to.sin6_addr = d->list.addresses[i].addr;
	to.sin6_scope_id = d->list.addresses[i].scope;
	if (sockaddr_family(addr) == AF_INET6)
		return real.connect(fd, (const struct sockaddr *)&to, sizeof to);
	shown = translate_shown(&to, MARK_DATAGRAM);
	return connect_plainly(fd, (const struct sockaddr *)&shown, sizeof shown);
}

int hook_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct names_address to;
	struct destination d;
	struct sockaddr_in shown;
	int saved = errno, result;

	hooks_start();
	if (!config.active || !addr || len < sizeof addr->sa_family || len > SOCKADDR_MOST ||
	    !memory_readable_lately(addr, len))
		return real.connect(fd, addr, len);
	if (once_more(fd, addr, len, &result))
		return result ? hooks_fail(result) : 0;
	if (sockaddr_family(addr) == AF_UNSPEC)
		return dissolve(fd, addr, len);
	if (hooks_known_in6(fd, addr, len, &shown))
		return hook_connect(fd, (const struct sockaddr *)&shown, sizeof shown);
	if (translate_foreign(addr, len) && mark_test(fd) != MARK_NONE)
		return connect_foreign(fd);
	if (!translate_in6(addr, len, &d.to))
		return real.connect(fd, addr, len);
	if (sockaddr_family(addr) == AF_INET6) {
		addr = (const struct sockaddr *)&d.to;
		len = sizeof d.to;
	}
	destination_find(&d, fd);
	if (d.names) {
		/* A program that connects in AF_INET6 goes from one family to the other by itself. */
		to = names_address(&d.to);
		if (sockaddr_family(addr) == AF_INET6)
			names_connected_in6(&to);
		result = connect_by_name(fd, addr, len, &d);
		if (result != -ENOSPC)
			return result ? hooks_fail(result) : 0;
	}
	if (!connect_rules_allows(d.action, &d.to.sin6_addr))
		return connect_instead(fd, addr, &d);
	if (sockaddr_family(addr) != AF_INET)
		return translate_nobodys(addr, len)                          ? refuse(fd)
		       : reply_source_expected() && mark_datagram_lately(fd) ? connect_datagrams(fd, &d.to)
									     : real.connect(fd, addr, len);
	result = connect_plainly(fd, addr, len);
	if (result == 0 || errno != ENETUNREACH || !destination_nat64(addr, len, &d.to) ||
	    !connect_rules_allows(d.action, &d.to.sin6_addr) || !ready_for_nat64(fd, addr, &d.to))
		return result;
	errno = saved;
	return real.connect(fd, (const struct sockaddr *)&d.to, sizeof d.to);
}

/* getsockname() and getpeername(). */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <netinet/in.h>

#include "base/memory.h"
#include "client/connects.h"
#include "client/in_progress.h"
#include "config/config.h"
#include "socket/facts.h"

bool hooks_pass(const struct sockaddr *addr, const socklen_t *room)
{
	return !config.active ||
	       (addr && (!mark_expected() || !memory_takes_address_lately(addr, room) || (int)*room < 0));
}

bool hooks_in6_peer(int fd, struct sockaddr_in6 *peer)
{
	union sockaddr_any name;
	int saved = errno;
	bool result = socket_peer(fd, &name) == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&name.in6.sin6_addr);

	errno = saved;
	if (result && peer)
		*peer = name.in6;
	return result;
}

/* What both calls do where there may be something to translate; ASK is the real one. Apart, so that others
 * cost no more. */
static __attribute__((noinline)) int translated(int (*ask)(int, struct sockaddr *, socklen_t *), int fd,
						struct sockaddr *addr, socklen_t *room)
{
	enum mark kind = MARK_NONE;
	union sockaddr_any name;
	socklen_t len = sizeof name;

	if (ask(fd, &name.any, &len) != 0)
		return -1;
	if (sockaddr_is_in6(&name.any, len))
		kind = mark_test(fd);
	if (kind == MARK_NONE && sockaddr_is_in6(&name.any, len) && mark_assume(fd, *room))
		kind = MARK_STREAM;
	/* A peer at :: is nobody's (accept.c), and not 0.0.0.0. */
	if (kind != MARK_NONE && ask == real.getpeername && IN6_IS_ADDR_UNSPECIFIED(&name.in6.sin6_addr))
		return hooks_fail(-ENOTCONN);
	return hooks_give(&name, len, kind, addr, room) ? 0 : -1;
}

static int name_of(int (*ask)(int, struct sockaddr *, socklen_t *), int fd, struct sockaddr *addr,
		   socklen_t *room)
{
	/* A program may wait for a connection by calling this repeatedly. */
	if (connects_pending())
		(void)connects_ask(fd);
	return !addr || hooks_pass(addr, room) ? ask(fd, addr, room) : translated(ask, fd, addr, room);
}

int hook_getsockname(int fd, struct sockaddr *addr, socklen_t *room)
{
	hooks_start();
	return name_of(real.getsockname, fd, addr, room);
}

int hook_getpeername(int fd, struct sockaddr *addr, socklen_t *room)
{
	hooks_start();
	return name_of(real.getpeername, fd, addr, room);
}

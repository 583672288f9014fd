/* accept() and accept4(): the program is shown an IPv4 address for each peer. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <netinet/in.h>

#include "address/translate.h"
#include "base/log.h"
#include "base/sys.h"
#include "config/config.h"
#include "config/settings.h"
#include "server/narrow.h"
#include "server/socket_activation.h"

/* Logs, at a peer's first connection, which address it is shown as. Readers of the program's own log need it.
 */
static void log_peer(int fd, const struct sockaddr_in6 *in6, bool known)
{
	enum log_level level = known ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
	char from[SOCKADDR_TEXT], as[SOCKADDR_TEXT];
	struct sockaddr_in shown;

	if (!log_wants(level) || IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return;
	shown = translate_shown(in6, MARK_STREAM);
	log_line(level, "descriptor %d accepted from %s, shown as %s", fd,
		 sockaddr_text((const struct sockaddr *)in6, from),
		 sockaddr_text((const struct sockaddr *)&shown, as));
}

/* Whether NAME has been logged already. To be called before NAME is shown. ::1 gets no synthetic address. */
static bool known_peer(const union sockaddr_any *name)
{
	return !log_wants(LOG_LEVEL_INFO) ||
	       (IN6_IS_ADDR_LOOPBACK(&name->in6.sin6_addr) && !config.settings.loopback_synthetic) ||
	       translate_known(&name->in6);
}

/* Makes a connection from an IPv4 address an AF_INET socket again (ipv6(7), IPV6_ADDRFORM). It is then as
 * without the library, also for programs that make their own system calls or inherit it without the library.
 * The kernel refuses under MPTCP, and if the peer has gone already: then the socket keeps its mark. If the
 * peer is shown as another address than its own, the socket stays AF_INET6, too. */
static void prepare(int fd, const union sockaddr_any *name, bool known)
{
	int family = AF_INET;

	if (translate_is_plain(&name->in6))
		(void)real.setsockopt(fd, IPPROTO_IPV6, IPV6_ADDRFORM, &family, sizeof family);
	log_peer(fd, &name->in6, known);
}

/* Hands NAME, the peer of the accepted FD, to the program. Returns false, with EFAULT in errno, if the
 * program's memory can't be written. */
static bool accepted(int fd, const union sockaddr_any *name, socklen_t len, struct sockaddr *addr,
		     socklen_t *room)
{
	bool marked =
	    sockaddr_is_in6(&name->any, len) && (mark_test_stream(fd) || mark_assume_accepted(fd, *room));
	bool known = marked && known_peer(name);

	if (!hooks_give(name, len, marked ? MARK_STREAM : MARK_NONE, addr, room))
		return false;
	if (marked)
		prepare(fd, name, known);
	return true;
}

/* The length of FD's peer, for a program that did not ask for the peer; 0 if it is not to be translated.
 * accept() gets no buffer of ours then, as sockets of some families have no peer name, and would lose the
 * connection. */
static socklen_t peer_of(int fd, union sockaddr_any *name)
{
	socklen_t len = sizeof *name;

	return mark_test_stream(fd) && real.getpeername(fd, &name->any, &len) == 0 ? len : 0;
}

/* Closes FD if its peer, NAME, is at ::, which would be shown as 0.0.0.0. Nobody has that address, but Linux
 * accepts connections from it, and a router of this host can complete one. */
static bool close_nobodys(int fd, const union sockaddr_any *name, socklen_t len)
{
	if (!sockaddr_is_in6(&name->any, len) || !IN6_IS_ADDR_UNSPECIFIED(&name->in6.sin6_addr) ||
	    !mark_test_stream(fd))
		return false;
	sys_close(fd);
	return true;
}

static int call_accept(int fd, struct sockaddr *addr, socklen_t *room, int flags)
{
	return flags < 0 ? real.accept(fd, addr, room) : real.accept4(fd, addr, room, flags);
}

/* accept() with NAME's LEN in and out. If the socket is narrowed meanwhile, calls it once more; a narrowed
 * socket is not narrowed again. */
static int accept_once(int fd, union sockaddr_any *name, socklen_t *len, int flags)
{
	const unsigned before = narrow_count(fd);
	int result = call_accept(fd, name ? &name->any : NULL, name ? len : NULL, flags);

	/* This call does not concern a socket that the program itself has put on FD. */
	if (result >= 0 || errno != EINVAL || narrow_count(fd) == before)
		return result;
	*len = sizeof *name;
	return call_accept(fd, name ? &name->any : NULL, name ? len : NULL, flags);
}

static int do_accept(int fd, struct sockaddr *addr, socklen_t *room, int flags)
{
	union sockaddr_any name = {.in6 = {.sin6_family = AF_UNSPEC}};
	socklen_t len;
	int saved = errno, result;

	if (hooks_pass(addr, room))
		return call_accept(fd, addr, room, flags);
	do {
		len = sizeof name;
		result = accept_once(fd, addr ? &name : NULL, &len, flags);
		if (result < 0)
			return result;
		if (config.settings.peer == SETTINGS_PEER_SYNTHETIC)
			activation_mark_connection(fd, result);
		if (!addr)
			len = peer_of(result, &name);
	} while (close_nobodys(result, &name, len));
	if (addr && !accepted(result, &name, len, addr, room)) {
		sys_close(result);
		return hooks_fail(-EFAULT);
	}
	if (!addr && sockaddr_is_in6(&name.any, len))
		prepare(result, &name, known_peer(&name));
	errno = saved;
	return result;
}

int hook_accept(int fd, struct sockaddr *addr, socklen_t *room)
{
	hooks_start();
	return do_accept(fd, addr, room, -1);
}

int hook_accept4(int fd, struct sockaddr *addr, socklen_t *room, int flags)
{
	hooks_start();
	/* The kernel's EINVAL for wrong flags must not be taken for a narrowed socket. */
	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return real.accept4(fd, addr, room, flags);
	return do_accept(fd, addr, room, flags);
}

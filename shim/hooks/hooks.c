/* The socket calls: translate, call the real one, translate back. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "address/translate.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/sockaddr.h"
#include "base/sys.h"
#include "client/connects.h"
#include "config/config.h"
#include "config/policy.h"
#include "config/rules.h"
#include "config/settings.h"
#include "server/socket_activation.h"
#include "server/widen.h"
#include "socket/descriptors.h"
#include "socket/mark.h"

static _Atomic int started;

/* Looks for marked sockets that the program before exec left to this one. */
static int look_for_mark(int fd, void *arg)
{
	struct stat st;

	(void)arg;
	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) && mark_test(fd) != MARK_NONE;
}

static void look_for_marks(void)
{
	int saved = errno;

	mark_expect();
	/* Any descriptor, where a program under the library has executed this one. Who does that behind its
	 * back (system(3), a system call of its own) may leave it some, too, but of low numbers. */
	if ((config.inherited ? descriptors_each : descriptors_each_low)(look_for_mark, NULL) == 0)
		mark_forget();
	errno = saved;
}

/* A second thread that gets here meanwhile (only an initialiser of another library could have made it)
 * finds the real functions at least, and the shim inactive. */
void hooks_start(void)
{
	int expected = 0;

	if (atomic_load_explicit(&started, memory_order_acquire) == 2)
		return;
	if (real_load() != 0 || !atomic_compare_exchange_strong(&started, &expected, 1))
		return;
	config_load();
	if (config.active)
		look_for_marks();
	if (config.active && config.peer == SETTINGS_PEER_SYNTHETIC)
		activation_mark_sockets();
	connects_setup(config.active);
	atomic_store_explicit(&started, 2, memory_order_release);
}

__attribute__((constructor)) static void load(void)
{
	hooks_start();
}

__attribute__((destructor)) static void unload(void)
{
	log_end();
}

bool hooks_dual(int fd)
{
	return config.active && mark_test(fd) != MARK_NONE;
}

int hooks_fail(int negative)
{
	errno = -negative;
	return -1;
}

/* A rule that names :: says which families the program's own socket at [::] has. IPv4 alone is the wildcard
 * V4MAPPED, which no IPv6 peer reaches (ipv6(7)). */
static void rule_in6(int fd, struct sockaddr_in6 *at, enum rules_action action)
{
	int v6only = action == RULES_IPV6;

	if (action == RULES_DEFAULT || !IN6_IS_ADDR_UNSPECIFIED(&at->sin6_addr))
		return;
	(void)real.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only);
	if (action == RULES_IPV4)
		at->sin6_addr.s6_addr[10] = at->sin6_addr.s6_addr[11] = 0xff;
}

/* The program's own IPv6 socket comes first: whatever the shim widened makes room for it. */
static int bind_in6(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	int v6only = 0, saved = errno, result = real.bind(fd, addr, len);
	socklen_t size = sizeof v6only;
	bool shares = result == 0 && mark_expected() && widen_shares(fd);

	if (result == 0)
		errno = saved;
	if (!mark_expected() || (result == 0 ? !shares : errno != EADDRINUSE))
		return result;
	memcpy(&in6, addr, len < sizeof in6 ? len : sizeof in6);
	(void)real.getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &size);
	if (translate_beside_wildcard(&in6, v6only || shares) && narrow_for(fd, in6.sin6_port) && result != 0)
		result = real.bind(fd, addr, len);
	else if (result != 0)
		return hooks_fail(-EADDRINUSE);
	if (result == 0)
		errno = saved;
	return result;
}

static int bind_in6_by(int fd, const struct sockaddr *addr, socklen_t len, enum rules_action action)
{
	struct sockaddr_in6 at;

	if (action == RULES_DEFAULT || !translate_in6(addr, len, &at))
		return bind_in6(fd, addr, len);
	rule_in6(fd, &at, action);
	return bind_in6(fd, (const struct sockaddr *)&at, sizeof at);
}

/* A dual-stack socket is bound already, and says so if it is asked in its own family. */
static int bind_in(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in6 to;

	if (!sockaddr_is_in(addr, len) || !hooks_dual(fd) || !translate_in6(addr, len, &to))
		return real.bind(fd, addr, len);
	return real.bind(fd, (const struct sockaddr *)&to, sizeof to);
}

int hook_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	enum rules_action action;
	struct sockaddr_in6 at;
	int saved = errno, result;

	hooks_start();
	if (!memory_readable_address(addr, len))
		return real.bind(fd, addr, len);
	if (translate_foreign(addr, len) && hooks_dual(fd))
		return hooks_fail(-EAFNOSUPPORT);
	action = config.active ? policy_bind(fd, addr, len) : RULES_DEFAULT;
	if (sockaddr_is_in6(addr, len))
		return bind_in6_by(fd, addr, len, action);
	if (!config.active || !policy_widens(action, addr, len, &at))
		return bind_in(fd, addr, len);
	result = widen(fd, &at, action == RULES_IPV6);
	/* Who wants a port in IPv6 alone does not want it open in IPv4. */
	if (result && action == RULES_IPV6)
		return hooks_fail(result == -EADDRINUSE ? result : -EADDRNOTAVAIL);
	errno = saved;
	if (result == 0)
		return 0;
	return bind_in(fd, addr, len);
}

/* With SO_REUSEADDR a port that the other family has shows only here (inet_csk_listen_start()). */
static int listen_in6(int fd, int backlog, const struct sockaddr_in6 *name)
{
	int v6only = 0, saved = errno, result = real.listen(fd, backlog);
	socklen_t size = sizeof v6only;

	if (result == 0 || errno != EADDRINUSE || !mark_expected())
		return result;
	if (hooks_dual(fd)) {
		result = narrow(fd);
	} else {
		(void)real.getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &size);
		result = translate_beside_wildcard(name, v6only) && narrow_for(fd, name->sin6_port)
			     ? 0
			     : -EADDRINUSE;
	}
	if (result)
		return hooks_fail(-EADDRINUSE);
	errno = saved;
	return real.listen(fd, backlog);
}

/* The same to [::], of a socket of the program's own: a rule that names :: is obeyed first. */
static void bind_unbound_in6(int fd, const struct sockaddr_in6 *name)
{
	enum rules_action action = policy_bind(fd, (const struct sockaddr *)name, sizeof *name);
	struct sockaddr_in6 at = *name;

	if (action == RULES_DEFAULT)
		return;
	rule_in6(fd, &at, action);
	(void)real.bind(fd, (const struct sockaddr *)&at, sizeof at);
}

/* listen() on an unbound socket binds it to 0.0.0.0 and a port of the kernel's choice. */
static int listen_unbound(int fd, int backlog, const union sockaddr_any *name, socklen_t len)
{
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	enum rules_action action = policy_bind(fd, &name->any, len);
	int saved = errno;

	if (action != RULES_IPV4 && widen(fd, &any, action == RULES_IPV6) != 0 && action == RULES_IPV6)
		return hooks_fail(-EADDRNOTAVAIL);
	errno = saved;
	return real.listen(fd, backlog);
}

int hook_listen(int fd, int backlog)
{
	union sockaddr_any name;
	socklen_t len = sizeof name;
	int saved = errno;

	hooks_start();
	if (!config.active || real.getsockname(fd, &name.any, &len) != 0) {
		errno = saved;
		return real.listen(fd, backlog);
	}
	if (sockaddr_is_in6(&name.any, len)) {
		if (name.in6.sin6_port == 0 && config.active)
			bind_unbound_in6(fd, &name.in6);
		return listen_in6(fd, backlog, &name.in6);
	}
	if (sockaddr_is_in(&name.any, len) && name.in.sin_port == 0)
		return listen_unbound(fd, backlog, &name, len);
	return real.listen(fd, backlog);
}

/* An accepted connection from an IPv4 address can be made an AF_INET socket again (ipv6(7),
 * IPV6_ADDRFORM): then it is what it would have been without the shim, for programs that make system
 * calls of their own and for those that inherit it without the shim, too. The kernel refuses when the
 * peer has gone already, and under MPTCP; then the mark goes on saying what it is. It does so for one that is
 * not shown as what it is, too. */
static void unmap(int fd, const struct sockaddr_in6 *peer)
{
	int family = AF_INET;

	if (translate_is_plain(peer))
		(void)real.setsockopt(fd, IPPROTO_IPV6, IPV6_ADDRFORM, &family, sizeof family);
}

/* The first connection of a peer says what it is shown as, for who reads the program's own log. */
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

/* Whether there is nothing new to say of NAME: to be asked before it is shown. ::1 is no synthetic address.
 */
static bool known_peer(const union sockaddr_any *name)
{
	return !log_wants(LOG_LEVEL_INFO) || IN6_IS_ADDR_LOOPBACK(&name->in6.sin6_addr) ||
	       translate_known(&name->in6);
}

/* Hands NAME to the program, as translate_give(). False: errno is EFAULT. */
static bool give(const union sockaddr_any *name, socklen_t len, enum mark kind, struct sockaddr *addr,
		 socklen_t *room)
{
	/* odd() has seen to as much as an IPv4 address takes. */
	if (translate_size(name, len, kind, *room) > sizeof name->in &&
	    !memory_writable(addr, translate_size(name, len, kind, *room))) {
		errno = EFAULT;
		return false;
	}
	translate_give(name, len, kind, addr, room);
	return true;
}

/* What accept() yielded in FD, whose peer is NAME. False: the program can't be told, and errno is EFAULT. */
static bool accepted(int fd, const union sockaddr_any *name, socklen_t len, struct sockaddr *addr,
		     socklen_t *room)
{
	bool marked = sockaddr_is_in6(&name->any, len) && (mark_test_stream(fd) || mark_assume(fd, *room));
	bool known = marked && known_peer(name);

	if (!give(name, len, marked ? MARK_STREAM : MARK_NONE, addr, room))
		return false;
	if (marked) {
		unmap(fd, &name->in6);
		log_peer(fd, &name->in6, known);
	}
	return true;
}

/* The same where the program did not ask for the peer. The kernel is not asked either: sockets of some
 * families have none, and lose the connection over it. */
static void accepted_unasked(int fd)
{
	union sockaddr_any name;
	socklen_t len = sizeof name;

	if (!mark_test_stream(fd) || real.getpeername(fd, &name.any, &len) != 0 ||
	    !sockaddr_is_in6(&name.any, len))
		return;
	unmap(fd, &name.in6);
	log_peer(fd, &name.in6, known_peer(&name));
}

/* Whether the caller's ADDR and ROOM are such that the kernel should see them, and refuse; or may see them,
 * as there is nothing to translate. Then no system call of another kind is made (mark.h). */
static bool odd(const struct sockaddr *addr, const socklen_t *room)
{
	return !config.active ||
	       (addr && (!mark_expected() || !memory_takes_address(addr, room) || (int)*room < 0));
}

/* accept() and accept4() with FLAGS, or -1 for the former. */
static int call_accept(int fd, struct sockaddr *addr, socklen_t *room, int flags)
{
	return flags < 0 ? real.accept(fd, addr, room) : real.accept4(fd, addr, room, flags);
}

/* Whether accept() failed because another thread has narrowed FD meanwhile: what it waited on was shut
 * down, what is there now listens. */
static bool narrowed_meanwhile(int fd)
{
	int listening = 0, error = errno;
	socklen_t len = sizeof listening;
	bool result;

	if (error != EINVAL || !mark_expected())
		return false;
	result = real.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening;
	errno = error;
	return result;
}

static int do_accept(int fd, struct sockaddr *addr, socklen_t *room, int flags)
{
	union sockaddr_any name;
	socklen_t len = sizeof name;
	int saved = errno, result;

	if (odd(addr, room))
		return call_accept(fd, addr, room, flags);
	result = call_accept(fd, addr ? &name.any : NULL, addr ? &len : NULL, flags);
	/* Once: what is there then is not narrowed any more. */
	if (result < 0 && narrowed_meanwhile(fd)) {
		len = sizeof name;
		result = call_accept(fd, addr ? &name.any : NULL, addr ? &len : NULL, flags);
	}
	if (result < 0)
		return result;
	if (config.peer == SETTINGS_PEER_SYNTHETIC)
		activation_mark_connection(fd, result);
	if (!addr) {
		accepted_unasked(result);
	} else if (!accepted(result, &name, len, addr, room)) {
		sys_close(result);
		return hooks_fail(-EFAULT);
	}
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
	/* What the kernel refuses as EINVAL must not look like a socket that was narrowed. */
	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return real.accept4(fd, addr, room, flags);
	return do_accept(fd, addr, room, flags);
}

/* getsockname() and getpeername(), which differ in the real one only. */
static int name_of(int (*ask)(int, struct sockaddr *, socklen_t *), int fd, struct sockaddr *addr,
		   socklen_t *room)
{
	enum mark kind = MARK_NONE;
	union sockaddr_any name;
	socklen_t len = sizeof name;

	/* A program may wait in asking again and again. */
	if (connects_pending())
		connects_advance();
	if (!addr || odd(addr, room))
		return ask(fd, addr, room);
	if (ask(fd, &name.any, &len) != 0)
		return -1;
	if (sockaddr_is_in6(&name.any, len))
		kind = mark_test(fd);
	if (kind == MARK_NONE && sockaddr_is_in6(&name.any, len) && mark_assume(fd, *room))
		kind = MARK_STREAM;
	return give(&name, len, kind, addr, room) ? 0 : -1;
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

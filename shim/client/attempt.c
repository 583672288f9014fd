#define _GNU_SOURCE
#include "client/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "address/translate.h"
#include "base/real.h"
#include "base/sys.h"
#include "socket/clone.h"
#include "socket/facts.h"
#include "socket/mark.h"
#include "socket/options.h"

/* TCP_MAXSEG of a socket that has none set (linux/tcp.h, TCP_MSS_DEFAULT). */
enum { MSS_DEFAULT = 536 };

static _Atomic bool binds;

void attempt_note_bind(void)
{
	atomic_store_explicit(&binds, true, memory_order_relaxed);
}

/* struct tcp_info as in linux/tcp.h, as far as that; some C libraries have a shorter one. */
struct info {
	unsigned char state, unused[119];
	uint64_t bytes_acked, bytes_received;
	uint32_t segs_out, segs_in;
};

static bool ask(int fd, struct info *info)
{
	socklen_t len = sizeof *info;

	memset(info, 0, sizeof *info);
	return real.getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0;
}

void attempt_local(int fd, in_port_t port, struct attempt_plan *plan)
{
	socklen_t len = sizeof plan->local;
	bool anywhere;

	memset(plan, 0, sizeof *plan);
	plan->port = port;
	/* Later it is the size in use (do_tcp_getsockopt()). */
	if (options_touched(IPPROTO_TCP, TCP_MAXSEG))
		plan->maxseg = socket_int(fd, IPPROTO_TCP, TCP_MAXSEG);
	if (plan->maxseg < 0 || plan->maxseg == MSS_DEFAULT)
		plan->maxseg = 0;
	if (!atomic_load_explicit(&binds, memory_order_relaxed) ||
	    real.getsockname(fd, &plan->local.any, &len) != 0)
		return;
	anywhere = sockaddr_is_in(&plan->local.any, len)
		       ? plan->local.in.sin_addr.s_addr == 0
		       : IN6_IS_ADDR_UNSPECIFIED(&plan->local.in6.sin6_addr);
	plan->bound =
	    !anywhere || (plan->local.in.sin_port != 0 && socket_is_bound(fd, plan->local.any.sa_family));
}

bool attempt_plan(int fd, struct attempt_plan *plan)
{
	int domain = socket_option(fd, SO_DOMAIN);

	plan->protocol = socket_option(fd, SO_PROTOCOL);
	if ((domain != AF_INET && domain != AF_INET6) ||
	    (plan->protocol != IPPROTO_TCP && plan->protocol != IPPROTO_MPTCP))
		return false;
	plan->reuse = options_touched(SOL_SOCKET, SO_REUSEADDR) ? socket_option(fd, SO_REUSEADDR) : 0;
	if (domain == AF_INET)
		return true;
	plan->marked = mark_test(fd) != MARK_NONE;
	plan->in6 = !plan->marked;
	plan->v6only = socket_int(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	return plan->v6only >= 0;
}

/* poll() reports POLLOUT and POLLHUP alone for a socket that has not begun (tcp_poll()), at two thirds of the
 * price of TCP_INFO, which tells the other states. The same is reported of an MPTCP socket that has failed
 * and whose error has been read: it may begin again. */
bool attempt_may_begin(int fd, bool going_too)
{
	struct pollfd now = {.fd = fd, .events = POLLIN | POLLOUT};
	struct info info;

	if (sys_poll(&now, 1) == 1 && now.revents == (POLLOUT | POLLHUP))
		return true;
	if (!ask(fd, &info))
		return false;
	return (info.state == TCP_CLOSE && info.segs_out == 0) || (going_too && info.state == TCP_SYN_SENT);
}

/* A socket on its way is not writable, and one that has failed or was reset also reports an error
 * (tcp_poll()). */
bool attempt_is_connected(int fd)
{
	struct pollfd now = {.fd = fd, .events = POLLOUT};

	return sys_poll(&now, 1) == 1 && now.revents == POLLOUT;
}

static bool is_in(const struct in6_addr *addr)
{
	return IN6_IS_ADDR_V4MAPPED(addr);
}

bool attempt_possible(const struct attempt_plan *plan, const struct in6_addr *addr)
{
	const struct in6_addr *from = &plan->local.in6.sin6_addr;

	if (!plan->in6 && !plan->marked)
		return is_in(addr) || !plan->bound;
	if (plan->v6only && is_in(addr))
		return false;
	return !plan->bound || IN6_IS_ADDR_UNSPECIFIED(from) || is_in(from) == is_in(addr);
}

static int bind_clone(const struct attempt_plan *plan, int own, int clone, int family)
{
	union sockaddr_any at = plan->local;
	socklen_t len = family == AF_INET ? sizeof at.in : sizeof at.in6;

	/* A marked one at [::] stands for 0.0.0.0. */
	if (family == AF_INET && plan->marked)
		at.in = translate_shown(&plan->local.in6, MARK_STREAM);
	/* All sockets that share the port need it, until they are closed (inet_csk_bind_conflict()). */
	(void)socket_set(own, SOL_SOCKET, SO_REUSEADDR, 1);
	(void)socket_set(clone, SOL_SOCKET, SO_REUSEADDR, 1);
	return real.bind(clone, &at.any, len) == 0 ? 0 : -errno;
}

int attempt_clone(const struct attempt_plan *plan, int like, int own, const struct in6_addr *addr)
{
	int family = plan->in6 || !is_in(addr) ? AF_INET6 : AF_INET, result = 0;
	const int from = plan->in6 ? AF_INET6 : AF_INET;
	const char *missed;
	int clone = clone_make(like, from, plan->protocol, family, &missed);

	if (clone < 0)
		return clone;
	if (options_touched(IPPROTO_TCP, TCP_MAXSEG))
		(void)socket_set(clone, IPPROTO_TCP, TCP_MAXSEG, plan->maxseg);
	if (plan->bound)
		result = bind_clone(plan, own, clone, family);
	if (result == 0 && family == AF_INET6 && !plan->in6)
		result = mark_set(clone, plan->protocol);
	if (result) {
		sys_close(clone);
		return result;
	}
	return clone;
}

void attempt_finish(const struct attempt_plan *plan, int fd)
{
	if (plan->bound)
		(void)socket_set(fd, SOL_SOCKET, SO_REUSEADDR, plan->reuse);
}

int attempt_begin(const struct attempt_plan *plan, int fd, bool own, const struct names_address *to)
{
	const struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
					 .sin6_port = plan->port,
					 .sin6_addr = to->addr,
					 .sin6_scope_id = to->scope};
	struct sockaddr_in in = {.sin_family = AF_INET};
	bool plain = is_in(&to->addr) && !plan->in6 && !(own && plan->marked);
	int flags = own ? sys_fcntl(fd, F_GETFL, 0) : O_NONBLOCK, result;

	if (plain)
		in = sockaddr_unmapped(&in6);
	if (!(flags & O_NONBLOCK))
		(void)sys_fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	result = real.connect(fd, plain ? (const struct sockaddr *)&in : (const struct sockaddr *)&in6,
			      plain ? sizeof in : sizeof in6);
	/* Another process that holds the socket may have been first. */
	result = result == 0 || errno == EINPROGRESS || errno == EALREADY || errno == EISCONN ? 0 : -errno;
	if (!(flags & O_NONBLOCK))
		(void)sys_fcntl(fd, F_SETFL, flags);
	return result;
}

/* In TCP_CLOSE, a connection that was established and then reset has one byte acknowledged, its SYN; a
 * refused one has none. A socket that has sent nothing is about to. */
enum attempt_state attempt_look(int fd)
{
	struct info info;

	if (!ask(fd, &info))
		return ATTEMPT_FAILED;
	if ((info.state == TCP_CLOSE && info.segs_out == 0) || info.state == TCP_SYN_SENT ||
	    info.state == TCP_SYN_RECV)
		return ATTEMPT_GOING;
	return info.state == TCP_CLOSE && info.bytes_acked == 0 ? ATTEMPT_FAILED : ATTEMPT_CONNECTED;
}

int attempt_error(int fd)
{
	int error = socket_option(fd, SO_ERROR);

	if (error < 0)
		return errno;
	return error ? error : ECONNABORTED;
}

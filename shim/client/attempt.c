#define _GNU_SOURCE
#include "client/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "address/translate.h"
#include "base/real.h"
#include "base/sys.h"
#include "socket/clone.h"
#include "socket/facts.h"
#include "socket/mark.h"

#define OPT_TCP_FASTOPEN_CONNECT 30

/* ms. It is looked at when a SYN is sent again, after a second for the first time (tcp_write_timeout()). */
#define IN_TURN_TIMEOUT 500

/* Descriptors below are left to the program, which may reckon with the lowest number that is free. */
#define HIDDEN 128

static int tcp_option(int fd, int name)
{
	int value;
	socklen_t len = sizeof value;

	return real.getsockopt(fd, IPPROTO_TCP, name, &value, &len) == 0 ? value : -1;
}

static void set(int fd, int level, int name, int value)
{
	(void)real.setsockopt(fd, level, name, &value, sizeof value);
}

/* struct tcp_info as the kernel has it (linux/tcp.h); not all C libraries' own goes as far. */
enum { STATE = 0, BYTES_ACKED = 120, INFO_BYTES = 128 };

static bool tcp_info(int fd, unsigned char *info)
{
	socklen_t len = INFO_BYTES;

	memset(info, 0, INFO_BYTES);
	return real.getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0;
}

bool attempt_plan(int fd, in_port_t port, struct attempt_plan *plan)
{
	int protocol = socket_protocol(fd);
	socklen_t len = sizeof plan->local, size = sizeof plan->v6only;
	unsigned char info[INFO_BYTES];

	memset(plan, 0, sizeof *plan);
	if (!protocol || protocol == IPPROTO_UDP || real.getsockname(fd, &plan->local.any, &len) != 0 ||
	    !tcp_info(fd, info) || info[STATE] != TCP_CLOSE || fcntl(fd, F_GETFL) < 0)
		return false;
	/* It goes with the first data (tcp(7), "TCP_FASTOPEN_CONNECT"): there is nothing to wait for. */
	if (tcp_option(fd, OPT_TCP_FASTOPEN_CONNECT) > 0)
		return false;
	plan->port = port;
	plan->reuse = socket_option(fd, SO_REUSEADDR);
	plan->user_timeout = tcp_option(fd, TCP_USER_TIMEOUT);
	if (sockaddr_is_in(&plan->local.any, len)) {
		plan->bound = plan->local.in.sin_port != 0 || plan->local.in.sin_addr.s_addr != 0;
		return true;
	}
	plan->marked = mark_test(fd) != MARK_NONE;
	plan->in6 = !plan->marked;
	(void)real.getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &plan->v6only, &size);
	plan->bound = plan->local.in6.sin6_port != 0 || !IN6_IS_ADDR_UNSPECIFIED(&plan->local.in6.sin6_addr);
	return sockaddr_is_in6(&plan->local.any, len);
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
	return IN6_IS_ADDR_UNSPECIFIED(from) || is_in(from) == is_in(addr);
}

bool attempt_own(const struct attempt_plan *plan, const struct in6_addr *addr)
{
	return plan->in6 || plan->marked || is_in(addr);
}

static int bind_twin(const struct attempt_plan *plan, int own, int twin, int family)
{
	union sockaddr_any at = plan->local;
	socklen_t len = family == AF_INET ? sizeof at.in : sizeof at.in6;

	/* A marked one at [::] stands for 0.0.0.0. */
	if (family == AF_INET && plan->marked)
		at.in = translate_shown(&plan->local.in6, MARK_STREAM);
	/* All that share the port need it, until the end (inet_csk_bind_conflict()). */
	set(own, SOL_SOCKET, SO_REUSEADDR, 1);
	set(twin, SOL_SOCKET, SO_REUSEADDR, 1);
	return real.bind(twin, &at.any, len) == 0 ? 0 : -errno;
}

/* Out of the program's way, where there are numbers that high. */
static int hide(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, HIDDEN);

	if (high < 0)
		return fd;
	sys_close(fd);
	return high;
}

int attempt_clone(const struct attempt_plan *plan, int like, int own, const struct in6_addr *addr, bool last)
{
	int family = plan->in6 || !is_in(addr) ? AF_INET6 : AF_INET, result = 0;
	const char *missed;
	int twin = clone_make(like, family, &missed), flags;

	if (twin < 0)
		return twin;
	twin = hide(twin);
	if (plan->bound)
		result = bind_twin(plan, own, twin, family);
	if (result == 0 && family == AF_INET6 && !plan->in6)
		result = mark_set(twin);
	if (result) {
		sys_close(twin);
		return result;
	}
	flags = fcntl(twin, F_GETFL);
	(void)fcntl(twin, F_SETFL, flags | O_NONBLOCK);
	set(twin, IPPROTO_TCP, TCP_USER_TIMEOUT, last ? plan->user_timeout : IN_TURN_TIMEOUT);
	return twin;
}

void attempt_last(const struct attempt_plan *plan, int fd)
{
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, plan->user_timeout);
}

void attempt_set(struct attempt_plan *plan, int level, int name, const void *value, socklen_t len)
{
	int number;

	if (len < sizeof number)
		return;
	memcpy(&number, value, sizeof number);
	if (level == IPPROTO_TCP && name == TCP_USER_TIMEOUT)
		plan->user_timeout = number;
	if (level == SOL_SOCKET && name == SO_REUSEADDR)
		plan->reuse = number;
}

void attempt_finish(const struct attempt_plan *plan, int fd)
{
	attempt_last(plan, fd);
	if (plan->bound)
		set(fd, SOL_SOCKET, SO_REUSEADDR, plan->reuse);
}

int attempt_begin(const struct attempt_plan *plan, int fd, bool own, const struct names_address *to)
{
	const struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
					 .sin6_port = plan->port,
					 .sin6_addr = to->addr,
					 .sin6_scope_id = to->scope};
	struct sockaddr_in in = {.sin_family = AF_INET};
	bool plain = is_in(&to->addr) && !plan->in6 && !(own && plan->marked);
	int flags = fcntl(fd, F_GETFL), result;

	if (plain)
		in = sockaddr_unmapped(&in6);
	if (flags >= 0 && !(flags & O_NONBLOCK))
		(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	result = real.connect(fd, plain ? (const struct sockaddr *)&in : (const struct sockaddr *)&in6,
			      plain ? sizeof in : sizeof in6);
	/* Another process that holds the socket may have been first. */
	result = result == 0 || errno == EINPROGRESS || errno == EALREADY || errno == EISCONN ? 0 : -errno;
	if (flags >= 0 && !(flags & O_NONBLOCK))
		(void)fcntl(fd, F_SETFL, flags);
	return result;
}

/* One that was established and reset since has been acknowledged a byte, its SYN; one that was refused none.
 */
enum attempt_state attempt_look(int fd)
{
	unsigned char info[INFO_BYTES];
	uint64_t acked;

	if (!tcp_info(fd, info))
		return ATTEMPT_FAILED;
	memcpy(&acked, info + BYTES_ACKED, sizeof acked);
	if (info[STATE] == TCP_SYN_SENT || info[STATE] == TCP_SYN_RECV)
		return ATTEMPT_GOING;
	return info[STATE] == TCP_CLOSE && acked == 0 ? ATTEMPT_FAILED : ATTEMPT_CONNECTED;
}

int attempt_error(int fd)
{
	int error = 0;
	socklen_t len = sizeof error;

	if (real.getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return errno;
	return error ? error : ECONNABORTED;
}

/* connect(), and what else is asked about one that is in progress. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "address/synthetic.h"
#include "address/translate.h"
#include "base/memory.h"
#include "client/attempt.h"
#include "client/connects.h"
#include "client/destinations.h"
#include "client/in_progress.h"
#include "client/wait.h"
#include "config/config.h"
#include "config/rule.h"
#include "resolver/connect_rules.h"
#include "resolver/known_names.h"
#include "resolver/scope.h"
#include "server/association.h"
#include "server/bind_rules.h"
#include "server/widen.h"
#include "socket/facts.h"

static bool is_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && !(flags & O_NONBLOCK);
}

/* When a call on the blocking FD gives up (socket(7), SO_SNDTIMEO and SO_RCVTIMEO, which OPTION is one of),
 * into END; NULL where it does not. */
static const struct timespec *end_of_wait(int fd, int option, struct timespec *end)
{
	struct timeval timeout = {0, 0};
	socklen_t len = sizeof timeout;

	if (real.getsockopt(fd, SOL_SOCKET, option, &timeout, &len) != 0 ||
	    (timeout.tv_sec == 0 && timeout.tv_usec == 0))
		return NULL;
	(void)clock_gettime(CLOCK_MONOTONIC, end);
	end->tv_sec += timeout.tv_sec;
	end->tv_nsec += timeout.tv_usec * 1000;
	end->tv_sec += end->tv_nsec / 1000000000;
	end->tv_nsec %= 1000000000;
	return end;
}

static bool is_over(const struct timespec *end)
{
	struct timespec now;

	if (!end)
		return false;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end->tv_sec || (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec);
}

/* The kernel's answer, once there is one: 0, the error, or EISCONN. It does not look at the address for that,
 * but it does at the family. */
static int call_again(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in6 to;
	struct sockaddr_in in;
	int domain = AF_INET;
	socklen_t size = sizeof domain;

	(void)real.getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
	if (domain != AF_INET6 || !sockaddr_is_in(addr, len))
		return real.connect(fd, addr, len);
	memcpy(&in, addr, sizeof in);
	to = translate_real(&in);
	return real.connect(fd, (const struct sockaddr *)&to, sizeof to);
}

/* Takes the error of FD, whose connect has failed, and makes it ready for another (__inet_stream_connect()).
 */
static int failed(int fd, int error)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};

	if (!error)
		error = attempt_error(fd);
	(void)real.connect(fd, &none, sizeof none);
	return hooks_fail(-error);
}

/* Waits until nothing is in progress on FD, at most until END. Returns 0 when the kernel knows how it ended,
 * the error when all have failed and it does not, -EINPROGRESS or -EINTR. */
static int settle(int fd, const struct timespec *end)
{
	int error;

	for (;;) {
		switch (connects_ask(fd, &error)) {
		case CONNECTS_NONE:
			return 0;
		case CONNECTS_FAILED:
			return error;
		default:
			break;
		}
		if (is_over(end))
			return -EINPROGRESS;
		if (wait_wait(fd, end, end != NULL) != 0)
			return -EINTR;
	}
}

/* connect() on FD, which is in progress: what one that blocks does is wait (inet_wait_for_connect()). Another
 * thread may have ended it meanwhile, and closed the descriptor: nothing may be begun anew here. */
static int wait_for_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct timespec end;
	int result = settle(fd, end_of_wait(fd, SO_SNDTIMEO, &end)), protocol;

	if (result < 0)
		return hooks_fail(result);
	protocol = socket_protocol(fd);
	if (!protocol || protocol == IPPROTO_UDP)
		return hooks_fail(-EBADF);
	if (result || attempt_look(fd) == ATTEMPT_FAILED)
		return failed(fd, result);
	return call_again(fd, addr, len);
}

/* connect() of a descriptor that has one in progress, or one that failed and was not told of. Returns whether
 * there was something to say, which is in RESULT then. */
static bool once_more(int fd, const struct sockaddr *addr, socklen_t len, int *result)
{
	int saved = errno, error;
	enum connects_state state;

	if (atomic_load_explicit(&connects_known, memory_order_relaxed) == 0)
		return false;
	if (sockaddr_family(addr) == AF_UNSPEC) {
		connects_abandon(fd, true);
		return false;
	}
	state = connects_ask(fd, &error);
	errno = saved;
	if (state == CONNECTS_NONE)
		return false;
	if (state == CONNECTS_FAILED)
		*result = failed(fd, error);
	else
		*result = is_blocking(fd) ? wait_for_connect(fd, addr, len) : hooks_fail(-EALREADY);
	if (*result == 0)
		errno = saved;
	return true;
}

/* Where connect() is to go. */
struct destination {
	struct sockaddr_in6 to;
	bool named;
	struct names_list list; /* of the name that TO came from */
	enum rules_action action;
};

/* connect() of FD to an address that came from a name with others. Returns whether it was, and then RESULT.
 */
static bool by_name(int fd, const struct sockaddr *addr, socklen_t len, struct destination *d, int *result)
{
	const struct names_address to = names_address(&d->to);
	struct names_list *list = &d->list;
	struct attempt_plan plan;
	int saved = errno, status;
	uint32_t asked;

	if (!attempt_plan(fd, d->to.sin6_port, &plan) || (plan.in6 && sockaddr_family(addr) == AF_INET) ||
	    (!plan.in6 && (sockaddr_family(addr) == AF_INET6 || list->both))) {
		errno = saved;
		return false;
	}
	status = -ENOSPC;
	if (destinations_order(list, &plan, &to, d->action, &asked))
		status = connects_begin(fd, &plan, list, asked);
	errno = saved;
	if (status == -ENOSPC)
		return false;
	*result =
	    status == -EINPROGRESS && is_blocking(fd) ? wait_for_connect(fd, addr, len) : hooks_fail(status);
	if (*result == 0)
		errno = saved;
	return true;
}

bool ready_for_in6(int fd)
{
	int saved = errno;

	if (mark_test(fd) == MARK_NONE &&
	    (bind_rules_keeps(fd) || (widen_client(fd) != 0 && mark_test(fd) == MARK_NONE))) {
		errno = ENETUNREACH;
		return false;
	}
	errno = saved;
	return true;
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

/* connect() of FD, no marked datagram socket, to an address that stands for no other: whether the kernel took
 * it as it is, with RESULT. Of a marked stream socket it wants a sockaddr_in6 (tcp_v6_connect()). */
static bool connect_as_is(int fd, const struct sockaddr *addr, socklen_t len, int *result)
{
	int saved = errno;

	*result = real.connect(fd, addr, len);
	if (*result == 0 || (errno != EINVAL && errno != EAFNOSUPPORT) || mark_test(fd) == MARK_NONE)
		return true;
	errno = saved;
	return false;
}

/* To one address, on a socket of the family that it takes. */
static int connect_plainly(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in6 to;
	struct sockaddr_in in;
	union sockaddr_any peer;
	socklen_t size = sizeof peer;
	int saved = errno, result;

	memcpy(&in, addr, sizeof in);
	if (!synthetic_in_pool(in.sin_addr.s_addr) && !mark_test_datagram(fd)) {
		if (connect_as_is(fd, addr, len, &result))
			return result;
	} else if (mark_test(fd) == MARK_NONE) {
		if (translate_forgotten(addr, len))
			return hooks_fail(-ENETUNREACH);
		if (!translate_synthetic(addr, len, &to))
			return real.connect(fd, addr, len);
		if (!ready_for_in6(fd))
			return -1;
	}
	to = translate_real(&in);
	/* From one family to the other, a datagram socket gets there by way of no association at all. */
	if (mark_test_datagram(fd) && real.getpeername(fd, &peer.any, &size) == 0 &&
	    association_may_dissolve(fd))
		association_dissolve(fd);
	errno = saved;
	return real.connect(fd, (const struct sockaddr *)&to, sizeof to);
}

static int dissolve(int fd, const struct sockaddr *addr, socklen_t len)
{
	int saved = errno;

	if (real.connect(fd, addr, len) != 0)
		return -1;
	if (mark_test_datagram(fd))
		association_dissolve(fd);
	errno = saved;
	return 0;
}

/* A rule leaves out D, where FD is to be connected to: a datagram socket goes to another address of the name.
 */
static int connect_instead(int fd, const struct sockaddr *addr, const struct destination *d)
{
	struct sockaddr_in6 to = d->to;
	struct sockaddr_in shown;
	uint32_t i = 0;

	while (d->named && i < d->list.count &&
	       !(connect_rules_allows(d->action, &d->list.addresses[i].addr) &&
		 scope_permits(&d->to.sin6_addr, &d->list.addresses[i].addr)))
		i++;
	if (!d->named || i == d->list.count || socket_protocol(fd) != IPPROTO_UDP) {
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

/* What a program's AF_INET socket says to an address of another family: the same in IPv6's place. */
static int connect_foreign(int fd)
{
	const struct sockaddr_in6 none = {.sin6_family = AF_MAX};

	return real.connect(fd, (const struct sockaddr *)&none, sizeof none);
}

int hook_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct names_address to;
	struct destination d;
	struct sockaddr_in shown;
	int saved = errno, result;

	hooks_start();
	if (!config.active || !addr || len < sizeof addr->sa_family ||
	    len > sizeof(struct sockaddr_storage) || !memory_readable(addr, len))
		return real.connect(fd, addr, len);
	if (once_more(fd, addr, len, &result))
		return result;
	if (sockaddr_family(addr) == AF_UNSPEC)
		return dissolve(fd, addr, len);
	if (hooks_known_in6(fd, addr, len, &shown))
		return hook_connect(fd, (const struct sockaddr *)&shown, sizeof shown);
	if (translate_foreign(addr, len) && mark_test(fd) != MARK_NONE)
		return connect_foreign(fd);
	if (!translate_in6(addr, len, &d.to))
		return real.connect(fd, addr, len);
	to = names_address(&d.to);
	d.named = names_find(&to, &d.list);
	d.action = connect_rules_action(fd, &d.to, d.named ? d.list.name : NULL);
	if (d.named)
		destinations_add_nat64(&d.list);
	if (d.named && by_name(fd, addr, len, &d, &result))
		return result;
	if (!connect_rules_allows(d.action, &d.to.sin6_addr))
		return connect_instead(fd, addr, &d);
	if (sockaddr_family(addr) != AF_INET)
		return real.connect(fd, addr, len);
	result = connect_plainly(fd, addr, len);
	if (result == 0 || errno != ENETUNREACH || !destinations_nat64(addr, len, &d.to) ||
	    !connect_rules_allows(d.action, &d.to.sin6_addr) || !ready_for_nat64(fd, addr, &d.to))
		return result;
	errno = saved;
	return real.connect(fd, (const struct sockaddr *)&d.to, sizeof d.to);
}

bool connect_settled(int fd, int flags, int timeout)
{
	struct timespec end;
	int error = 0, saved = errno, result;

	if (!connects_maybe(fd))
		return true;
	switch (connects_ask(fd, &error)) {
	case CONNECTS_NONE:
		return true;
	case CONNECTS_FAILED:
		errno = error;
		return false;
	default:
		break;
	}
	if (flags & MSG_DONTWAIT || !is_blocking(fd)) {
		errno = EAGAIN;
		return false;
	}
	result = settle(fd, end_of_wait(fd, timeout, &end));
	errno = result == -EINPROGRESS ? EAGAIN : result ? abs(result) : saved;
	return result == 0;
}

bool connect_error(int fd, void *value, socklen_t *len)
{
	int error = 0, saved = errno;
	enum connects_state state;

	if (atomic_load_explicit(&connects_known, memory_order_relaxed) == 0 || !value || !len ||
	    !memory_writable(len, sizeof *len) || (int)*len < 0 || !memory_writable(value, *len))
		return false;
	state = connects_ask(fd, &error);
	errno = saved;
	if (state == CONNECTS_NONE)
		return false;
	/* While one is in progress there is none, whatever has become of the attempt in place just now. As
	 * getsockopt() does with less room. */
	memcpy(value, &error, *len < sizeof error ? *len : sizeof error);
	if (*len > sizeof error)
		*len = sizeof error;
	return true;
}

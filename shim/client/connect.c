#define _GNU_SOURCE
#include "client/connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>

#include "address/translate.h"
#include "base/log.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "client/attempt.h"
#include "client/blocking.h"
#include "client/connects.h"
#include "client/lock.h"
#include "client/wake.h"
#include "config/config.h"
#include "socket/facts.h"
#include "socket/mark.h"
#include "socket/options.h"

#define OPT_TCP_FASTOPEN_CONNECT 30

/* Whether ERROR of a connect() that failed at once concerns the address, and not the socket. */
static bool is_of_address(int error)
{
	static const int errors[] = {ECONNREFUSED, ETIMEDOUT,   EHOSTUNREACH, ENETUNREACH,
				     EHOSTDOWN,    ENETDOWN,    ECONNABORTED, EACCES,
				     EPERM,        ENOPROTOOPT, EADDRNOTAVAIL};

	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i] == error)
			return true;
	return false;
}

static int connect_plainly(int fd, const struct sockaddr *addr, socklen_t len)
{
	return real.connect(fd, addr, len) == 0 ? 0 : -errno;
}

/* Makes CALL, one of blocking.h or connect_plainly(), with ADDR in FD's family, which may be AF_INET6 by the
 * library. The kernel checks the family only on a socket that is not connecting yet (inet_stream_connect()).
 */
static int in_family(int (*call)(int fd, const struct sockaddr *addr, socklen_t len), int fd,
		     const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in6 in6;
	int status = call(fd, addr, len);

	if ((status == -EINVAL || status == -EAFNOSUPPORT) && sockaddr_is_in(addr, len) &&
	    mark_test(fd) != MARK_NONE && translate_in6(addr, len, &in6))
		status = call(fd, (const struct sockaddr *)&in6, sizeof in6);
	return status;
}

/* Whether FD still has the socket that began to connect. Another thread may have shut it down or closed it,
 * which natively ends the connect(), and put another socket there. */
static bool has_begun(int fd)
{
	return socket_transport(fd) == IPPROTO_TCP && !attempt_may_begin(fd, false);
}

/* Returns RESULT, as a connect() that blocks and has failed: it leaves no error to the next call, and another
 * connect() begins anew (__inet_stream_connect()). */
static int fail_blocking(int fd, const struct sockaddr *addr, socklen_t len, int result)
{
	if (attempt_may_begin(fd, false))
		(void)attempt_error(fd);
	else if (socket_transport(fd) == IPPROTO_TCP && attempt_look(fd) == ATTEMPT_FAILED)
		(void)in_family(connect_plainly, fd, addr, len);
	return result;
}

/* Waits for a connect that blocks and began SINCE ms ago, and returns its result, as the kernel tells it. If
 * FAILED is not 0, the address asked for had failed with that negative errno at once, and a connect that
 * fails returns it. */
static int wait_for(int fd, const struct sockaddr *addr, socklen_t len, unsigned since, int failed,
		    struct lock_hold *hold)
{
	int result = blocking_wait(fd, SO_SNDTIMEO, since, hold);

	if (result == -ENOENT)
		result = has_begun(fd) ? 0 : failed ? failed : -ECONNRESET;
	if (result)
		return fail_blocking(fd, addr, len, result);
	result = in_family(connect_plainly, fd, addr, len);
	return result && failed ? failed : result;
}

int connect_again(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct lock_hold hold = {.on = false};
	int result;

	if (!blocking_is(fd))
		return -EALREADY;
	pthread_cleanup_push(lock_release, &hold);
	result = wait_for(fd, addr, len, 0, 0, &hold);
	pthread_cleanup_pop(1);
	/* As a second connect() in the kernel. */
	return result == -EINPROGRESS ? -EALREADY : result;
}

/* Tries the addresses. OWN is as for eyeballs_begin(). Returns as connect_by_name(). */
static int go_on(int fd, const struct sockaddr *addr, socklen_t len, struct destination *d, bool blocks,
		 int own)
{
	const bool going = own == -EINPROGRESS;
	struct lock_hold hold = {.on = false};
	int result;

	pthread_cleanup_push(lock_release, &hold);
	if (blocks)
		lock_hold(&hold);
	result = connects_begin(fd, d, own);
	if (result == -EINPROGRESS && blocks)
		result = wait_for(fd, addr, len, going ? config.delay : 0, going ? 0 : own, &hold);
	else if (result != -ENOSPC && blocks)
		result = fail_blocking(fd, addr, len, result);
	pthread_cleanup_pop(1);
	return result;
}

static void log_connected(int fd, const struct destination *d)
{
	char text[SOCKADDR_TEXT];

	if (log_wants(LOG_LEVEL_INFO))
		log_line(LOG_LEVEL_INFO, "descriptor %d to %s: %s connected", fd, d->list.name,
			 sockaddr_text_either(&d->to, text));
}

/* Goes on with a connect that blocks, after the delay. STATUS is what the call returned: -EINPROGRESS, or
 * -EALREADY if an earlier call has begun the connect (__inet_stream_connect()). Returns as connect(). */
static int go_on_blocking(int fd, const struct sockaddr *addr, socklen_t len, struct destination *d,
			  int status)
{
	int result = go_on(fd, addr, len, d, true, -EINPROGRESS);

	if (result == -ENOSPC)
		result = has_begun(fd) ? in_family(blocking_go_on, fd, addr, len) : -ECONNRESET;
	/* When SO_SNDTIMEO is over, the kernel has two words for it. */
	return result == -EINPROGRESS || result == -EALREADY ? status : result;
}

/* Connects the program's own socket to its own address by the same call as without the library, ready to try
 * the others. */
static int own_first(int fd, const struct sockaddr *addr, socklen_t len, struct destination *d)
{
	bool blocks = blocking_is(fd);
	int status, result = -ENOSPC;

	/* connect() yields the result of an earlier one, or FD is no stream. */
	if (!attempt_may_begin(fd, blocks))
		return -ENOSPC;
	if (!blocks)
		connects_start(fd, d);
	status = in_family(blocks ? blocking_try : connect_plainly, fd, addr, len);
	if (status == 0)
		log_connected(fd, d);
	if (!blocks && status == -EINPROGRESS)
		wake_waiters(fd);
	else if (!blocks)
		connects_end(fd, false);
	/* Without a delay, the time is the program's, and is over. */
	if (blocks && config.delay && (status == -EINPROGRESS || status == -EALREADY))
		return go_on_blocking(fd, addr, len, d, status);
	/* A socket that does not block fails at once if there is no route. */
	if (is_of_address(-status))
		result = go_on(fd, addr, len, d, blocks, status);
	return result == -ENOSPC ? status : result;
}

/* Whether D has other addresses than the one asked for. A program that has connected in AF_INET6 tries them
 * itself. */
static bool has_others(struct destination *d, int family)
{
	return d->names > 0 && !(family == AF_INET && d->list.knows_in6) && destination_order(d, family);
}

bool connect_has_others(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct destination d;

	if (!translate_in6(addr, len, &d.to))
		return false;
	destination_find(&d, fd);
	return has_others(&d, sockaddr_family(addr));
}

/* With TCP_FASTOPEN_CONNECT, connect() does nothing until there is data, which can go to one address only. */
static void begin_at_once(int fd)
{
	const int off = 0;

	if (options_touched(IPPROTO_TCP, OPT_TCP_FASTOPEN_CONNECT))
		(void)real.setsockopt(fd, IPPROTO_TCP, OPT_TCP_FASTOPEN_CONNECT, &off, sizeof off);
}

int connect_by_name(int fd, const struct sockaddr *addr, socklen_t len, struct destination *d)
{
	if (!has_others(d, sockaddr_family(addr)))
		return -ENOSPC;
	begin_at_once(fd);
	attempt_local(fd, d->to.sin6_port, &d->plan);
	if (d->own_first)
		return own_first(fd, addr, len, d);
	return attempt_may_begin(fd, false) ? go_on(fd, addr, len, d, blocking_is(fd), 0) : -ENOSPC;
}

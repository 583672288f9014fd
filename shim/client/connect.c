#define _GNU_SOURCE
#include "client/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>

#include "address/translate.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "base/sys.h"
#include "client/attempt.h"
#include "client/connects.h"
#include "client/lock.h"
#include "client/slots.h"
#include "client/wait.h"
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

/* connect() of FD, which may be AF_INET6 by the library, to ADDR. The kernel checks the family only on a
 * socket that is not connecting yet (inet_stream_connect()). Returns 0 or a negative errno. */
static int connect_plainly(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in6 in6;
	int status = real.connect(fd, addr, len) == 0 ? 0 : -errno;

	if ((status == -EINVAL || status == -EAFNOSUPPORT) && sockaddr_is_in(addr, len) &&
	    mark_test(fd) != MARK_NONE && translate_in6(addr, len, &in6))
		status = real.connect(fd, (const struct sockaddr *)&in6, sizeof in6) == 0 ? 0 : -errno;
	return status;
}

/* Whether calls on FD wait. */
static bool blocks_now(int fd)
{
	int flags = sys_fcntl(fd, F_GETFL, 0);

	return flags >= 0 && !(flags & O_NONBLOCK);
}

/* SO_SNDTIMEO or SO_RCVTIMEO of FD in ms, 0 for none (socket(7)). */
static uint64_t ask_timeout(int fd, int option)
{
	struct timeval t = {0, 0};
	socklen_t len = sizeof t;

	if (real.getsockopt(fd, SOL_SOCKET, option, &t, &len) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000 + ((uint64_t)t.tv_usec + 999) / 1000;
}

/* The same, without a system call if the program has never set it. */
static uint64_t timeout_of(int fd, int option)
{
	return options_touched(SOL_SOCKET, option) ? ask_timeout(fd, option) : 0;
}

/* ---- the program's own address: the kernel waits, with the library's timeout */

/* The descriptor that has the timeout NOW, and its timeout before, MS. After a siglongjmp() out of connect(),
 * the next connect() finds it here. */
static __thread struct {
	int fd; /* the descriptor + 1; 0: none */
	uint64_t ms, now;
} lent __attribute__((tls_model("initial-exec")));

static void set_timeout(int fd, uint64_t ms)
{
	const struct timeval t = {.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

	(void)real.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

static void give_back(void *unused)
{
	int fd = lent.fd - 1;

	(void)unused;
	lent.fd = 0;
	if (fd >= 0)
		set_timeout(fd, lent.ms);
}

/* After siglongjmp(): another socket, with a timeout of its own, may have the number by now. The kernel
 * rounds up to its ticks, of 10 ms at most. */
static void give_back_left(void)
{
	uint64_t ms = lent.fd ? ask_timeout(lent.fd - 1, SO_SNDTIMEO) : 0;

	if (ms >= lent.now && ms <= lent.now + 10)
		give_back(NULL);
	lent.fd = 0;
}

/* Whether a signal whose handler has interrupted poll() interrupts connect() as well: unlike poll(),
 * connect() goes on after a handler with SA_RESTART (signal(7)). If the program has handlers of both kinds,
 * nothing tells which one ran: yes. The signals in BLOCKED could not come. */
static bool interrupted(const sigset_t *blocked)
{
	struct sigaction action;

	for (int number = 1; number < NSIG; number++)
		if (sigismember(blocked, number) == 0 && sigaction(number, NULL, &action) == 0 &&
		    action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN &&
		    !(action.sa_flags & SA_RESTART))
			return true;
	return false;
}

/* connect() with a timeout of MS instead of OWN, the program's. */
static int connect_for(uint64_t ms, uint64_t own, int fd, const struct sockaddr *addr, socklen_t len)
{
	int result;

	lent.ms = own;
	lent.now = ms;
	lent.fd = fd + 1;
	set_timeout(fd, ms);
	pthread_cleanup_push(give_back, NULL);
	result = connect_plainly(fd, addr, len);
	pthread_cleanup_pop(1);
	return result;
}

/* Connects FD, which blocks, and waits no longer than the delay. Returns 0 or a negative errno. With
 * -EINPROGRESS, FD is on its way: the delay is over, or a signal has come that does not end connect()
 * (signal(7)). */
static int try_own(int fd, const struct sockaddr *addr, socklen_t len)
{
	sigset_t blocked;
	uint64_t own;
	int result;

	give_back_left();
	own = timeout_of(fd, SO_SNDTIMEO);
	if (!config.settings.delay || (own && own <= config.settings.delay))
		return connect_plainly(fd, addr, len);
	result = connect_for(config.settings.delay, own, fd, addr, len);
	/* If the timeout is the library's alone, a handler with SA_RESTART ends nothing (signal(7)). */
	if (result == -EINTR && !own && pthread_sigmask(SIG_SETMASK, NULL, &blocked) == 0 &&
	    !interrupted(&blocked))
		return -EINPROGRESS;
	return result;
}

/* Waits for what try_own() has left on its way, if nothing else is to be tried. Returns 0 or a negative
 * errno: -EALREADY when SO_SNDTIMEO is over. */
static int go_on_own(int fd, const struct sockaddr *addr, socklen_t len)
{
	const uint64_t own = timeout_of(fd, SO_SNDTIMEO), delay = config.settings.delay;

	if (!own)
		return connect_plainly(fd, addr, len);
	return own > delay ? connect_for(own - delay, own, fd, addr, len) : -EALREADY;
}

/* ---- the other addresses */

/* Waits, as connect() does, until the connect in progress for the blocking FD has ended, as long as the
 * option TIMEOUT (SO_SNDTIMEO, SO_RCVTIMEO) says. The caller has already waited SINCE ms for it. Returns as
 * connects_ask(): with -EINPROGRESS, the time is over, and with -ENOENT another thread has ended it; or
 * -EINTR. HOLD holds back signals from then on (lock.h); the caller lets them in. */
static int wait_blocking(int fd, int timeout, unsigned since, struct lock_hold *hold)
{
	const uint64_t limit = timeout_of(fd, timeout);
	const int64_t left = (int64_t)limit - since;
	const int64_t end = limit && left < INT64_MAX / 2000000 ? clock_ns() + left * 1000000 : WAIT_FOREVER;
	struct pollfd one = {.fd = fd, .events = POLLOUT};
	int result;

	lock_hold(hold);
	while ((result = connects_ask(fd)) == -EINPROGRESS && clock_ns() < end) {
		int count;

		/* The set reports the attempts of all connects. */
		(void)slots_advance(hold);
		count = wait_once(&one, 1, end, lock_let_in(hold, NULL));
		lock_hold_again(hold);
		/* If the program has set a timeout, any handler ends the wait (signal(7)). */
		if (count < 0 && errno == EINTR && (limit || interrupted(&hold->signals)))
			return -EINTR;
	}
	return result;
}

bool connect_settled(int fd, int flags, int timeout)
{
	struct lock_hold hold = {.on = false};
	const volatile int saved = errno; /* pthread_cleanup_push() is setjmp(3) in C. */
	int result;

	/* MSG_OOB and MSG_ERRQUEUE don't wait for the connection (tcp_recv_urg(), inet_recv_error()). */
	if (connects_ask(fd) != -EINPROGRESS || (timeout == SO_RCVTIMEO && flags & (MSG_OOB | MSG_ERRQUEUE)))
		return true;
	if (flags & MSG_DONTWAIT || !blocks_now(fd)) {
		/* MSG_FASTOPEN connects. */
		errno = flags & MSG_FASTOPEN ? EALREADY : EAGAIN;
		return false;
	}
	pthread_cleanup_push(lock_release, &hold);
	result = wait_blocking(fd, timeout, 0, &hold);
	pthread_cleanup_pop(1);
	if (result == -ENOENT)
		result = 0;
	errno = result == -EINPROGRESS ? EAGAIN : result ? -result : saved;
	return result == 0;
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
		(void)connect_plainly(fd, addr, len);
	return result;
}

/* Waits for a connect that blocks and began SINCE ms ago, and returns its result, as the kernel tells it. If
 * FAILED is not 0, the address asked for had failed with that negative errno at once, and a connect that
 * fails returns it. */
static int wait_for(int fd, const struct sockaddr *addr, socklen_t len, unsigned since, int failed,
		    struct lock_hold *hold)
{
	int result = wait_blocking(fd, SO_SNDTIMEO, since, hold);

	if (result == -ENOENT)
		result = has_begun(fd) ? 0 : failed ? failed : -ECONNRESET;
	/* Without the library, FAILED would have come before the signal. */
	if (failed && (result == -EINTR || result == -EINPROGRESS)) {
		connects_end(fd, true);
		result = failed;
	}
	if (result)
		return fail_blocking(fd, addr, len, result);
	result = connect_plainly(fd, addr, len);
	return result && failed ? failed : result;
}

int connect_again(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct lock_hold hold = {.on = false};
	const volatile int saved = errno; /* pthread_cleanup_push() is setjmp(3) in C. */
	int result;

	if (!blocks_now(fd))
		return -EALREADY;
	pthread_cleanup_push(lock_release, &hold);
	result = wait_for(fd, addr, len, 0, 0, &hold);
	pthread_cleanup_pop(1);
	errno = saved;
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
		result = wait_for(fd, addr, len, going ? config.settings.delay : 0, going ? 0 : own, &hold);
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
		result = has_begun(fd) ? go_on_own(fd, addr, len) : -ECONNRESET;
	/* When SO_SNDTIMEO is over, the kernel has two words for it. */
	return result == -EINPROGRESS || result == -EALREADY ? status : result;
}

/* Connects the program's own socket to its own address by the same call as without the library, ready to try
 * the others. */
static int own_first(int fd, const struct sockaddr *addr, socklen_t len, struct destination *d)
{
	bool blocks = blocks_now(fd);
	int status, result = -ENOSPC;

	/* connect() yields the result of an earlier one, or FD is no stream. */
	if (!attempt_may_begin(fd, blocks))
		return -ENOSPC;
	if (!blocks)
		connects_start(fd, d);
	status = blocks ? try_own(fd, addr, len) : connect_plainly(fd, addr, len);
	if (status == 0)
		log_connected(fd, d);
	/* The program may wait for it in another way (connect(2), EINTR). */
	if (blocks && status == -EINTR && has_begun(fd))
		connects_start(fd, d);
	if (!blocks && status == -EINPROGRESS)
		wake_waiters(fd);
	else if (!blocks)
		connects_end(fd, false);
	/* Without a delay, the time is the program's, and is over. */
	if (blocks && config.settings.delay && (status == -EINPROGRESS || status == -EALREADY))
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
	if (options_touched(IPPROTO_TCP, OPT_TCP_FASTOPEN_CONNECT))
		(void)socket_set(fd, IPPROTO_TCP, OPT_TCP_FASTOPEN_CONNECT, 0);
}

int connect_by_name(int fd, const struct sockaddr *addr, socklen_t len, struct destination *d)
{
	int saved = errno, result = -ENOSPC;

	if (!has_others(d, sockaddr_family(addr)))
		return -ENOSPC;
	begin_at_once(fd);
	attempt_local(fd, d->to.sin6_port, &d->plan);
	if (d->own_first)
		result = own_first(fd, addr, len, d);
	else if (attempt_may_begin(fd, false))
		result = go_on(fd, addr, len, d, blocks_now(fd), 0);
	errno = saved;
	return result;
}

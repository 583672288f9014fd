#define _GNU_SOURCE
#include "server/widen.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address/reply_source.h"
#include "base/large.h"
#include "base/log.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "base/sys.h"
#include "base/threads.h"
#include "server/listeners.h"
#include "server/port.h"
#include "server/shield.h"
#include "socket/clone.h"
#include "socket/facts.h"
#include "socket/mark.h"
#include "socket/options.h"
#include "socket/replace.h"

/* Whether FD is an AF_INET socket at 0.0.0.0, with or without a port. NAME is set if it is an AF_INET socket.
 */
static bool wildcard_name(int fd, struct sockaddr_in *name)
{
	union sockaddr_any any;
	socklen_t len = sizeof any;

	if (real.getsockname(fd, &any.any, &len) != 0 || !sockaddr_is_in(&any.any, len))
		return false;
	*name = any.in;
	return any.in.sin_addr.s_addr == htonl(INADDR_ANY);
}

static int shield(int clone, int protocol, const char **missed)
{
	int result = shield_attach(clone, protocol);

	*missed = result ? "the spoof filter" : NULL;
	return result;
}

/* After bind(): MPTCP's mark is a range of ports that bind() would choose from. */
static int mark_and_replace(int fd, uint64_t cookie, int clone, int protocol, int except, const char **missed)
{
	int result = mark_set(clone, protocol);

	*missed = result ? "the mark" : NULL;
	result = result ? result : replace_socket(fd, cookie, clone, except);
	mark_stale_all();
	/* A sandbox may forbid to read it later. */
	if (protocol == IPPROTO_UDP)
		(void)mark_datagram_lately(fd);
	return result;
}

static void log_widening(int fd, const struct sockaddr_in6 *at, int result, const char *missed)
{
	char text[SOCKADDR_TEXT];

	if (!log_wants(LOG_LEVEL_INFO))
		return;
	sockaddr_text((const struct sockaddr *)at, text);
	if (result)
		log_line(LOG_LEVEL_INFO, "descriptor %d stays IPv4 instead of %s: %s%s%s", fd, text,
			 log_errno(-result), missed ? ", " : "", missed ? missed : "");
	else
		log_line(LOG_LEVEL_INFO, "descriptor %d widened to %s", fd, text);
}

/* The cookies of the sockets that last replaced another one. */
enum { MOST_WAKES = 64 };
static LARGE _Atomic uint64_t woken[MOST_WAKES];
_Atomic unsigned widen_wakes;

static void note_wake(uint64_t cookie)
{
	unsigned at = atomic_fetch_add_explicit(&widen_wakes, 1, memory_order_relaxed);

	atomic_store_explicit(&woken[at % MOST_WAKES], cookie, memory_order_release);
}

static __attribute__((noinline, cold)) bool is_woken(int fd, unsigned before, unsigned count)
{
	int saved = errno;
	uint64_t cookie = mark_test_datagram(fd) ? socket_cookie(fd) : 0;
	bool result = cookie && count > MOST_WAKES;

	for (unsigned i = 0; cookie && i < count && i < MOST_WAKES; i++)
		result |=
		    atomic_load_explicit(&woken[(before + i) % MOST_WAKES], memory_order_acquire) == cookie;
	errno = saved;
	return result;
}

bool widen_woke(int fd, unsigned before)
{
	unsigned count = widen_before() - before;

	return count != 0 && is_woken(fd, before, count);
}

/* Wakes up threads that wait on the old socket, so that they look at the new one. */
static int replace_and_wake(int fd, uint64_t cookie, int clone, int protocol, const char **missed)
{
	int old = sys_fcntl(fd, F_DUPFD_CLOEXEC, 0), result;

	if (old < 0)
		return -errno;
	result = mark_and_replace(fd, cookie, clone, protocol, old, missed);
	if (result == 0) {
		note_wake(socket_cookie(clone));
		(void)real.shutdown(old, SHUT_RD);
	}
	sys_close(old);
	return result;
}

/* Puts CLONE in FD's place, unless RESULT is an error, and closes it. WAKE: threads may wait on FD. Returns
 * RESULT, or a negative errno. */
static int put_clone(int fd, uint64_t cookie, int clone, int protocol, bool wake, int result,
		     const char **missed)
{
	if (result == 0)
		result = wake ? replace_and_wake(fd, cookie, clone, protocol, missed)
			      : mark_and_replace(fd, cookie, clone, protocol, -1, missed);
	if (result == 0)
		listeners_note(clone, fd);
	if (clone >= 0)
		sys_close(clone);
	return result;
}

static int bind_clone(int clone, int protocol, const struct sockaddr_in6 *at, bool only)
{
	bool shared = at->sin6_port && IN6_IS_ADDR_UNSPECIFIED(&at->sin6_addr) && port_may_be_shared(clone);
	int result = 0;

	if (shared && !only && port_take(clone, at))
		return 0;
	if (shared)
		result = port_look_around(clone, protocol, at);
	return result == 0 && real.bind(clone, (const struct sockaddr *)at, sizeof *at) != 0 ? -errno
											     : result;
}

int widen(int fd, const struct sockaddr_in6 *at, bool only)
{
	int protocol = socket_protocol(fd), on = 1, clone, result;
	bool any = IN6_IS_ADDR_UNSPECIFIED(&at->sin6_addr);
	const char *missed = NULL;
	uint64_t cookie = socket_cookie(fd);
	struct sockaddr_in name;

	if (!protocol || !wildcard_name(fd, &name) || name.sin_port != 0)
		return -EAFNOSUPPORT;
	if (protocol == IPPROTO_UDP && any && at->sin6_port == 0 && !only)
		return -EAFNOSUPPORT;
	clone = clone_make(fd, AF_INET, protocol, AF_INET6, &missed);
	result = clone < 0 ? clone : shield(clone, protocol, &missed);
	if (result == 0 && only && real.setsockopt(clone, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
		result = -errno;
	/* A source for connect() would cost FD a port that the kernel has chosen (__udp_disconnect()). */
	if (any && at->sin6_port && protocol == IPPROTO_UDP && clone >= 0)
		(void)reply_source_ask(clone);
	if (result == 0)
		result = bind_clone(clone, protocol, at, only);
	result = put_clone(fd, cookie, clone, protocol, protocol == IPPROTO_UDP && !threads_are_none(),
			   result, &missed);
	if (result == 0)
		mark_note_server();
	log_widening(fd, at, result, missed);
	return result;
}

/* Threads widen in place one after the other, as they would be in each other's way (port_join()). No thread
 * waits for long: its predecessor may be the code that this handler has interrupted, or that longjmp() has
 * left, or a thread of the parent before fork(). nanosleep() is a cancellation point, so its system call is
 * used. */
static _Atomic bool widening;

static void take_turn(void)
{
	const struct timespec millisecond = {0, 1000000};

	for (int i = 0; i < 250 && atomic_exchange(&widening, true); i++)
		if (i < 50)
			sched_yield();
		else
			(void)syscall(SYS_nanosleep, &millisecond, NULL);
}

static bool same_owner(int fd, int clone)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstat(clone, &b) == 0 && a.st_uid == b.st_uid;
}

static int join(int fd, int clone, in_port_t port, bool connecting)
{
	int result = port_join(fd, clone, port);

	return result == -EADDRINUSE && connecting && !same_owner(fd, clone) ? port_take_in6(clone, port)
									     : result;
}

static int widen_in_place(int fd, bool connecting)
{
	int protocol = socket_protocol(fd), clone, result;
	struct sockaddr_in6 at = {.sin6_family = AF_INET6};
	const char *missed = NULL;
	struct sockaddr_in name;
	uint64_t cookie;

	take_turn();
	cookie = socket_cookie(fd);
	if (!protocol || !wildcard_name(fd, &name) || (name.sin_port != 0 && protocol != IPPROTO_UDP)) {
		widening = false;
		return -EAFNOSUPPORT;
	}
	at.sin6_port = name.sin_port;
	clone = clone_make(fd, AF_INET, protocol, AF_INET6, &missed);
	result = clone < 0 ? clone : shield(clone, protocol, &missed);
	if (result == 0 && name.sin_port)
		result = join(fd, clone, name.sin_port, connecting);
	result = put_clone(fd, cookie, clone, protocol, true, result, &missed);
	widening = false;
	log_widening(fd, &at, result, missed);
	return result;
}

/* Neither a datagram nor an error waits in FD. */
static bool is_idle(int fd)
{
	struct pollfd now = {.fd = fd, .events = POLLIN};

	return sys_poll(&now, 1) == 0;
}

int widen_again(int fd)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6};
	socklen_t len = sizeof at;
	const char *missed = NULL;
	uint64_t cookie = socket_cookie(fd);
	int clone, result;

	if (options_kept() || reply_source_is_fixed() || !listeners_are_ours(fd) || !is_idle(fd) ||
	    real.getsockname(fd, (struct sockaddr *)&at, &len) != 0 ||
	    !IN6_IS_ADDR_UNSPECIFIED(&at.sin6_addr))
		return -EOPNOTSUPP;
	clone = clone_make(fd, AF_INET, IPPROTO_UDP, AF_INET6, &missed);
	result = clone < 0 ? clone : shield(clone, IPPROTO_UDP, &missed);
	if (result == 0 && reply_source_expected())
		(void)reply_source_ask(clone);
	if (result == 0 && at.sin6_port)
		result = port_succeed(fd, clone, &at);
	return put_clone(fd, cookie, clone, IPPROTO_UDP, true, result, &missed);
}

int widen_client(int fd)
{
	return widen_in_place(fd, false);
}

int widen_connecting(int fd)
{
	return widen_in_place(fd, true);
}

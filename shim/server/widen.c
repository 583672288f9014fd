#define _GNU_SOURCE
#include "server/widen.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
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

/* Whether FD is an AF_INET socket at 0.0.0.0. If so, PORT is its port, or 0. */
static bool is_at_wildcard(int fd, in_port_t *port)
{
	union sockaddr_any name;

	if (socket_name(fd, &name) != AF_INET || name.in.sin_addr.s_addr != htonl(INADDR_ANY))
		return false;
	*port = name.in.sin_port;
	return true;
}

struct change {
	int fd, protocol, clone;
	uint64_t cookie;
	const char *missed; /* what could not be done, for the log; or NULL */
};

/* Makes the clone of C->FD, shielded. */
static int make_clone(struct change *c)
{
	int result;

	c->cookie = socket_cookie(c->fd);
	c->clone = clone_make(c->fd, AF_INET, c->protocol, AF_INET6, &c->missed);
	if (c->clone < 0)
		return c->clone;
	result = shield_attach(c->clone, c->protocol);
	c->missed = result ? "the spoof filter" : NULL;
	return result;
}

/* After bind(): MPTCP's mark is a range of ports that bind() would choose from. */
static int mark_and_replace(struct change *c, int except)
{
	int result = mark_set(c->clone, c->protocol);

	c->missed = result ? "the mark" : NULL;
	result = result ? result : replace_socket(c->fd, c->cookie, c->clone, except);
	mark_stale_all();
	/* A sandbox may forbid to read it later. */
	if (c->protocol == IPPROTO_UDP)
		(void)mark_datagram_lately(c->fd);
	return result;
}

static void log_widening(const struct change *c, const struct sockaddr_in6 *at, int result)
{
	char text[SOCKADDR_TEXT];

	if (!log_wants(LOG_LEVEL_INFO))
		return;
	sockaddr_text((const struct sockaddr *)at, text);
	if (result)
		log_line(LOG_LEVEL_INFO, "descriptor %d stays IPv4 instead of %s: %s%s%s", c->fd, text,
			 log_errno(-result), c->missed ? ", " : "", c->missed ? c->missed : "");
	else
		log_line(LOG_LEVEL_INFO, "descriptor %d widened to %s", c->fd, text);
}

/* The cookies of the sockets that last replaced another one. */
enum { MOST_WAKES = 256 };
static LARGE _Atomic uint64_t woken[MOST_WAKES];
_Atomic unsigned widen_wakes;

void widen_note_wake(int fd)
{
	uint64_t cookie = socket_cookie(fd);
	unsigned at = atomic_fetch_add_explicit(&widen_wakes, 1, memory_order_relaxed);

	atomic_store_explicit(&woken[at % MOST_WAKES], cookie, memory_order_release);
}

static __attribute__((noinline, cold)) bool is_woken(int fd, unsigned before, unsigned count)
{
	int saved = errno;
	uint64_t cookie = socket_cookie(fd);
	bool result = false;

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
static int replace_and_wake(struct change *c)
{
	int old = sys_fcntl(c->fd, F_DUPFD_CLOEXEC, 0), result;

	if (old < 0)
		return -errno;
	result = mark_and_replace(c, old);
	if (result == 0) {
		widen_note_wake(c->clone);
		(void)real.shutdown(old, SHUT_RD);
	}
	sys_close(old);
	return result;
}

/* Puts the clone in C->FD's place, unless RESULT is an error, and closes it. WAKE: threads may wait on FD.
 * Returns RESULT, or a negative errno. */
static int put_clone(struct change *c, bool wake, int result)
{
	if (result == 0)
		result = wake ? replace_and_wake(c) : mark_and_replace(c, -1);
	if (result == 0)
		listeners_note(c->clone, c->fd);
	if (c->clone >= 0)
		sys_close(c->clone);
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
	struct change c = {.fd = fd, .protocol = socket_protocol(fd)};
	bool any = IN6_IS_ADDR_UNSPECIFIED(&at->sin6_addr), datagrams = c.protocol == IPPROTO_UDP;
	in_port_t port;
	int result;

	if (!c.protocol || !is_at_wildcard(fd, &port) || port ||
	    (datagrams && any && at->sin6_port == 0 && !only))
		return -EAFNOSUPPORT;
	result = make_clone(&c);
	if (result == 0 && only)
		result = socket_set(c.clone, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	/* A source for connect() would cost FD a port that the kernel has chosen (__udp_disconnect()). */
	if (any && at->sin6_port && datagrams && c.clone >= 0)
		reply_source_ask(c.clone);
	if (result == 0)
		result = bind_clone(c.clone, c.protocol, at, only);
	result = put_clone(&c, datagrams && !threads_are_none(), result);
	if (result == 0)
		mark_note_server();
	log_widening(&c, at, result);
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

int widen_in_place(int fd, bool connecting)
{
	struct change c = {.fd = fd, .protocol = socket_protocol(fd)};
	struct sockaddr_in6 at = {.sin6_family = AF_INET6};
	int result;

	take_turn();
	if (!c.protocol || !is_at_wildcard(fd, &at.sin6_port) ||
	    (at.sin6_port && c.protocol != IPPROTO_UDP && socket_is_bound(fd, AF_INET))) {
		widening = false;
		return -EAFNOSUPPORT;
	}
	if (c.protocol != IPPROTO_UDP)
		at.sin6_port = 0;
	result = make_clone(&c);
	if (result == 0 && at.sin6_port)
		result = join(fd, c.clone, at.sin6_port, connecting);
	result = put_clone(&c, true, result);
	widening = false;
	log_widening(&c, &at, result);
	return result;
}

int widen_again(int fd)
{
	struct change c = {.fd = fd, .protocol = IPPROTO_UDP};
	union sockaddr_any at;
	int result;

	if (options_kept() || reply_source_is_fixed() || !listeners_are_ours(fd) || !socket_is_idle(fd) ||
	    socket_name(fd, &at) != AF_INET6 || !IN6_IS_ADDR_UNSPECIFIED(&at.in6.sin6_addr))
		return -EOPNOTSUPP;
	result = make_clone(&c);
	if (result == 0 && reply_source_expected())
		reply_source_ask(c.clone);
	if (result == 0 && at.in6.sin6_port)
		result = port_succeed(fd, c.clone, &at.in6);
	/* Others may share the port by SO_REUSEADDR, as FD does. */
	if (result == -EADDRINUSE && real.bind(c.clone, &at.any, sizeof at.in6) == 0)
		result = 0;
	return put_clone(&c, true, result);
}

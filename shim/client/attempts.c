#define _GNU_SOURCE
#include "client/attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "base/sys.h"
#include "client/in_progress.h"
#include "client/lock.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/holdings.h"
#include "socket/options.h"

/* Lower numbers are left to the program, which may rely on getting the lowest free one. */
enum { FIRST = 128 };

/* The epoll set, and how many sockets it watches. */
static _Atomic int set = -1;
static int watched;

int attempts_set(void)
{
	return atomic_load_explicit(&set, memory_order_relaxed);
}

void attempts_lose_set(void)
{
	atomic_store(&set, -1);
	watched = 0;
}

void attempts_close_set(void)
{
	int before = attempts_set();

	attempts_lose_set();
	if (before >= 0)
		sys_close(before);
}

int attempts_high(int fd)
{
	int high = fd < 0 ? fd : sys_fcntl(fd, F_DUPFD_CLOEXEC, FIRST);

	if (high < 0)
		return fd;
	sys_close(fd);
	return high;
}

/* close() alone would leave a socket with another descriptor registered. */
static void unwatch(struct eyeballs_attempt *a)
{
	if (!a->watched)
		return;
	(void)real.epoll_ctl(attempts_set(), EPOLL_CTL_DEL, a->fd, NULL);
	a->watched = false;
	if (--watched == 0)
		attempts_close_set();
}

/* A socket that counts moves from descriptor FROM to TO; a negative number stands for none. */
static void renumber(int from, int to)
{
	if (to >= 0)
		atomic_fetch_add(&connects_numbers[to % CONNECTS_NUMBERS], 1);
	if (from >= 0)
		atomic_fetch_sub(&connects_numbers[from % CONNECTS_NUMBERS], 1);
}

/* A's socket is on FD from now on, or in place, or A has none. The descriptor that it was on is the caller's.
 */
static void put_on(struct eyeballs_attempt *a, int fd)
{
	unwatch(a);
	renumber(a->fd, fd);
	a->fd = fd;
}

bool attempts_is_there(const struct eyeballs_attempt *a)
{
	return a->fd >= 0 && a->cookie && socket_cookie(a->fd) == a->cookie;
}

/* With SO_LINGER, close() would wait (socket(7)). */
void attempts_drop(struct eyeballs_attempt *a)
{
	const struct linger none = {0, 0};
	int fd = a->fd;

	put_on(a, ATTEMPTS_NONE);
	if (fd < 0)
		return;
	if (!a->shared && options_touched(SOL_SOCKET, SO_LINGER))
		(void)real.setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
	sys_close(fd);
}

/* ---- the attempts of one connect */

void attempts_set_fd(struct eyeballs *e, int fd)
{
	renumber(e->fd, fd);
	e->fd = fd;
}

int attempts_fd(const struct eyeballs *e, const struct eyeballs_attempt *a)
{
	return a->fd == ATTEMPTS_PLACE ? e->fd : a->fd;
}

struct eyeballs_attempt *attempts_kept(struct eyeballs *e)
{
	return &e->attempts[e->asked < e->count ? e->asked : 0];
}

void attempts_forget(struct eyeballs *e)
{
	for (uint32_t i = 0; i <= e->count; i++)
		attempts_drop(&e->attempts[i]);
	attempts_set_fd(e, -1);
	atomic_fetch_sub(&connects_going, 1);
}

struct search {
	uint64_t cookie;
	int first, last; /* descriptors that do not count */
	int found;
};

static int look_for(int fd, void *arg)
{
	struct search *search = arg;

	if ((fd >= search->first && fd <= search->last) || socket_cookie(fd) != search->cookie)
		return 0;
	search->found = fd;
	return 1;
}

bool attempts_move_away(struct eyeballs *e, int first, int last)
{
	struct search search = {.cookie = e->cookie, .first = first, .last = last};

	if (!holdings_has_copy(e->fd) || descriptors_each(look_for, &search) == 0)
		return false;
	attempts_set_fd(e, search.found);
	return true;
}

static bool locate(struct eyeballs *e, int fd)
{
	if (fd == e->fd || socket_cookie(e->fd) == e->cookie)
		return true;
	return attempts_move_away(e, -1, -1);
}

bool attempts_check(struct eyeballs *e, int fd, bool *gone)
{
	bool missing = false;

	for (uint32_t i = 0; i <= e->count; i++) {
		struct eyeballs_attempt *a = &e->attempts[i];

		if (a->fd < 0 || attempts_is_there(a))
			continue;
		put_on(a, ATTEMPTS_NONE);
		if (a->state == ATTEMPT_GOING || a == attempts_kept(e))
			a->state = ATTEMPT_WAITING;
		missing = true;
	}
	if (gone)
		*gone = missing;
	return locate(e, fd);
}

struct eyeballs_attempt *attempts_in_place(struct eyeballs *e)
{
	for (uint32_t i = 0; i <= e->count; i++)
		if (e->attempts[i].fd == ATTEMPTS_PLACE)
			return &e->attempts[i];
	return NULL;
}

void attempts_watch(struct eyeballs *e, struct eyeballs_attempt *a)
{
	struct epoll_event event = {.events = EPOLLOUT, .data.ptr = e};

	if (a->fd >= 0 && a->fd < FIRST && !a->watched)
		put_on(a, attempts_high(a->fd));
	if (a->state != ATTEMPT_GOING || a->fd < 0 || a->watched)
		return;
	if (attempts_set() < 0)
		atomic_store(&set, attempts_high((int)syscall(SYS_epoll_create1, EPOLL_CLOEXEC)));
	a->watched = real.epoll_ctl(attempts_set(), EPOLL_CTL_ADD, a->fd, &event) == 0;
	watched += a->watched;
	if (watched == 0)
		attempts_close_set();
}

int attempts_put(struct eyeballs *e, struct eyeballs_attempt *a, bool last)
{
	struct eyeballs_attempt *before = attempts_in_place(e);
	int with = a->fd, old, result;

	if (with == ATTEMPTS_PLACE)
		return 0;
	if (!before || with < 0)
		return -EBADF;
	old = last ? ATTEMPTS_NONE : sys_fcntl(e->fd, F_DUPFD_CLOEXEC, FIRST);
	if (!last && old < 0)
		old = sys_fcntl(e->fd, F_DUPFD_CLOEXEC, 0);
	if (!last && old < 0)
		return -errno;
	result = replace_registered(e->fd, e->cookie, with, old, &e->registered);
	if (result) {
		if (!last)
			sys_close(old);
		return result;
	}
	put_on(a, ATTEMPTS_PLACE);
	sys_close(with);
	put_on(before, old);
	e->cookie = a->cookie;
	e->moved = atomic_fetch_add(&connects_changes, 1) + 1;
	return 0;
}

void attempts_failed(struct eyeballs *e, struct eyeballs_attempt *a, int error)
{
	a->state = ATTEMPT_FAILED;
	a->error = error;
	a->ended = (uint32_t)(clock_ms() - e->began);
	unwatch(a);
	if (a->fd < 0 || a == attempts_kept(e))
		return;
	if (!error)
		a->error = attempt_error(a->fd);
	attempts_drop(a);
}

int attempts_begin(struct eyeballs *e, struct eyeballs_attempt *a)
{
	struct eyeballs_attempt *own = &e->attempts[e->own];
	int fd, result;

	a->began = (uint32_t)(clock_ms() - e->began);
	if (a == own && (a->fd != ATTEMPTS_NONE)) {
		fd = attempts_fd(e, a);
		result = attempt_begin(&e->plan, fd, true, &a->to);
	} else {
		fd = attempt_clone(&e->plan, e->fd, attempts_fd(e, own), &a->to.addr);
		result = fd < 0 ? fd : attempt_begin(&e->plan, fd, false, &a->to);
		if (result == 0) {
			a->cookie = socket_cookie(fd);
			a->shared = false;
			put_on(a, fd);
		} else if (fd >= 0) {
			sys_close(fd);
		}
	}
	if (result)
		attempts_failed(e, a, -result);
	else
		a->state = ATTEMPT_GOING;
	return result;
}

struct eyeballs_attempt *attempts_first(struct eyeballs *e, enum attempt_state state)
{
	for (uint32_t i = 0; i < e->count; i++)
		if (e->attempts[i].state == state)
			return &e->attempts[i];
	return NULL;
}

void attempts_abandon(struct eyeballs *e)
{
	for (uint32_t i = 0; i <= e->count && e->count <= DESTINATIONS_MOST; i++)
		if (attempts_is_there(&e->attempts[i]))
			sys_close(e->attempts[i].fd);
	e->fd = -1;
}

void attempts_describe(const struct eyeballs *e, const struct eyeballs_attempt *won, char *line)
{
	const uint32_t now = (uint32_t)(clock_ms() - e->began);
	const char *comma = "";
	size_t used = log_text(line, LOCK_LINE, "descriptor %d to %s: ", e->fd, e->name);

	for (uint32_t i = 0; i < e->count && used < LOCK_LINE - 1; i++) {
		const struct eyeballs_attempt *a = &e->attempts[i];
		const struct sockaddr_in6 to = {.sin6_family = AF_INET6,
						.sin6_port = e->plan.port,
						.sin6_addr = a->to.addr,
						.sin6_scope_id = a->to.scope};
		bool going = a->state == ATTEMPT_GOING;
		char addr[SOCKADDR_TEXT];

		if (a->state == ATTEMPT_WAITING)
			continue;
		used += log_text(line + used, LOCK_LINE - used, "%s%s %s after %u ms", comma,
				 sockaddr_text_either(&to, addr),
				 a == won   ? "connected"
				 : going    ? "given up"
				 : a->error ? log_errno(a->error)
					    : "failed",
				 (going ? now : a->ended) - a->began);
		comma = ", ";
	}
}

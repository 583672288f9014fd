#define _GNU_SOURCE
#include "client/happy_eyeballs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "base/sys.h"
#include "client/in_progress.h"
#include "client/lock.h"
#include "config/config.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/options.h"
#include "socket/replace.h"

/* HERE: on the program's own descriptor. */
enum { NOWHERE = -1, HERE = -2 };

_Atomic unsigned eyeballs_changes;

static uint64_t now(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The program's descriptor is FD from now on; -1: there is none any more. */
static void set_fd(struct eyeballs *r, int fd)
{
	if (fd >= 0)
		atomic_fetch_add(&connects_numbers[fd % CONNECTS_NUMBERS], 1);
	if (r->fd >= 0)
		atomic_fetch_sub(&connects_numbers[r->fd % CONNECTS_NUMBERS], 1);
	r->fd = fd;
}

static int fd_of(const struct eyeballs *r, int fd)
{
	return fd == HERE ? r->fd : fd;
}

/* Whether a descriptor of ours is there still: the program may have closed it unseen, by a bare system call
 * or from another thread, and have something else there. */
static bool is_ours(int fd, uint64_t cookie)
{
	return fd >= 0 && socket_cookie(fd) == cookie;
}

static void drop(int *fd, uint64_t cookie)
{
	const struct linger none = {0, 0};

	if (is_ours(*fd, cookie)) {
		/* With SO_LINGER close() would wait (socket(7)). */
		(void)real.setsockopt(*fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
		sys_close(*fd);
	}
	*fd = NOWHERE;
}

static void forget(struct eyeballs *r)
{
	for (uint32_t i = 0; i < r->count; i++)
		drop(&r->attempts[i].fd, r->attempts[i].cookie);
	drop(&r->own, r->own_cookie);
	if (!r->failed)
		atomic_fetch_sub(&connects_going, 1);
	atomic_fetch_sub(&connects_known, 1);
	set_fd(r, -1);
	r->used = false;
}

struct search {
	uint64_t cookie;
	int first, last; /* not among these */
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

/* Looks for another descriptor of the program's for the socket in place, not from FIRST to LAST. */
static bool move_away(struct eyeballs *r, int first, int last)
{
	struct search search = {.cookie = r->cookie, .first = first, .last = last};

	if (descriptors_each(look_for, &search) == 0)
		return false;
	set_fd(r, search.found);
	return true;
}

/* Finds the socket in place again; the program may have moved it to another descriptor. */
static bool locate(struct eyeballs *r)
{
	return socket_cookie(r->fd) == r->cookie || move_away(r, -1, -1);
}

static void address_text(const struct eyeballs *r, const struct attempt *a, char *text)
{
	const struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
					 .sin6_port = r->plan.port,
					 .sin6_addr = a->to.addr,
					 .sin6_scope_id = a->to.scope};
	struct sockaddr_in in;

	if (!IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
		(void)sockaddr_text((const struct sockaddr *)&in6, text);
		return;
	}
	in = sockaddr_unmapped(&in6);
	(void)sockaddr_text((const struct sockaddr *)&in, text);
}

static void log_outcome(const struct eyeballs *r)
{
	char text[LOCK_TEXT];
	const size_t size = sizeof text;
	size_t used = 0;

	if (!log_wants(LOG_LEVEL_INFO))
		return;
	text[0] = '\0';
	for (uint32_t i = 0; i < r->next && used < size - 1; i++) {
		const struct attempt *a = &r->attempts[i];
		char addr[SOCKADDR_TEXT];

		address_text(r, a, addr);
		used += log_text(text + used, size - used, "%s%s %s after %u ms", i ? ", " : "", addr,
				 a->state == LANDED  ? "connected"
				 : a->state == GOING ? "given up"
				 : a->error          ? log_errno(a->error)
						     : "failed",
				 (a->state == GOING ? (uint32_t)(now() - r->began) : a->ended) - a->began);
	}
	lock_log(r->fd, r->name, text);
}

static struct attempt *in_place(struct eyeballs *r)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (r->attempts[i].fd == HERE)
			return &r->attempts[i];
	return NULL;
}

/* Puts the socket of ours at *WITH on the program's descriptor. What was there goes on to a descriptor of
 * ours: it is another attempt's, or the program's own that has not begun. LAST: it is not needed any more,
 * and none is taken for it: there may be none left. */
static int put(struct eyeballs *r, int *with, uint64_t cookie, bool last)
{
	struct attempt *before = in_place(r);
	const char *missed;
	int old, result;

	if (!is_ours(*with, cookie))
		return -EBADF;
	old = last ? NOWHERE : fcntl(r->fd, F_DUPFD_CLOEXEC, *with);
	if (!last && old < 0)
		return -errno;
	result = options_carry_flags(r->fd, *with, &missed);
	if (result == 0)
		result = replace_socket(r->fd, r->cookie, *with, old);
	if (result) {
		if (!last)
			sys_close(old);
		return result;
	}
	if (before)
		before->fd = old;
	else
		r->own = old;
	sys_close(*with);
	*with = HERE;
	r->cookie = cookie;
	atomic_fetch_add(&eyeballs_changes, 1);
	return 0;
}

static void ended(struct eyeballs *r, struct attempt *a, enum eyeballs_state state, int error)
{
	a->state = state;
	a->error = error;
	a->ended = (uint32_t)(now() - r->began);
}

/* What failed in place keeps its error, as the program may find it there after all; and so does what the
 * program asked for. */
static void note_failure(struct eyeballs *r, struct attempt *a)
{
	ended(r, a, FAILED, 0);
	if (a == &r->attempts[r->asked] || a->fd == HERE)
		return;
	a->error = attempt_error(a->fd);
	drop(&a->fd, a->cookie);
}

/* The program's own socket, which waits for its turn or has had it; NOWHERE if it was closed. */
static int own_fd(const struct eyeballs *r)
{
	int fd = fd_of(r, r->own != NOWHERE ? r->own : r->attempts[r->asked].fd);

	return is_ours(fd, r->own_cookie) ? fd : NOWHERE;
}

/* What the program is told of A: what it has not asked for is no way. */
static int error_of(const struct attempt *a)
{
	return a->local ? ENETUNREACH : a->error;
}

static int begin(struct eyeballs *r, uint32_t number)
{
	struct attempt *a = &r->attempts[number];
	int fd = own_fd(r), result;
	bool own = fd >= 0 && number == r->asked && attempt_own(&r->plan, &a->to.addr);

	a->began = (uint32_t)(now() - r->began);
	if (!own)
		fd = attempt_clone(&r->plan, r->fd, fd, &a->to.addr,
				   number + 1 == r->count || config.delay == 0);
	result = fd < 0 ? fd : attempt_begin(&r->plan, fd, own, &a->to);
	if (result) {
		if (!own && fd >= 0)
			sys_close(fd);
		ended(r, a, FAILED, -result);
		a->local = fd < 0;
		return result;
	}
	a->state = GOING;
	a->fd = own ? r->own : fd;
	a->cookie = socket_cookie(fd);
	if (own)
		r->own = NOWHERE;
	return 0;
}

static void no_more_haste(struct eyeballs *r)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (r->attempts[i].state == GOING && i != r->asked)
			attempt_last(&r->plan, fd_of(r, r->attempts[i].fd));
}

/* Makes the attempts that are due: one if there MUST be, because another has failed, or the delay is over. */
static void begin_due(struct eyeballs *r, bool must, uint64_t time)
{
	while (r->next < r->count && (must || (config.delay && time >= r->due))) {
		must = begin(r, r->next++) != 0;
		r->due = time + config.delay;
		time = now();
		if (r->next == r->count)
			no_more_haste(r);
	}
}

/* A can't be put in place. */
static void give_up(struct eyeballs *r, struct attempt *a, int error)
{
	ended(r, a, FAILED, error);
	a->local = true;
	drop(&a->fd, a->cookie);
}

/* The first attempt on its way. */
static struct attempt *going(struct eyeballs *r)
{
	for (uint32_t i = 0; i < r->next; i++)
		if (r->attempts[i].state == GOING)
			return &r->attempts[i];
	return NULL;
}

static bool win(struct eyeballs *r, struct attempt *a)
{
	int result = a->fd == HERE ? 0 : put(r, &a->fd, a->cookie, true);

	if (result) {
		give_up(r, a, -result);
		return false;
	}
	ended(r, a, LANDED, 0);
	attempt_finish(&r->plan, r->fd);
	log_outcome(r);
	forget(r);
	return true;
}

/* All have failed. Where the kernel has the error of the one that was asked for, its socket is left to the
 * program; else the error is remembered, and the socket that failed last is what it has. */
static void lose(struct eyeballs *r)
{
	struct attempt *a = &r->attempts[r->asked];

	if (a->fd >= 0 && put(r, &a->fd, a->cookie, false) != 0)
		a->error = is_ours(a->fd, a->cookie) ? attempt_error(a->fd) : ECONNABORTED;
	attempt_finish(&r->plan, r->fd);
	log_outcome(r);
	if (a->error == 0) {
		forget(r);
		return;
	}
	for (uint32_t i = 0; i < r->count; i++)
		drop(&r->attempts[i].fd, r->attempts[i].cookie);
	drop(&r->own, r->own_cookie);
	r->failed = true;
	atomic_fetch_sub(&connects_going, 1);
}

/* Without the library the program would have its error by now: what is left is not waited for much longer. */
static bool out_of_grace(const struct eyeballs *r, const struct attempt *a, uint64_t time)
{
	const struct attempt *asked = &r->attempts[r->asked];

	return r->next == r->count && asked->state == FAILED && asked->fd != NOWHERE && a != asked &&
	       IN6_IS_ADDR_V4MAPPED(&asked->to.addr) && time - r->began >= a->began + EYEBALLS_GRACE;
}

/* Whether one has won, or all is lost: then the race is over. FAILED: whether one more has failed. */
static bool look_at_all(struct eyeballs *r, uint64_t time, bool *failed)
{
	for (uint32_t i = 0; i < r->next; i++) {
		struct attempt *a = &r->attempts[i];
		enum attempt_state state;

		if (a->fd >= 0 && !is_ours(a->fd, a->cookie)) {
			a->fd = NOWHERE;
			*failed |= begin(r, i) != 0;
			continue;
		}
		if (a->state != GOING)
			continue;
		state = attempt_look(fd_of(r, a->fd));
		if (state == ATTEMPT_CONNECTED && win(r, a))
			return true;
		if (state == ATTEMPT_FAILED && a->state == GOING)
			note_failure(r, a);
		else if (state == ATTEMPT_GOING && out_of_grace(r, a, time))
			ended(r, a, FAILED, ETIMEDOUT);
		*failed |= a->state == FAILED;
	}
	return false;
}

/* What stays on the program's descriptor while others are tried must be on its way. */
static void keep_in_flight(struct eyeballs *r)
{
	struct attempt *there = in_place(r), *a;

	if (there && there->state == GOING)
		return;
	while ((a = going(r)) != NULL) {
		int result = a->fd == HERE ? 0 : put(r, &a->fd, a->cookie, false);

		/* What has failed need not be kept, but for the error that the program is to have. */
		if (result && there && there != &r->attempts[r->asked])
			result = put(r, &a->fd, a->cookie, true);
		if (result == 0)
			break;
		give_up(r, a, -result);
		begin_due(r, going(r) == NULL, now());
	}
	if (a && there && there->fd >= 0 && there != &r->attempts[r->asked]) {
		there->error = attempt_error(there->fd);
		drop(&there->fd, there->cookie);
	}
}

void eyeballs_step(struct eyeballs *r)
{
	uint64_t time = now();
	bool failed = false;

	if (!locate(r)) {
		forget(r);
		return;
	}
	if (r->failed || look_at_all(r, time, &failed))
		return;
	begin_due(r, failed, time);
	keep_in_flight(r);
	if (!going(r))
		lose(r);
}

static void fill(struct eyeballs *r, int fd, const struct attempt_plan *plan, const struct names_list *list,
		 uint32_t asked)
{
	r->fd = -1;
	set_fd(r, fd);
	r->cookie = r->own_cookie = socket_cookie(fd);
	r->failed = false;
	r->plan = *plan;
	memcpy(r->name, list->name, sizeof r->name);
	r->count = list->count;
	r->asked = asked;
	r->next = 0;
	r->began = now();
	r->due = r->began;
	r->own = HERE;
	for (uint32_t i = 0; i < list->count; i++)
		r->attempts[i] = (struct attempt){.to = list->addresses[i], .state = WAITING, .fd = NOWHERE};
}

int eyeballs_begin(struct eyeballs *r, int fd, const struct attempt_plan *plan, const struct names_list *list,
		   uint32_t asked)
{
	int result;

	fill(r, fd, plan, list, asked);
	atomic_fetch_add(&connects_going, 1);
	atomic_fetch_add(&connects_known, 1);
	begin_due(r, true, r->began);
	keep_in_flight(r);
	if (going(r)) {
		r->used = true;
		return -EINPROGRESS;
	}
	result = -error_of(&r->attempts[asked]);
	attempt_finish(&r->plan, fd);
	log_outcome(r);
	forget(r);
	return result;
}

int eyeballs_gather(const struct eyeballs *r, struct pollfd *fds, int room, int *timeout)
{
	uint64_t time = now(), next = time + EYEBALLS_PATIENCE;
	int count = 0, ms;

	if (r->failed)
		return 0;
	if (config.delay && r->next < r->count && r->due < next)
		next = r->due;
	for (uint32_t i = 0; i < r->next && count < room; i++)
		if (r->attempts[i].state == GOING)
			fds[count++] = (struct pollfd){.fd = fd_of(r, r->attempts[i].fd), .events = POLLOUT};
	ms = next > time ? (int)(next - time) : 0;
	if (*timeout < 0 || ms < *timeout)
		*timeout = ms;
	return count;
}

/* One poll() for all of its descriptors. */
bool eyeballs_is_due(const struct eyeballs *r)
{
	struct pollfd fds[NAMES_ADDRESSES];
	int timeout = -1, count = eyeballs_gather(r, fds, NAMES_ADDRESSES, &timeout);

	return timeout == 0 || real.poll(fds, (nfds_t)count, 0) != 0 || r->failed ||
	       socket_cookie(r->fd) != r->cookie || now() - r->began >= EYEBALLS_GRACE;
}

int eyeballs_tell(struct eyeballs *r)
{
	int error = error_of(&r->attempts[r->asked]);

	(void)attempt_error(r->fd);
	forget(r);
	return error;
}

void eyeballs_set(struct eyeballs *r, int level, int name, const void *value, socklen_t len)
{
	const struct option *row = options_find(level, name);

	attempt_set(&r->plan, level, name, value, len);
	for (uint32_t i = 0; i < r->next; i++) {
		int other = r->attempts[i].fd;

		if (!is_ours(other, r->attempts[i].cookie))
			continue;
		(void)real.setsockopt(other, level, name, value, len);
		if (row)
			(void)options_mirror(other, row, value, len);
	}
	if (is_ours(r->own, r->own_cookie))
		(void)real.setsockopt(r->own, level, name, value, len);
}

void eyeballs_abandon(struct eyeballs *r, bool again)
{
	if (locate(r)) {
		if (again && r->own >= 0)
			(void)put(r, &r->own, r->own_cookie, false);
		attempt_finish(&r->plan, r->fd);
	}
	forget(r);
}

/* Whether a descriptor of ours for R is from FIRST to LAST. */
static bool hidden_among(const struct eyeballs *r, int first, int last)
{
	bool result = r->own >= first && r->own <= last;

	for (uint32_t i = 0; i < r->next; i++)
		result |= r->attempts[i].fd >= first && r->attempts[i].fd <= last;
	return result && first >= 0;
}

/* The program closes what is ours: it gets the one attempt that it asked for, on its way or with its error.
 */
static void settle_for_asked(struct eyeballs *r)
{
	struct attempt *a = &r->attempts[r->asked];

	if (locate(r)) {
		/* One that it has closed before is made anew, as in look_at_all(). */
		if (a->fd >= 0 && !is_ours(a->fd, a->cookie)) {
			a->fd = NOWHERE;
			a->state = WAITING;
		}
		if (a->state == WAITING)
			(void)begin(r, r->asked);
		if (a->fd >= 0)
			(void)put(r, &a->fd, a->cookie, false);
		attempt_finish(&r->plan, r->fd);
	}
	forget(r);
}

void eyeballs_leave(struct eyeballs *r, int first, int last)
{
	if (r->fd >= first && r->fd <= last && !move_away(r, first, last))
		forget(r);
	else if (hidden_among(r, first, last))
		settle_for_asked(r);
}

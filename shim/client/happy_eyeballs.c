#define _GNU_SOURCE
#include "client/happy_eyeballs.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/real.h"
#include "base/sys.h"
#include "client/attempt.h"
#include "client/in_progress.h"
#include "client/lock.h"
#include "config/config.h"
#include "socket/facts.h"
#include "socket/holdings.h"
#include "socket/options.h"

#define NEVER UINT64_MAX

/* ms that the other attempts still have after the address that the program asked for has failed; and between
 * two looks at attempts that no set reports. */
enum { GRACE = 1000, BLIND = 10 };

/* Begins the attempts that are due: one if it MUST, because another has failed, or if the delay is over. */
static void begin_due(struct eyeballs *e, bool must, uint64_t time)
{
	struct eyeballs_attempt *next;

	while ((must || (config.settings.delay && time >= e->due)) &&
	       (next = attempts_first(e, ATTEMPT_WAITING)) != NULL) {
		must = attempts_begin(e, next) != 0;
		e->due = time + config.settings.delay;
		time = clock_ms();
	}
}

/* Without the library the program would have its error by now, so the other attempts have little time left.
 */
static uint64_t end_of_grace(const struct eyeballs *e)
{
	const struct eyeballs_attempt *asked = &e->attempts[e->asked];

	return e->asked < e->count && asked->state == ATTEMPT_FAILED ? e->began + asked->ended + GRACE
								     : NEVER;
}

/* ---- the end */

/* Leaves the socket in place to the program and the kernel. */
static void finish(struct eyeballs *e)
{
	/* No clone is made before. */
	if (e->planned)
		attempt_finish(&e->plan, e->fd);
	attempts_forget(e);
}

void eyeballs_finish(struct eyeballs *e)
{
	const bool logs = log_wants(LOG_LEVEL_INFO);
	char line[LOCK_LINE];

	if (logs)
		attempts_describe(e, &e->attempts[0], line);
	finish(e);
	if (logs)
		log_line(LOG_LEVEL_INFO, "%s", line);
}

static void finish_logged(struct eyeballs *e, const struct eyeballs_attempt *won)
{
	if (log_wants(LOG_LEVEL_INFO))
		attempts_describe(e, won, lock_line);
	finish(e);
}

static bool win(struct eyeballs *e, struct eyeballs_attempt *a)
{
	int result;

	/* Nothing else asks for the errors of the failed attempts. */
	for (uint32_t i = 0; i < e->count && log_wants(LOG_LEVEL_INFO); i++) {
		struct eyeballs_attempt *other = &e->attempts[i];

		if (other->state == ATTEMPT_FAILED && !other->error && other->fd != ATTEMPTS_NONE)
			other->error = attempt_error(attempts_fd(e, other));
	}
	result = attempts_put(e, a, true);
	if (result) {
		attempts_failed(e, a, -result);
		return false;
	}
	finish_logged(e, a);
	return true;
}

/* All have failed. The program gets the socket of the address that it asked for, with its error. If that
 * failed at once, only the library knows the error: a connect() that blocks returns it, else the program
 * keeps the socket in place, which has another error. Returns the negative errno of the address asked for, 0
 * if the kernel has it. */
static int lose(struct eyeballs *e)
{
	struct eyeballs_attempt *a = attempts_kept(e);
	int error = a->error;

	if (a->fd >= 0 && (!error || !(sys_fcntl(e->fd, F_GETFL, 0) & O_NONBLOCK)))
		(void)attempts_put(e, a, false);
	/* Gives up, as the kernel would go on for minutes. It then reports ECONNRESET (tcp_disconnect()). */
	else if (attempt_look(e->fd) == ATTEMPT_GOING && !attempt_may_begin(e->fd, false))
		(void)real.connect(e->fd, &(const struct sockaddr){.sa_family = AF_UNSPEC},
				   sizeof(struct sockaddr));
	finish_logged(e, NULL);
	return -error;
}

/* ---- a step */

/* Whether one attempt has won, which ends E. FAILED: whether one more has failed. */
static bool look_at_all(struct eyeballs *e, uint64_t time, bool *failed)
{
	for (uint32_t i = 0; i < e->count; i++) {
		struct eyeballs_attempt *a = &e->attempts[i];
		enum attempt_state state;

		if (a->state != ATTEMPT_GOING)
			continue;
		state = attempt_look(attempts_fd(e, a));
		if (state == ATTEMPT_CONNECTED && win(e, a))
			return true;
		if (state == ATTEMPT_FAILED && a->state == ATTEMPT_GOING)
			attempts_failed(e, a, 0);
		else if (state == ATTEMPT_GOING && time >= end_of_grace(e))
			attempts_failed(e, a, ETIMEDOUT);
		*failed |= a->state == ATTEMPT_FAILED;
	}
	return false;
}

/* While others are tried, the socket on the program's descriptor must be on its way: the program may look at
 * it. */
static void keep_going(struct eyeballs *e)
{
	struct eyeballs_attempt *there = attempts_in_place(e), *a;

	while (there && there->state != ATTEMPT_GOING && (a = attempts_first(e, ATTEMPT_GOING)) != NULL) {
		int result = attempts_put(e, a, false);

		/* A failed socket need not be kept, unless the program is to get its error. */
		if (result && there != attempts_kept(e))
			result = attempts_put(e, a, true);
		if (result == 0) {
			if (there != attempts_kept(e) && there->state == ATTEMPT_FAILED && there->fd >= 0)
				attempts_failed(e, there, 0);
			return;
		}
		attempts_failed(e, a, -result);
		begin_due(e, attempts_first(e, ATTEMPT_GOING) == NULL, clock_ms());
	}
}

static void set_due(struct eyeballs *e)
{
	uint64_t grace = end_of_grace(e);

	if (!config.settings.delay || !attempts_first(e, ATTEMPT_WAITING))
		e->due = NEVER;
	/* An attempt is not watched if no descriptor was left for the epoll set. */
	for (uint32_t i = 0; i < e->count && e->due == NEVER; i++)
		if (e->attempts[i].state == ATTEMPT_GOING && e->attempts[i].fd >= 0 &&
		    !e->attempts[i].watched)
			e->due = clock_ms() + BLIND;
	if (grace < e->due)
		e->due = grace;
	connects_set_due(e->due);
}

/* Goes on as far as it can at once: a refusal of this host itself arrives before connect() returns. */
static int go_on(struct eyeballs *e, bool failed)
{
	bool again;

	do {
		begin_due(e, failed, clock_ms());
		keep_going(e);
		if (!attempts_first(e, ATTEMPT_GOING))
			return lose(e);
		again = failed;
		failed = false;
		if (again && look_at_all(e, clock_ms(), &failed))
			return 0;
	} while (failed);
	for (uint32_t i = 0; i < e->count; i++)
		attempts_watch(e, &e->attempts[i]);
	set_due(e);
	return -EINPROGRESS;
}

/* Completes the plan, once there is more to do than wait for the program's own socket, and leaves out the
 * addresses that no socket as in it can connect to. False if that can't be, or fewer than LEAST are left. */
static bool complete(struct eyeballs *e, uint32_t least)
{
	uint32_t count = 0, asked = UINT32_MAX;

	e->planned = attempt_plan(e->fd, &e->plan);
	for (uint32_t i = 0; i < e->count; i++) {
		if (e->attempts[i].state != ATTEMPT_GOING &&
		    !attempt_possible(&e->plan, &e->attempts[i].to.addr))
			continue;
		if (i == e->asked)
			asked = count;
		e->attempts[count++] = e->attempts[i];
	}
	e->count = count;
	e->asked = asked < count ? asked : count;
	e->attempts[count].fd = ATTEMPTS_NONE;
	return e->planned && count >= least;
}

int eyeballs_step(struct eyeballs *e, int fd)
{
	bool failed;

	if (!attempts_check(e, fd, &failed))
		attempts_forget(e);
	else if (!e->planned && !complete(e, 2))
		finish(e);
	else if (!look_at_all(e, clock_ms(), &failed))
		return go_on(e, failed);
	return 0;
}

static void fill(struct eyeballs *e, int fd, const struct destination *d)
{
	e->fd = -1; /* it was free */
	attempts_set_fd(e, fd);
	e->cookie = socket_cookie(fd);
	e->plan = d->plan;
	memcpy(e->name, d->list.name, sizeof e->name);
	e->count = d->list.count;
	e->asked = d->asked;
	e->began = clock_ms();
	e->due = e->began;
	e->registered.count = 0;
	e->moved = atomic_load(&connects_changes);
	e->planned = false;
	for (uint32_t i = 0; i <= e->count; i++)
		e->attempts[i] = (struct eyeballs_attempt){.to = d->list.addresses[i < e->count ? i : 0],
							   .state = ATTEMPT_WAITING,
							   .fd = ATTEMPTS_NONE};
	atomic_fetch_add(&connects_going, 1);
}

static void place_own(struct eyeballs *e, uint32_t own)
{
	e->own = own;
	e->attempts[own].fd = ATTEMPTS_PLACE;
	e->attempts[own].cookie = e->cookie;
}

void eyeballs_start(struct eyeballs *e, int fd, const struct destination *d)
{
	fill(e, fd, d);
	/* A sandbox may withhold the cookie, without which the entry can't be found. */
	if (!e->cookie) {
		attempts_forget(e);
		return;
	}
	place_own(e, 0);
	e->attempts[0].state = ATTEMPT_GOING;
	e->due = e->began + config.settings.delay;
	set_due(e);
}

int eyeballs_begin(struct eyeballs *e, int fd, const struct destination *d, int own)
{
	fill(e, fd, d);
	/* To an address of another family than its own, the kernel connects no socket. */
	if (!e->cookie || !complete(e, own || d->own_first ? 2 : 1) ||
	    e->plan.in6 != (d->family == AF_INET6)) {
		attempts_forget(e);
		return -ENOSPC;
	}
	/* An AF_INET socket can't connect to an IPv6 address: a clone has to. */
	place_own(e, e->asked < e->count && (e->plan.in6 || e->plan.marked ||
					     IN6_IS_ADDR_V4MAPPED(&e->attempts[e->asked].to.addr))
			 ? e->asked
			 : e->count);
	if (own == -EINPROGRESS)
		e->attempts[0].state = ATTEMPT_GOING;
	else if (own)
		attempts_failed(e, &e->attempts[0], -own);
	own = go_on(e, true);
	return own ? own : -EINPROGRESS;
}

/* ---- what the program does meanwhile */

void eyeballs_set(struct eyeballs *e, int level, int name, const void *value, socklen_t len)
{
	const struct option *row = options_find(level, name);
	int none = 0, *kept = level == SOL_SOCKET && name == SO_REUSEADDR  ? &e->plan.reuse
			      : level == IPPROTO_TCP && name == TCP_MAXSEG ? &e->plan.maxseg
									   : &none;

	if (len >= sizeof *kept)
		memcpy(kept, value, sizeof *kept);
	for (uint32_t i = 0; i <= e->count; i++) {
		int other = e->attempts[i].fd;

		if (!attempts_is_there(&e->attempts[i]))
			continue;
		(void)real.setsockopt(other, level, name, value, len);
		if (row && i != e->own)
			(void)options_mirror(other, row, value, len);
	}
}

/* Ends E. The program's descriptor gets A's socket, or with NULL keeps the one that it has. */
static void end(struct eyeballs *e, struct eyeballs_attempt *a)
{
	if (!attempts_check(e, -1, NULL)) {
		attempts_forget(e);
		return;
	}
	if (a)
		(void)attempts_put(e, a, true);
	finish(e);
}

void eyeballs_end(struct eyeballs *e, bool own)
{
	end(e, own ? &e->attempts[e->own] : NULL);
}

void eyeballs_leave(struct eyeballs *e, int first, int last)
{
	bool set = attempts_set() >= first && attempts_set() <= last, hidden = false;
	struct eyeballs_attempt *kept = attempts_kept(e);

	for (uint32_t i = 0; i <= e->count && first >= 0; i++)
		hidden |= (e->attempts[i].fd >= first && e->attempts[i].fd <= last) ||
			  (set && e->attempts[i].watched);
	if (e->fd >= first && e->fd <= last && !attempts_move_away(e, first, last)) {
		(void)attempts_check(e, e->fd, NULL);
		attempts_forget(e);
	} else if (hidden) {
		/* The library's descriptors go. The program gets the attempt that it asked for, on its way or
		 * with its error. */
		if (attempts_check(e, -1, NULL) && kept->state == ATTEMPT_WAITING)
			(void)attempts_begin(e, kept);
		end(e, kept);
	}
}

void eyeballs_fork(struct eyeballs *e)
{
	/* The program's epoll sets are the parent's, too: their registrations can't be moved. */
	const bool over = !(sys_fcntl(e->fd, F_GETFL, 0) & O_NONBLOCK) || holdings_registered(e->fd);

	for (uint32_t i = 0; i <= e->count; i++) {
		e->attempts[i].watched = false;
		e->attempts[i].shared = true;
	}
	(void)attempts_check(e, e->fd, NULL);
	for (uint32_t i = 0; i <= e->count; i++) {
		struct eyeballs_attempt *a = &e->attempts[i];

		if (!over && (a == attempts_kept(e) || i == e->own)) {
			if (e->planned)
				attempts_watch(e, a);
		} else if (a->fd >= 0) {
			attempts_drop(a);
			a->state = a->state == ATTEMPT_GOING ? ATTEMPT_WAITING : a->state;
		}
	}
	if (over) {
		attempts_forget(e);
	} else if (e->planned) {
		e->due = clock_ms() + config.settings.delay;
		set_due(e);
	}
}

#define _GNU_SOURCE
#include "client/happy_eyeballs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/real.h"
#include "base/sys.h"
#include "client/in_progress.h"
#include "client/lock.h"
#include "client/outcome.h"
#include "config/config.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/holdings.h"
#include "socket/options.h"

#define NEVER UINT64_MAX

/* ms between two looks at what nothing tells of. */
enum { BLIND = 10 };

static uint64_t now(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- the program's descriptor */

static void set_fd(struct eyeballs *e, int fd)
{
	if (fd >= 0)
		connects_count_number(fd, 1);
	if (e->fd >= 0)
		connects_count_number(e->fd, -1);
	e->fd = fd;
}

static int fd_of(const struct eyeballs *e, const struct eyeballs_attempt *a)
{
	return a->at.fd == HIDDEN_PLACE ? e->fd : a->at.fd;
}

static void forget(struct eyeballs *e)
{
	for (uint32_t i = 0; i <= e->count; i++) {
		hidden_unwatch(&e->attempts[i].at, fd_of(e, &e->attempts[i]));
		hidden_drop(&e->attempts[i].at);
	}
	set_fd(e, -1);
	e->used = false;
	connects_count(-1);
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
static bool move_away(struct eyeballs *e, int first, int last)
{
	struct search search = {.cookie = e->cookie, .first = first, .last = last};

	if (!holdings_copied() || descriptors_each(look_for, &search) == 0)
		return false;
	set_fd(e, search.found);
	return true;
}

static bool locate(struct eyeballs *e)
{
	return socket_cookie(e->fd) == e->cookie || move_away(e, -1, -1);
}

static struct eyeballs_attempt *in_place(struct eyeballs *e)
{
	for (uint32_t i = 0; i <= e->count; i++)
		if (e->attempts[i].at.fd == HIDDEN_PLACE)
			return &e->attempts[i];
	return NULL;
}

/* Has the epoll set tell of A, unless a thread waits for it in connect(). */
static void watch(struct eyeballs *e, struct eyeballs_attempt *a)
{
	if (a->state == EYEBALLS_GOING && !e->blocks && a->at.fd != HIDDEN_NONE)
		hidden_watch(&a->at, fd_of(e, a), e);
}

/* Puts A's socket on the program's descriptor. What was there goes on to a descriptor of the library's; with
 * LAST it is not needed any more, and none is taken for it: there may be none left. */
static int put(struct eyeballs *e, struct eyeballs_attempt *a, bool last)
{
	struct eyeballs_attempt *before = in_place(e);
	int with = a->at.fd, old, result;
	const char *missed;

	if (with == HIDDEN_PLACE)
		return 0;
	if (!before || !hidden_is_there(&a->at))
		return -EBADF;
	old = last ? HIDDEN_NONE : sys_fcntl(e->fd, F_DUPFD_CLOEXEC, with);
	if (!last && old < 0)
		return -errno;
	hidden_unwatch(&before->at, e->fd);
	result = options_carry_flags(e->fd, with, &missed);
	if (result == 0)
		result = replace_registered(e->fd, e->cookie, with, old, &e->registered);
	if (result) {
		if (!last)
			sys_close(old);
		return result;
	}
	hidden_give(&a->at, HIDDEN_PLACE);
	sys_close(with);
	hidden_move(&before->at, old);
	e->cookie = a->at.cookie;
	e->moved = true;
	connects_count_change();
	return 0;
}

/* ---- attempts */

static void ended(struct eyeballs *e, struct eyeballs_attempt *a, int error)
{
	a->state = EYEBALLS_FAILED;
	a->error = error;
	a->ended = (uint32_t)(now() - e->began);
	hidden_unwatch(&a->at, fd_of(e, a));
}

/* The attempt whose socket the program is to have when all have failed: the one that it asked for, or the
 * first where a rule leaves that out. Its own socket could still connect there. */
static struct eyeballs_attempt *kept(struct eyeballs *e)
{
	return &e->attempts[e->asked < e->count ? e->asked : 0];
}

/* What failed in place keeps its error for the program to find. */
static void note_failure(struct eyeballs *e, struct eyeballs_attempt *a)
{
	ended(e, a, 0);
	if (a->at.fd == HIDDEN_PLACE || a == kept(e))
		return;
	a->error = attempt_error(a->at.fd);
	hidden_drop(&a->at);
}

static int begin(struct eyeballs *e, struct eyeballs_attempt *a)
{
	struct eyeballs_attempt *own = &e->attempts[e->own];
	int fd, result;

	a->began = (uint32_t)(now() - e->began);
	if (a == own && (a->at.fd == HIDDEN_PLACE || hidden_is_there(&a->at))) {
		fd = fd_of(e, a);
		result = attempt_begin(&e->plan, fd, true, &a->to);
	} else {
		fd = attempt_clone(&e->plan, e->fd, fd_of(e, own), &a->to.addr);
		result = fd < 0 ? fd : attempt_begin(&e->plan, fd, false, &a->to);
		if (result == 0) {
			hidden_take(&a->at, fd, socket_cookie(fd));
		} else if (fd >= 0) {
			sys_close(fd);
		}
	}
	if (result)
		ended(e, a, -result);
	else
		a->state = EYEBALLS_GOING;
	return result;
}

static struct eyeballs_attempt *first_of(struct eyeballs *e, enum eyeballs_state state)
{
	for (uint32_t i = 0; i < e->count; i++)
		if (e->attempts[i].state == state)
			return &e->attempts[i];
	return NULL;
}

/* Makes the attempts that are due: one if there MUST be, because another has failed, or the delay is over. */
static void begin_due(struct eyeballs *e, bool must, uint64_t time)
{
	struct eyeballs_attempt *next;

	while ((must || (config.delay && time >= e->due)) && (next = first_of(e, EYEBALLS_WAITING)) != NULL) {
		must = begin(e, next) != 0;
		e->due = time + config.delay;
		time = now();
	}
}

/* Without the library the program would have its error by now: what is left is not waited for much longer. */
static uint64_t end_of_grace(const struct eyeballs *e)
{
	const struct eyeballs_attempt *asked = &e->attempts[e->asked];

	return e->asked < e->count && asked->state == EYEBALLS_FAILED
		   ? e->began + asked->ended + EYEBALLS_GRACE
		   : NEVER;
}

static void give_up(struct eyeballs *e, struct eyeballs_attempt *a, int error)
{
	ended(e, a, error);
	if (a->at.fd != HIDDEN_PLACE && a != kept(e))
		hidden_drop(&a->at);
}

/* ---- the end */

static void log_outcome(const struct eyeballs *e, const struct eyeballs_attempt *won)
{
	char text[LOCK_TEXT];

	if (!log_wants(LOG_LEVEL_INFO))
		return;
	outcome_text(e, won, now(), text);
	lock_log(e->fd, e->name, text);
}

static bool win(struct eyeballs *e, struct eyeballs_attempt *a)
{
	int result;

	/* Nobody else will ask for the errors of those that failed. */
	for (uint32_t i = 0; i < e->count && log_wants(LOG_LEVEL_INFO); i++) {
		struct eyeballs_attempt *other = &e->attempts[i];

		if (other->state == EYEBALLS_FAILED && !other->error && other->at.fd != HIDDEN_NONE)
			other->error = attempt_error(fd_of(e, other));
	}
	result = put(e, a, true);
	if (result) {
		give_up(e, a, -result);
		return false;
	}
	attempt_finish(&e->plan, e->fd);
	log_outcome(e, a);
	forget(e);
	return true;
}

/* Leaves the program's socket to the kernel. */
static void finish(struct eyeballs *e)
{
	attempt_finish(&e->plan, e->fd);
	forget(e);
}

void eyeballs_finish(struct eyeballs *e)
{
	char text[LOCK_TEXT];
	int fd = e->fd;

	if (log_wants(LOG_LEVEL_INFO))
		outcome_text(e, &e->attempts[0], now(), text);
	finish(e);
	if (log_wants(LOG_LEVEL_INFO))
		log_line(LOG_LEVEL_INFO, "descriptor %d to %s: %s", fd, e->name, text);
}

/* All have failed. The program gets the socket that it asked for, with its error; but where that failed at
 * once, only the library knows the error, and the program finds the one of what is in place. Returns the
 * error of the address asked for, 0 if the kernel has it. */
static int lose(struct eyeballs *e)
{
	struct eyeballs_attempt *a = kept(e);
	int error = a->error;

	if (a->at.fd >= 0 && !error)
		(void)put(e, a, false);
	attempt_finish(&e->plan, e->fd);
	log_outcome(e, NULL);
	forget(e);
	return error;
}

/* ---- a step */

/* Whether one has won: then it is over. FAILED: whether one more has failed. */
static bool look_at_all(struct eyeballs *e, uint64_t time, bool *failed)
{
	for (uint32_t i = 0; i < e->count; i++) {
		struct eyeballs_attempt *a = &e->attempts[i];
		enum attempt_state state;

		if (a->state != EYEBALLS_GOING && a != kept(e))
			continue;
		if (a->at.fd >= 0 && !hidden_is_there(&a->at)) {
			hidden_give(&a->at, HIDDEN_NONE);
			*failed |= begin(e, a) != 0;
			continue;
		}
		if (a->state != EYEBALLS_GOING)
			continue;
		state = attempt_look(fd_of(e, a));
		if (state == ATTEMPT_CONNECTED && win(e, a))
			return true;
		if (state == ATTEMPT_FAILED && a->state == EYEBALLS_GOING)
			note_failure(e, a);
		else if (state == ATTEMPT_GOING && time >= end_of_grace(e))
			give_up(e, a, ETIMEDOUT);
		*failed |= a->state == EYEBALLS_FAILED;
	}
	return false;
}

/* What stays on the program's descriptor while others are tried must be on its way, if the program can look
 * at it. */
static void keep_going(struct eyeballs *e)
{
	struct eyeballs_attempt *there = in_place(e), *a;

	while (!e->blocks && there && there->state != EYEBALLS_GOING &&
	       (a = first_of(e, EYEBALLS_GOING)) != NULL) {
		int result = put(e, a, false);

		/* What has failed need not be kept, but for the error that the program is to have. */
		if (result && there != kept(e))
			result = put(e, a, true);
		if (result == 0) {
			if (there != kept(e) && there->state == EYEBALLS_FAILED && there->at.fd >= 0)
				note_failure(e, there);
			return;
		}
		give_up(e, a, -result);
		begin_due(e, first_of(e, EYEBALLS_GOING) == NULL, now());
	}
}

/* Whether nothing will tell of a hidden attempt: there was no descriptor left for the epoll set. */
static bool is_blind(const struct eyeballs *e)
{
	bool result = false;

	for (uint32_t i = 0; i < e->count && !e->blocks; i++)
		result |= e->attempts[i].state == EYEBALLS_GOING && e->attempts[i].at.fd >= 0 &&
			  !e->attempts[i].at.watched;
	return result;
}

static void set_due(struct eyeballs *e)
{
	uint64_t grace = end_of_grace(e);

	if (!config.delay || !first_of(e, EYEBALLS_WAITING))
		e->due = is_blind(e) ? now() + BLIND : NEVER;
	if (grace < e->due)
		e->due = grace;
	if (!e->blocks)
		connects_set_due(e->due);
}

/* Goes on as far as it can at once. */
static bool go_on(struct eyeballs *e, bool failed, int *result)
{
	begin_due(e, failed, now());
	keep_going(e);
	if (!first_of(e, EYEBALLS_GOING)) {
		*result = lose(e);
		return false;
	}
	for (uint32_t i = 0; i < e->count; i++)
		watch(e, &e->attempts[i]);
	set_due(e);
	return true;
}

/* Finds out what the program's socket is, once there is something else to do than wait for it, and leaves out
 * what a clone of it can't connect to. */
static bool complete(struct eyeballs *e)
{
	uint32_t count = 1;

	if (e->planned)
		return true;
	e->planned = attempt_plan(e->fd, &e->plan);
	for (uint32_t i = 1; i < e->count; i++)
		if (attempt_possible(&e->plan, &e->attempts[i].to.addr))
			e->attempts[count++] = e->attempts[i];
	e->count = count;
	e->attempts[count].at.fd = HIDDEN_NONE;
	return e->planned && count > 1;
}

void eyeballs_step(struct eyeballs *e, int *result)
{
	bool failed = false;
	int ignored;

	if (!result)
		result = &ignored;
	*result = 0;
	if (!locate(e))
		forget(e);
	else if (!complete(e))
		finish(e);
	else if (!look_at_all(e, now(), &failed))
		(void)go_on(e, failed, result);
}

static void fill(struct eyeballs *e, int fd, const struct destination *d)
{
	e->fd = -1;
	set_fd(e, fd);
	e->cookie = socket_cookie(fd);
	e->plan = d->plan;
	memcpy(e->name, d->list.name, sizeof e->name);
	e->count = d->list.count;
	e->asked = d->asked;
	e->began = now();
	e->due = e->began;
	e->registered.count = 0;
	e->moved = e->planned = false;
	for (uint32_t i = 0; i <= e->count; i++)
		e->attempts[i] = (struct eyeballs_attempt){.to = d->list.addresses[i < e->count ? i : 0],
							   .state = EYEBALLS_WAITING,
							   .at.fd = HIDDEN_NONE};
	e->used = true;
	connects_count(1);
}

static void place_own(struct eyeballs *e, uint32_t own)
{
	e->own = own;
	hidden_take(&e->attempts[own].at, HIDDEN_PLACE, e->cookie);
}

void eyeballs_start(struct eyeballs *e, int fd, const struct destination *d)
{
	e->blocks = false;
	fill(e, fd, d);
	place_own(e, 0);
	e->attempts[0].state = EYEBALLS_GOING;
	e->due = e->began + config.delay;
	set_due(e);
}

int eyeballs_begin(struct eyeballs *e, int fd, const struct destination *d, bool blocks, bool started,
		   int error)
{
	const struct names_address *asked = &d->list.addresses[d->asked];
	int result;

	e->blocks = blocks;
	fill(e, fd, d);
	e->planned = true;
	place_own(e, d->asked < e->count && attempt_own(&d->plan, &asked->addr) ? d->asked : e->count);
	if (started && error)
		ended(e, &e->attempts[0], error);
	else if (started)
		e->attempts[0].state = EYEBALLS_GOING;
	return go_on(e, true, &result) ? -EINPROGRESS : -result;
}

/* ---- what the program does meanwhile */

void eyeballs_set(struct eyeballs *e, int level, int name, const void *value, socklen_t len)
{
	const struct option *row = options_find(level, name);
	int number;

	if (level == SOL_SOCKET && name == SO_REUSEADDR && len >= sizeof number) {
		memcpy(&number, value, sizeof number);
		e->plan.reuse = number;
	}
	for (uint32_t i = 0; i <= e->count; i++) {
		int other = e->attempts[i].at.fd;

		if (!hidden_is_there(&e->attempts[i].at))
			continue;
		(void)real.setsockopt(other, level, name, value, len);
		if (row && i != e->own)
			(void)options_mirror(other, row, value, len);
	}
}

void eyeballs_unblock(struct eyeballs *e)
{
	int ignored;

	e->blocks = false;
	if (!locate(e))
		forget(e);
	else
		(void)go_on(e, false, &ignored);
}

void eyeballs_end(struct eyeballs *e, bool own)
{
	if (locate(e)) {
		if (own)
			(void)put(e, &e->attempts[e->own], true);
		attempt_finish(&e->plan, e->fd);
	}
	forget(e);
}

/* Closes what is the library's: the program gets the one attempt that it asked for, on its way or with its
 * error. */
static void settle(struct eyeballs *e)
{
	struct eyeballs_attempt *a = kept(e);

	if (locate(e)) {
		/* One that the program has closed unseen is made anew, as in look_at_all(). */
		if (a->at.fd >= 0 && !hidden_is_there(&a->at)) {
			hidden_give(&a->at, HIDDEN_NONE);
			a->state = EYEBALLS_WAITING;
		}
		if (a->state == EYEBALLS_WAITING)
			(void)begin(e, a);
		(void)put(e, a, true);
		attempt_finish(&e->plan, e->fd);
	}
	forget(e);
}

void eyeballs_leave(struct eyeballs *e, int first, int last)
{
	bool set = hidden_set() >= first && hidden_set() <= last, hidden = false;

	for (uint32_t i = 0; i <= e->count && first >= 0; i++)
		hidden |= (e->attempts[i].at.fd >= first && e->attempts[i].at.fd <= last) ||
			  (set && e->attempts[i].at.watched);
	if (e->fd >= first && e->fd <= last && !move_away(e, first, last))
		forget(e);
	else if (hidden)
		settle(e);
}

void eyeballs_fork(struct eyeballs *e)
{
	/* The program's epoll sets are the parent's, too: what is registered there can't be moved. */
	const bool over = e->blocks || holdings_registered(e->fd);

	for (uint32_t i = 0; i <= e->count; i++) {
		struct eyeballs_attempt *a = &e->attempts[i];

		a->at.watched = false;
		a->at.shared = true;
		if (!over && (a == kept(e) || i == e->own)) {
			if (e->planned)
				watch(e, a);
		} else if (a->at.fd >= 0) {
			hidden_drop(&a->at);
			a->state = a->state == EYEBALLS_GOING ? EYEBALLS_WAITING : a->state;
		}
	}
	if (over) {
		forget(e);
	} else if (e->planned) {
		e->due = now() + config.delay;
		set_due(e);
	}
}

void eyeballs_rewatch(struct eyeballs *e)
{
	for (uint32_t i = 0; i <= e->count; i++) {
		e->attempts[i].at.watched = false;
		if (i < e->count)
			watch(e, &e->attempts[i]);
	}
}

void eyeballs_abandon(struct eyeballs *e)
{
	for (uint32_t i = 0; i <= e->count && e->count <= NAMES_ADDRESSES; i++)
		if (hidden_is_there(&e->attempts[i].at))
			sys_close(e->attempts[i].at.fd);
	e->used = false;
}

#define _GNU_SOURCE
#include "client/attempts.h"

#include <errno.h>
#include <fcntl.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sockaddr.h"
#include "base/sys.h"
#include "client/attempt.h"
#include "client/hidden.h"
#include "client/in_progress.h"
#include "client/lock.h"
#include "resolver/known_names.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/holdings.h"
#include "socket/replace.h"

void attempts_set_fd(struct eyeballs *e, int fd)
{
	if (fd >= 0)
		connects_count_number(fd, 1);
	if (e->fd >= 0)
		connects_count_number(e->fd, -1);
	e->fd = fd;
}

int attempts_fd(const struct eyeballs *e, const struct eyeballs_attempt *a)
{
	return a->at.fd == HIDDEN_PLACE ? e->fd : a->at.fd;
}

struct eyeballs_attempt *attempts_kept(struct eyeballs *e)
{
	return &e->attempts[e->asked < e->count ? e->asked : 0];
}

void attempts_forget(struct eyeballs *e)
{
	for (uint32_t i = 0; i <= e->count; i++)
		hidden_drop(&e->attempts[i].at);
	attempts_set_fd(e, -1);
	connects_count(-1);
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

	if (!holdings_copied() || descriptors_each(look_for, &search) == 0)
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

		if (a->at.fd < 0 || hidden_is_there(&a->at))
			continue;
		hidden_give(&a->at, HIDDEN_NONE);
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
		if (e->attempts[i].at.fd == HIDDEN_PLACE)
			return &e->attempts[i];
	return NULL;
}

void attempts_watch(struct eyeballs *e, struct eyeballs_attempt *a)
{
	hidden_settle(&a->at);
	if (a->state == ATTEMPT_GOING && a->at.fd >= 0)
		hidden_watch(&a->at, e);
}

int attempts_put(struct eyeballs *e, struct eyeballs_attempt *a, bool last)
{
	struct eyeballs_attempt *before = attempts_in_place(e);
	int with = a->at.fd, old, result;

	if (with == HIDDEN_PLACE)
		return 0;
	if (!before || with < 0)
		return -EBADF;
	old = last ? HIDDEN_NONE : hidden_copy(e->fd);
	if (!last && old < 0)
		return -errno;
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
	e->moved = connects_count_change();
	return 0;
}

void attempts_failed(struct eyeballs *e, struct eyeballs_attempt *a, int error)
{
	a->state = ATTEMPT_FAILED;
	a->error = error;
	a->ended = (uint32_t)(clock_ms() - e->began);
	hidden_unwatch(&a->at);
	if (a->at.fd < 0 || a == attempts_kept(e))
		return;
	if (!error)
		a->error = attempt_error(a->at.fd);
	hidden_drop(&a->at);
}

int attempts_begin(struct eyeballs *e, struct eyeballs_attempt *a)
{
	struct eyeballs_attempt *own = &e->attempts[e->own];
	int fd, result;

	a->began = (uint32_t)(clock_ms() - e->began);
	if (a == own && (a->at.fd != HIDDEN_NONE)) {
		fd = attempts_fd(e, a);
		result = attempt_begin(&e->plan, fd, true, &a->to);
	} else {
		fd = attempt_clone(&e->plan, e->fd, attempts_fd(e, own), &a->to.addr);
		result = fd < 0 ? fd : attempt_begin(&e->plan, fd, false, &a->to);
		if (result == 0) {
			hidden_take(&a->at, fd, socket_cookie(fd));
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

void attempts_rewatch(struct eyeballs *e)
{
	for (uint32_t i = 0; i <= e->count; i++) {
		e->attempts[i].at.watched = false;
		if (i < e->count)
			attempts_watch(e, &e->attempts[i]);
	}
}

void attempts_abandon(struct eyeballs *e)
{
	for (uint32_t i = 0; i <= e->count && e->count <= NAMES_ADDRESSES; i++)
		if (hidden_is_there(&e->attempts[i].at))
			sys_close(e->attempts[i].at.fd);
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

#define _GNU_SOURCE
#include "client/connects.h"

#include <errno.h>
#include <stddef.h>

#include "base/large.h"
#include "client/happy_eyeballs.h"
#include "client/lock.h"
#include "socket/clone.h"

LARGE static struct race slots[ATTEMPTS_SLOTS];
static int top; /* no slot from here on has ever been used */

unsigned attempts_changes(void)
{
	return atomic_load(&race_changes);
}

void attempts_setup(bool active)
{
	turn_setup(active ? attempts_pending : NULL);
	atomic_fetch_sub(&attempts_going, 1);
	atomic_fetch_sub(&attempts_known, 1);
}

static struct race *free_slot(void)
{
	for (int i = 0; i < ATTEMPTS_SLOTS; i++)
		if (!slots[i].used) {
			if (top <= i)
				top = i + 1;
			return &slots[i];
		}
	return NULL;
}

int attempts_begin(int fd, const struct flight_plan *plan, const struct names_list *list, uint32_t asked)
{
	struct turn turn;
	struct race *r;
	int result;

	if (attempts_pending())
		attempts_advance();
	if (!turn_take(&turn))
		return -ENOSPC;
	r = free_slot();
	result = r ? race_begin(r, fd, plan, list, asked) : -ENOSPC;
	(void)turn_give(&turn);
	return result;
}

int attempts_gather(int fd, struct pollfd *fds, int room, int *timeout)
{
	uint64_t cookie = fd < 0 ? 0 : twin_cookie(fd);
	struct turn turn;
	int count = 0;

	if (!turn_take(&turn))
		return 0;
	if (fd >= 0)
		*timeout = ATTEMPTS_PATIENCE;
	for (int i = 0; i < top && count < room; i++)
		if (slots[i].used && (fd < 0 || slots[i].cookie == cookie))
			count += race_gather(&slots[i], fds + count, room - count, timeout);
	(void)turn_give(&turn);
	return count;
}

void attempts_advance(void)
{
	struct turn turn;

	do {
		if (!turn_take(&turn))
			return;
		for (int i = 0; i < top && !turn_has_logged(); i++)
			if (slots[i].used && race_is_due(&slots[i]))
				race_step(&slots[i]);
	} while (turn_give(&turn));
}

static struct race *find(int fd)
{
	uint64_t cookie = twin_cookie(fd);

	for (int i = 0; cookie && i < top; i++)
		if (slots[i].used && slots[i].cookie == cookie)
			return &slots[i];
	return NULL;
}

enum attempts_state attempts_ask(int fd, int *error)
{
	enum attempts_state state = ATTEMPTS_NONE;
	struct turn turn;
	struct race *r;

	if (!turn_take(&turn))
		return ATTEMPTS_NONE;
	r = find(fd);
	if (r)
		race_step(r);
	if (r && r->used)
		state = r->failed ? ATTEMPTS_FAILED : ATTEMPTS_GOING;
	if (state == ATTEMPTS_FAILED && error)
		*error = race_tell(r);
	(void)turn_give(&turn);
	return state;
}

void attempts_set(int fd, int level, int name, const void *value, socklen_t len)
{
	struct turn turn;
	struct race *r;

	if (!turn_take(&turn))
		return;
	r = find(fd);
	if (r)
		race_set(r, level, name, value, len);
	(void)turn_give(&turn);
}

void attempts_abandon(int fd, bool again)
{
	struct turn turn;
	struct race *r;

	if (!turn_take(&turn))
		return;
	r = find(fd);
	if (r)
		race_abandon(r, again);
	(void)turn_give(&turn);
}

void attempts_leave(int first, int last)
{
	struct turn turn;

	if (!turn_take(&turn))
		return;
	for (int i = 0; i < top; i++)
		if (slots[i].used)
			race_leave(&slots[i], first, last);
	(void)turn_give(&turn);
}

void attempts_exclusively(void (*what)(void *arg), void *arg)
{
	struct turn turn;

	if (!turn_take(&turn)) {
		what(arg);
		return;
	}
	what(arg);
	turn.error = errno;
	(void)turn_give(&turn);
}

#define _GNU_SOURCE
#include "client/connects.h"

#include <errno.h>
#include <stddef.h>

#include "base/large.h"
#include "client/happy_eyeballs.h"
#include "client/in_progress.h"
#include "client/lock.h"
#include "socket/facts.h"

LARGE static struct eyeballs slots[CONNECTS_SLOTS];
static int top; /* no slot from here on has ever been used */

unsigned connects_changes(void)
{
	return atomic_load(&eyeballs_changes);
}

void connects_setup(bool active)
{
	lock_setup(active ? connects_pending : NULL);
	atomic_fetch_sub(&connects_going, 1);
	atomic_fetch_sub(&connects_known, 1);
}

static struct eyeballs *free_slot(void)
{
	for (int i = 0; i < CONNECTS_SLOTS; i++)
		if (!slots[i].used) {
			if (top <= i)
				top = i + 1;
			return &slots[i];
		}
	return NULL;
}

int connects_begin(int fd, const struct attempt_plan *plan, const struct names_list *list, uint32_t asked)
{
	struct lock turn;
	struct eyeballs *r;
	int result;

	if (connects_pending())
		connects_advance();
	if (!lock_take(&turn))
		return -ENOSPC;
	r = free_slot();
	result = r ? eyeballs_begin(r, fd, plan, list, asked) : -ENOSPC;
	(void)lock_give(&turn);
	return result;
}

int connects_gather(int fd, struct pollfd *fds, int room, int *timeout)
{
	uint64_t cookie = fd < 0 ? 0 : socket_cookie(fd);
	struct lock turn;
	int count = 0;

	if (!lock_take(&turn))
		return 0;
	if (fd >= 0)
		*timeout = EYEBALLS_PATIENCE;
	for (int i = 0; i < top && count < room; i++)
		if (slots[i].used && (fd < 0 || slots[i].cookie == cookie))
			count += eyeballs_gather(&slots[i], fds + count, room - count, timeout);
	(void)lock_give(&turn);
	return count;
}

void connects_advance(void)
{
	struct lock turn;

	do {
		if (!lock_take(&turn))
			return;
		for (int i = 0; i < top && !lock_has_logged(); i++)
			if (slots[i].used && eyeballs_is_due(&slots[i]))
				eyeballs_step(&slots[i]);
	} while (lock_give(&turn));
}

static struct eyeballs *find(int fd)
{
	uint64_t cookie = socket_cookie(fd);

	for (int i = 0; cookie && i < top; i++)
		if (slots[i].used && slots[i].cookie == cookie)
			return &slots[i];
	return NULL;
}

enum connects_state connects_ask(int fd, int *error)
{
	enum connects_state state = CONNECTS_NONE;
	struct lock turn;
	struct eyeballs *r;

	if (!lock_take(&turn))
		return CONNECTS_NONE;
	r = find(fd);
	if (r)
		eyeballs_step(r);
	if (r && r->used)
		state = r->failed ? CONNECTS_FAILED : CONNECTS_GOING;
	if (state == CONNECTS_FAILED && error)
		*error = eyeballs_tell(r);
	(void)lock_give(&turn);
	return state;
}

void connects_set(int fd, int level, int name, const void *value, socklen_t len)
{
	struct lock turn;
	struct eyeballs *r;

	if (!lock_take(&turn))
		return;
	r = find(fd);
	if (r)
		eyeballs_set(r, level, name, value, len);
	(void)lock_give(&turn);
}

void connects_abandon(int fd, bool again)
{
	struct lock turn;
	struct eyeballs *r;

	if (!lock_take(&turn))
		return;
	r = find(fd);
	if (r)
		eyeballs_abandon(r, again);
	(void)lock_give(&turn);
}

void connects_leave(int first, int last)
{
	struct lock turn;

	if (!lock_take(&turn))
		return;
	for (int i = 0; i < top; i++)
		if (slots[i].used)
			eyeballs_leave(&slots[i], first, last);
	(void)lock_give(&turn);
}

void connects_exclusively(void (*what)(void *arg), void *arg)
{
	struct lock turn;

	if (!lock_take(&turn)) {
		what(arg);
		return;
	}
	what(arg);
	turn.error = errno;
	(void)lock_give(&turn);
}

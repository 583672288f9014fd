#define _GNU_SOURCE
#include "client/connects.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/real.h"
#include "client/attempt.h"
#include "client/attempts.h"
#include "client/happy_eyeballs.h"
#include "client/in_progress.h"
#include "client/lock.h"
#include "client/slots.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/holdings.h"

void connects_start(int fd, const struct destination *d)
{
	int saved = errno, i = slots_free();

	if (i >= 0) {
		eyeballs_start(&slots_table[i], fd, d);
		slots_give_back(i);
	}
	errno = saved;
}

int connects_begin(int fd, const struct destination *d, int own)
{
	struct lock lock;
	int i, result = -ENOSPC;

	slots_advance(NULL);
	if (!lock_take(&lock))
		return -ENOSPC;
	i = slots_free();
	if (i >= 0) {
		result = eyeballs_begin(&slots_table[i], fd, d, own);
		slots_give_back(i);
	}
	(void)lock_give(&lock);
	return result;
}

/* Takes out entry I, whose own socket on FD is connected, unless another thread has claimed it. */
static bool finish_own(int i, int fd)
{
	bool same;

	if (!slots_claim(i, SLOT_OWN))
		return false;
	/* Another thread may have put another connect there meanwhile. */
	same = slots_table[i].fd == fd;
	if (same)
		eyeballs_finish(&slots_table[i]);
	slots_give_back(i);
	return same;
}

/* Goes on with FD's connect. OWN, unless -1, is its entry, whose own socket is connected. Returns as
 * connects_ask(). */
static int step_on(int fd, int own)
{
	struct lock lock;
	int i, result = -ENOENT;

	if (own >= 0 && finish_own(own, fd))
		return 0;
	/* The cookie alone can't tell while another thread puts a socket on FD. */
	if (!(connects_maybe(fd) || slots_find(fd) >= 0) || !lock_take(&lock))
		return -ENOENT;
	while ((i = slots_find(fd)) >= 0 && (result = slots_step(i, fd)) != -EINPROGRESS)
		;
	(void)lock_give(&lock);
	return result;
}

bool connects_concern(int fd)
{
	return connects_maybe(fd) || holdings_has_copy(fd);
}

int connects_ask(int fd)
{
	int saved = errno, result = -EINPROGRESS, i;
	enum attempt_state state;

	if (!connects_concern(fd))
		return -ENOENT;
	i = slots_find_own(fd);
	state = i < 0 ? ATTEMPT_FAILED : attempt_is_connected(fd) ? ATTEMPT_CONNECTED : attempt_look(fd);
	/* A new socket with this number looks as if it were about to connect: compare the cookie. */
	if (state != ATTEMPT_GOING || clock_ms() >= slots_table[i].due ||
	    slots_table[i].cookie != socket_cookie(fd))
		result = step_on(fd, state == ATTEMPT_CONNECTED ? i : -1);
	errno = saved;
	return result;
}

bool connects_tell(int fd, bool failed)
{
	int saved = errno;
	bool result = step_on(fd, failed ? -1 : slots_find_own(fd)) == -EINPROGRESS;

	errno = saved;
	return result;
}

/* ---- registrations in epoll sets */

/* Arms R again if it is one-shot, and the event FIRED is not passed on to the program. When such a
 * registration fires, the kernel clears its events. FIRED has them, as a failed connect() reports all but
 * EPOLLPRI. */
static void arm_again(struct descriptors_registration *r, uint32_t fired)
{
	const uint32_t asked = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLRDNORM | EPOLLWRNORM;

	if (!(r->event.events & EPOLLONESHOT))
		return;
	if (!(r->event.events & asked))
		r->event.events |= fired & asked;
	(void)real.epoll_ctl(r->set, EPOLL_CTL_MOD, r->target, &r->event);
}

/* The registration in KNOWN to which EVENT of SET belongs, or NULL. */
static struct descriptors_registration *find(struct replace_known *known, int set,
					     const struct epoll_event *event)
{
	for (int n = 0; n < known->count; n++)
		if (known->registrations[n].set == set &&
		    known->registrations[n].event.data.u64 == event->data.u64)
			return &known->registrations[n];
	return NULL;
}

/* Whether the socket that connect E has left on R's descriptor is still there, and has not failed, or reports
 * that once more if R is armed again. */
static bool tells_itself(const struct slots_ended *e, const struct descriptors_registration *r)
{
	struct pollfd now = {.fd = r->target};

	return socket_cookie(r->target) == e->cookie &&
	       (r->event.events & EPOLLONESHOT || real.poll(&now, 1, 0) == 0);
}

/* Whether EVENT of SET belongs to a connect that has ended since SINCE, and is not to be passed on. */
static bool is_of_ended(int set, const struct epoll_event *event, unsigned since)
{
	for (unsigned n = 0; n < SLOTS_ENDED && n < slots_ends; n++) {
		struct slots_ended *e = &slots_ended[n];
		struct descriptors_registration *r =
		    (int)(e->moved - since) > 0 ? find(&e->registered, set, event) : NULL;

		if (!r || !tells_itself(e, r))
			continue;
		arm_again(r, event->events);
		return true;
	}
	return false;
}

/* Under the lock. Whether EVENT comes from a socket that has been replaced since SINCE. If not, it comes from
 * another descriptor, which the program has registered with the same data. */
static bool out_of_date(int set, const struct epoll_event *event, unsigned since)
{
	const int end = slots_end;
	struct descriptors_registration *r = NULL;

	for (int i = 0; i < end && !r; i++) {
		struct eyeballs *e = &slots_table[i];

		if (!slots_claim(i, SLOT_RACING))
			continue;
		r = (int)(e->moved - since) > 0 ? find(&e->registered, set, event) : NULL;
		if (r)
			arm_again(r, event->events);
		slots_give_back(i);
	}
	return r || is_of_ended(set, event, since);
}

int connects_sift(int set, struct epoll_event *events, int count, unsigned since)
{
	struct lock lock;
	int left;

	do {
		if (!lock_take(&lock))
			break;
		slots_step_failed();
		left = 0;
		for (int i = 0; i < count; i++)
			if (!(events[i].events & (EPOLLHUP | EPOLLERR)) ||
			    !out_of_date(set, &events[i], since))
				events[left++] = events[i];
		count = left;
	} while (lock_give(&lock));
	return count;
}

/* Notes the program's epoll_ctl(), which has succeeded. */
static void note(struct replace_known *known, int set, int operation, int fd, const struct epoll_event *event)
{
	int n = 0;

	while (n < known->count &&
	       (known->registrations[n].set != set || known->registrations[n].target != fd))
		n++;
	if (operation == EPOLL_CTL_DEL && n < known->count)
		known->registrations[n] = known->registrations[--known->count];
	else if (operation != EPOLL_CTL_DEL && n < REPLACE_KNOWN) {
		known->registrations[n] =
		    (struct descriptors_registration){.set = set, .target = fd, .event = *event};
		known->count += n == known->count;
	}
}

int connects_register(int set, int operation, int fd, struct epoll_event *event)
{
	int result, i = slots_find_own(fd);
	struct lock lock;
	/* No thread moves the registrations of a socket whose entry this thread has. */
	bool entered = i >= 0 && slots_claim(i, SLOT_OWN), taken = !entered && lock_take(&lock);

	result = real.epoll_ctl(set, operation, fd, event);
	if (taken) {
		lock.error = result ? errno : lock.error;
		i = slots_find(fd);
		entered = result == 0 && slots_enter(i);
	}
	if (entered && result == 0)
		note(&slots_table[i].registered, set, operation, fd, event);
	if (entered)
		slots_give_back(i);
	if (taken)
		(void)lock_give(&lock);
	return result;
}

/* ---- what the program does meanwhile */

/* Takes the lock and FD's entry, and returns the entry; or takes nothing and returns -1. */
static int enter(int fd, struct lock *lock)
{
	int i;

	if (!connects_concern(fd) || !lock_take(lock))
		return -1;
	i = slots_find(fd);
	if (slots_enter(i))
		return i;
	(void)lock_give(lock);
	return -1;
}

static void leave(int i, struct lock *lock)
{
	slots_give_back(i);
	(void)lock_give(lock);
}

void connects_set(int fd, int level, int name, const void *value, socklen_t len)
{
	struct lock lock;
	int i = enter(fd, &lock);

	if (i < 0)
		return;
	eyeballs_set(&slots_table[i], level, name, value, len);
	leave(i, &lock);
}

void connects_end(int fd, bool own)
{
	struct lock lock;
	int i = enter(fd, &lock);

	if (i < 0)
		return;
	eyeballs_end(&slots_table[i], own);
	leave(i, &lock);
}

void connects_leave(int first, int last)
{
	const int end = slots_end;
	struct lock lock;

	if (!lock_take(&lock))
		return;
	for (int i = 0; i < end; i++) {
		int fd = atomic_load_explicit(&slots_numbers[i], memory_order_relaxed);

		if ((atomic_load(&slots_stages[i]) != SLOT_RACING && (fd < first || fd > last)) ||
		    !slots_enter(i))
			continue;
		eyeballs_leave(&slots_table[i], first, last);
		slots_give_back(i);
	}
	(void)lock_give(&lock);
}

/* The parent goes on with its connects. If another thread was about to change one, the child drops all. */
static void in_child(bool whole)
{
	const int end = slots_end;

	attempts_close_set();
	for (int i = 0; i < end; i++)
		whole = whole && atomic_load(&slots_stages[i]) != SLOT_BUSY;
	for (int i = 0; i < end; i++) {
		if (atomic_load(&slots_stages[i]) == SLOT_FREE)
			continue;
		if (whole)
			eyeballs_fork(&slots_table[i]);
		else
			attempts_abandon(&slots_table[i]);
		slots_give_back(i);
	}
	for (int i = 0; i < CONNECTS_NUMBERS && !whole; i++)
		atomic_store(&connects_numbers[i], 0);
	if (!whole)
		atomic_store(&connects_going, 0);
}

void connects_setup(bool active)
{
	lock_setup(active ? in_child : NULL);
	atomic_fetch_sub(&connects_going, 1);
}

#define _GNU_SOURCE
#include "client/connects.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "base/large.h"
#include "base/real.h"
#include "client/attempt.h"
#include "client/attempts.h"
#include "client/eyeballs.h"
#include "client/happy_eyeballs.h"
#include "client/hidden.h"
#include "client/in_progress.h"
#include "client/lock.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/holdings.h"
#include "socket/replace.h"

/* What an entry is: FREE; OWN, its own address is on its way and nothing else, and it has no descriptor but
 * the program's; RACING, of whoever has the lock; BUSY, of one thread, for a few instructions. */
enum stage { FREE, BUSY, OWN, RACING };

LARGE static struct eyeballs table[CONNECTS_SLOTS];
LARGE static _Atomic int stages[CONNECTS_SLOTS];
LARGE static _Atomic int numbers[CONNECTS_SLOTS]; /* the program's descriptor of each */
static _Atomic int top;                           /* no entry from here on has ever been used */

static bool claim(int i, int from)
{
	int expected = from;

	return atomic_load_explicit(&stages[i], memory_order_relaxed) == from &&
	       atomic_compare_exchange_strong(&stages[i], &expected, BUSY);
}

static void give_back(int i)
{
	const struct eyeballs *e = &table[i];

	atomic_store(&numbers[i], e->used ? e->fd : -1);
	atomic_store(&stages[i], !e->used ? FREE : e->planned ? RACING : OWN);
}

static int free_entry(void)
{
	int before = atomic_load(&top);

	for (int i = 0; i < CONNECTS_SLOTS; i++)
		if (claim(i, FREE)) {
			while (before <= i && !atomic_compare_exchange_weak(&top, &before, i + 1))
				;
			return i;
		}
	return -1;
}

/* The entry of FD's socket, or -1. A copy of the descriptor has none of its own. */
static int find(int fd)
{
	const int end = atomic_load(&top);
	uint64_t cookie = 0;

	for (int i = 0; i < end; i++) {
		if (atomic_load_explicit(&numbers[i], memory_order_relaxed) != fd &&
		    !(holdings_copied() && atomic_load(&stages[i]) != FREE))
			continue;
		if (!cookie && (cookie = socket_cookie(fd)) == 0)
			return -1;
		if (table[i].cookie == cookie && atomic_load(&stages[i]) != FREE)
			return i;
	}
	return -1;
}

/* Under the lock, takes entry I, until give_back(). False where it is free, or another thread has it. */
static bool enter(int i)
{
	return i >= 0 && (claim(i, OWN) || claim(i, RACING));
}

void connects_start(int fd, const struct destination *d)
{
	int saved = errno, i = free_entry();

	if (i >= 0) {
		eyeballs_start(&table[i], fd, d);
		give_back(i);
	}
	errno = saved;
}

int connects_begin(int fd, const struct destination *d, bool blocks, bool started, int error)
{
	struct lock lock;
	int i, result = -ENOSPC, failed = 0;

	connects_advance();
	if (!lock_take(&lock))
		return -ENOSPC;
	i = free_entry();
	if (i >= 0) {
		result = eyeballs_begin(&table[i], fd, d, blocks, started, error);
		/* This host's own refusal is there by now, and perhaps nobody looks again. */
		if (result == -EINPROGRESS && !blocks)
			eyeballs_step(&table[i], &failed);
		if (failed)
			result = -failed;
		give_back(i);
	}
	(void)lock_give(&lock);
	return result;
}

/* Takes out entry I, whose own socket, on FD, is connected, if nobody else has it. */
static bool finish_own(int i, int fd)
{
	bool same;

	if (!claim(i, OWN))
		return false;
	/* Another thread may have put another connect there meanwhile. */
	same = table[i].fd == fd;
	if (same)
		eyeballs_finish(&table[i]);
	give_back(i);
	return same;
}

/* Under the lock. Returns whether entry I is in progress still. */
static bool step(int i, int *error)
{
	bool used;

	if (!enter(i)) {
		/* Whoever has it does not know what was due. */
		if (atomic_load(&stages[i]) == FREE)
			return false;
		connects_set_due(attempts_now() + 1);
		return true;
	}
	eyeballs_step(&table[i], error);
	used = table[i].used;
	give_back(i);
	return used;
}

/* Makes the set anew. FOREIGN: its number is another file's, or nobody's; the program has closed it unseen,
 * by a bare system call, and perhaps more. */
static void make_set_again(bool foreign)
{
	const int end = atomic_load(&top);

	if (foreign)
		hidden_lose();
	else
		hidden_fork();
	for (int i = 0; i < end; i++) {
		if (atomic_load(&stages[i]) != RACING || !enter(i))
			continue;
		attempts_rewatch(&table[i]);
		eyeballs_step(&table[i], NULL);
		give_back(i);
	}
}

/* Under the lock. */
static void step_hidden(void)
{
	struct epoll_event events[8];
	int count = real.epoll_wait(hidden_set(), events, 8, 0);
	bool foreign = count < 0 && (errno == EBADF || errno == EINVAL);

	/* An entry of this table, unless the program's own set has the number by now. */
	for (int n = 0; n < count; n++)
		foreign |= events[n].data.u64 < (uintptr_t)table ||
			   events[n].data.u64 >= (uintptr_t)(table + CONNECTS_SLOTS);
	if (foreign || count < 0)
		make_set_again(foreign);
	for (int n = 0; !foreign && n < count && !lock_has_logged(); n++)
		(void)step((int)((struct eyeballs *)events[n].data.ptr - table), NULL);
}

static void step_due(uint64_t time)
{
	const int end = atomic_load(&top);

	if (time < atomic_load(&connects_due))
		return;
	atomic_store(&connects_due, UINT64_MAX);
	for (int i = 0; i < end; i++) {
		int stage = atomic_load_explicit(&stages[i], memory_order_relaxed);

		if (stage == FREE || table[i].blocks)
			continue;
		if (table[i].due <= time && !lock_has_logged())
			(void)step(i, NULL);
		else
			connects_set_due(table[i].due);
	}
}

/* Without the lock: the set may be closed meanwhile, and its number be another's, from which nothing may be
 * taken. */
static bool is_due(void)
{
	struct pollfd set = {.fd = hidden_set(), .events = POLLIN};

	return attempts_now() >= atomic_load(&connects_due) || (set.fd >= 0 && real.poll(&set, 1, 0) != 0);
}

void connects_advance(void)
{
	struct lock lock;
	int saved = errno;

	do {
		if (!is_due() || !lock_take(&lock))
			break;
		if (hidden_set() >= 0)
			step_hidden();
		step_due(attempts_now());
	} while (lock_give(&lock));
	errno = saved;
}

/* The entry of FD's own address, or -1. If the number is another socket's by now, it is for nothing. */
static int find_own(int fd)
{
	const int end = atomic_load(&top);

	for (int i = 0; i < end; i++)
		if (atomic_load_explicit(&numbers[i], memory_order_relaxed) == fd &&
		    atomic_load(&stages[i]) == OWN)
			return i;
	return -1;
}

/* Whether FD may have an entry. While another thread puts a socket there, its cookie does not tell. */
static bool concerns(int fd)
{
	const int end = atomic_load(&top);

	for (int i = 0; i < end; i++)
		if (atomic_load_explicit(&numbers[i], memory_order_relaxed) == fd)
			return true;
	return holdings_copied() && find(fd) >= 0;
}

bool connects_ask(int fd, int *error)
{
	int saved = errno, i = find_own(fd);
	enum attempt_state state = i >= 0 ? attempt_look(fd) : ATTEMPT_FAILED;
	bool result = state == ATTEMPT_GOING && attempts_now() < table[i].due;
	struct lock lock;

	if (error)
		*error = 0;
	if (!result && !(state == ATTEMPT_CONNECTED && finish_own(i, fd)) && concerns(fd) &&
	    lock_take(&lock)) {
		while ((i = find(fd)) >= 0 && !(result = step(i, error)))
			;
		(void)lock_give(&lock);
	}
	errno = saved;
	return result;
}

bool connects_tell(int fd, bool failed)
{
	int i = failed ? -1 : find_own(fd);

	return !(i >= 0 && finish_own(i, fd)) && connects_ask(fd, NULL);
}

void connects_look_for_failures(void)
{
	enum { BLOCK = 64 };
	const int end = atomic_load(&top);
	struct pollfd fds[BLOCK];
	int count = 0, saved = errno;

	for (int i = 0; i < end; i++) {
		if (atomic_load(&stages[i]) != FREE && !table[i].blocks)
			fds[count++] = (struct pollfd){.fd = atomic_load(&numbers[i])};
		if (count < BLOCK && i + 1 < end)
			continue;
		if (count && real.poll(fds, (nfds_t)count, 0) > 0)
			for (int n = 0; n < count; n++)
				if (fds[n].revents)
					(void)connects_ask(fds[n].fd, NULL);
		count = 0;
	}
	errno = saved;
}

/* A one-shot registration that has fired is for nothing any more: of what it was for, what a failed connect()
 * reports is all but EPOLLPRI. */
static void arm_again(struct descriptors_registration *r, uint32_t fired)
{
	const uint32_t asked = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLRDNORM | EPOLLWRNORM;

	if (!(r->event.events & EPOLLONESHOT))
		return;
	if (!(r->event.events & asked))
		r->event.events |= fired & asked;
	(void)real.epoll_ctl(r->set, EPOLL_CTL_MOD, r->target, &r->event);
}

bool connects_out_of_date(int set, const struct epoll_event *event)
{
	const int end = atomic_load(&top);
	struct lock lock;
	bool result = false;

	if (!lock_take(&lock))
		return false;
	for (int i = 0; i < end && !result; i++) {
		struct replace_known *known = &table[i].registered;

		if (atomic_load(&stages[i]) != RACING || !table[i].used || !table[i].moved)
			continue;
		for (int n = 0; n < known->count && !result; n++) {
			struct descriptors_registration *r = &known->registrations[n];

			result = r->set == set && r->event.data.u64 == event->data.u64;
			if (result)
				arm_again(r, event->events);
		}
	}
	(void)lock_give(&lock);
	return result;
}

/* Remembers what the program has registered. */
static void remember(struct replace_known *known, int set, int operation, int fd,
		     const struct epoll_event *event)
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
	struct lock lock;
	int result, i = find_own(fd);

	/* Nobody moves registrations from a socket whose entry is this thread's. */
	if (i >= 0 && claim(i, OWN)) {
		result = real.epoll_ctl(set, operation, fd, event);
		if (result == 0)
			remember(&table[i].registered, set, operation, fd, event);
		give_back(i);
		return result;
	}
	if (!lock_take(&lock))
		return real.epoll_ctl(set, operation, fd, event);
	result = real.epoll_ctl(set, operation, fd, event);
	lock.error = result ? errno : lock.error;
	i = find(fd);
	if (result == 0 && enter(i)) {
		remember(&table[i].registered, set, operation, fd, event);
		give_back(i);
	}
	(void)lock_give(&lock);
	return result;
}

void connects_set(int fd, int level, int name, const void *value, socklen_t len)
{
	struct lock lock;
	int i;

	if ((!connects_maybe(fd) && !holdings_copied()) || !lock_take(&lock))
		return;
	i = find(fd);
	if (enter(i)) {
		eyeballs_set(&table[i], level, name, value, len);
		give_back(i);
	}
	(void)lock_give(&lock);
}

void connects_unblock(int fd)
{
	struct lock lock;
	int i;

	if (!lock_take(&lock))
		return;
	i = find(fd);
	if (enter(i)) {
		eyeballs_unblock(&table[i]);
		give_back(i);
	}
	(void)lock_give(&lock);
}

void connects_end(int fd, bool own)
{
	struct lock lock;
	int i;

	if ((!connects_maybe(fd) && !holdings_copied()) || !lock_take(&lock))
		return;
	i = find(fd);
	if (enter(i)) {
		eyeballs_end(&table[i], own);
		give_back(i);
	}
	(void)lock_give(&lock);
}

void connects_leave(int first, int last)
{
	const int end = atomic_load(&top);
	struct lock lock;

	if (!lock_take(&lock))
		return;
	for (int i = 0; i < end; i++) {
		int fd = atomic_load_explicit(&numbers[i], memory_order_relaxed);

		if ((atomic_load(&stages[i]) != RACING && (fd < first || fd > last)) || !enter(i))
			continue;
		eyeballs_leave(&table[i], first, last);
		give_back(i);
	}
	(void)lock_give(&lock);
}

int connects_gather(int fd, struct pollfd *fds, int room, uint64_t *due)
{
	struct lock lock;
	int count = 0, i;

	*due = UINT64_MAX;
	if (!lock_take(&lock))
		return 0;
	i = find(fd);
	for (uint32_t n = 0; i >= 0 && n < table[i].count && count < room; n++) {
		const struct eyeballs_attempt *a = &table[i].attempts[n];

		if (a->state == EYEBALLS_GOING)
			fds[count++] = (struct pollfd){.fd = a->at.fd == HIDDEN_PLACE ? fd : a->at.fd,
						       .events = POLLOUT};
	}
	if (i >= 0)
		*due = table[i].due;
	(void)lock_give(&lock);
	return count;
}

/* The parent goes on with what it has. What another thread was about to change is in pieces, and with it the
 * whole. */
static void in_child(bool whole)
{
	const int end = atomic_load(&top);

	hidden_fork();
	for (int i = 0; i < end; i++)
		whole = whole && atomic_load(&stages[i]) != BUSY;
	for (int i = 0; i < end; i++) {
		if (atomic_load(&stages[i]) == FREE)
			continue;
		if (whole)
			eyeballs_fork(&table[i]);
		else
			attempts_abandon(&table[i]);
		give_back(i);
	}
	for (int i = 0; i < CONNECTS_NUMBERS && !whole; i++)
		atomic_store(&connects_numbers[i], 0);
	if (!whole)
		atomic_store(&connects_going, 0);
}

void connects_setup(bool active)
{
	lock_setup(active ? in_child : NULL);
	connects_count(-1);
}

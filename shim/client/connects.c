#define _GNU_SOURCE
#include "client/connects.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/large.h"
#include "base/real.h"
#include "client/attempt.h"
#include "client/happy_eyeballs.h"
#include "client/hidden.h"
#include "client/in_progress.h"
#include "client/lock.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/holdings.h"
#include "socket/replace.h"

/* What an entry is: FREE; OWN, its own address is on its way and nothing else; RACING, of whoever has the
 * lock; BUSY, of one thread, for a few instructions. */
enum stage { FREE, BUSY, OWN, RACING };

LARGE static struct eyeballs table[CONNECTS_SLOTS];
LARGE static _Atomic int stages[CONNECTS_SLOTS];
LARGE static _Atomic int numbers[CONNECTS_SLOTS]; /* the program's descriptor of each */
static _Atomic int top;                           /* no entry from here on has ever been used */

static uint64_t now(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool claim(int i, int from)
{
	int expected = from;

	return atomic_load_explicit(&stages[i], memory_order_relaxed) == from &&
	       atomic_compare_exchange_strong(&stages[i], &expected, BUSY);
}

static void give_back(int i, int stage)
{
	atomic_store(&numbers[i], table[i].used ? table[i].fd : -1);
	atomic_store(&stages[i], table[i].used ? stage : FREE);
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

/* Under the lock, takes entry I for a step. */
static struct eyeballs *enter(int i)
{
	if (i >= 0 && (claim(i, OWN) || claim(i, RACING)) && table[i].used)
		return &table[i];
	return NULL;
}

static void leave(int i)
{
	give_back(i, RACING);
}

void connects_start(int fd, const struct destination *d)
{
	int saved = errno, i = free_entry();

	if (i >= 0) {
		eyeballs_start(&table[i], fd, d);
		give_back(i, OWN);
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
		leave(i);
	}
	(void)lock_give(&lock);
	return result;
}

/* Takes out entry I, whose own socket is connected, if nobody else has it. */
static bool finish_own(int i)
{
	if (!claim(i, OWN))
		return false;
	eyeballs_finish(&table[i]);
	give_back(i, FREE);
	return true;
}

static void step(int i, int *error)
{
	struct eyeballs *e;

	/* If the number is another socket's by now, there is nothing to be done either. */
	if (atomic_load(&stages[i]) == OWN && attempt_look(atomic_load(&numbers[i])) == ATTEMPT_CONNECTED &&
	    finish_own(i))
		return;
	e = enter(i);
	if (!e)
		return;
	eyeballs_step(e, error);
	leave(i);
}

/* The program has closed the set unseen, by a bare system call, and perhaps more. */
static void find_set_again(void)
{
	const int end = atomic_load(&top);

	hidden_lose();
	for (int i = 0; i < end; i++) {
		if (atomic_load(&stages[i]) != RACING || !enter(i))
			continue;
		eyeballs_rewatch(&table[i]);
		eyeballs_step(&table[i], NULL);
		leave(i);
	}
}

/* Under the lock. */
static void step_hidden(void)
{
	struct epoll_event events[8];
	int count = real.epoll_wait(hidden_set(), events, 8, 0);

	if (count < 0 && (errno == EBADF || errno == EINVAL))
		find_set_again();

	for (int n = 0; n < count && !lock_has_logged(); n++)
		step((int)((struct eyeballs *)events[n].data.ptr - table), NULL);
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
			step(i, NULL);
		else
			connects_set_due(table[i].due);
	}
}

/* Without the lock: the set may be closed meanwhile, and its number be another's, from which nothing may be
 * taken. */
static bool is_due(void)
{
	struct pollfd set = {.fd = hidden_set(), .events = POLLIN};

	return now() >= atomic_load(&connects_due) || (set.fd >= 0 && real.poll(&set, 1, 0) != 0);
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
		step_due(now());
	} while (lock_give(&lock));
	errno = saved;
}

bool connects_ask(int fd, int *error)
{
	int saved = errno, i = find(fd);
	struct lock lock;
	bool result = false;

	if (error)
		*error = 0;
	if (i >= 0 && atomic_load(&stages[i]) == OWN) {
		enum attempt_state state = attempt_look(fd);

		if (state == ATTEMPT_CONNECTED && finish_own(i))
			i = -1;
		else if (state == ATTEMPT_GOING && now() < table[i].due)
			result = true;
	}
	if (i >= 0 && !result && lock_take(&lock)) {
		step(i, error);
		result = find(fd) >= 0;
		(void)lock_give(&lock);
	}
	errno = saved;
	return result;
}

bool connects_tell(int fd, bool failed)
{
	const int end = atomic_load(&top);

	/* What the kernel says of the number is of the socket that was entered with it. */
	for (int i = 0; i < end && !failed; i++)
		if (atomic_load_explicit(&numbers[i], memory_order_relaxed) == fd && finish_own(i))
			return false;
	return connects_ask(fd, NULL);
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

static struct descriptors_registration *registration_of(struct replace_known *known, int set,
							const struct epoll_event *event)
{
	for (int n = 0; n < known->count; n++)
		if (known->registrations[n].set == set &&
		    known->registrations[n].event.data.u64 == event->data.u64)
			return &known->registrations[n];
	return NULL;
}

int connects_registered(int set, const struct epoll_event *event)
{
	const int end = atomic_load(&top);
	struct descriptors_registration *r;
	struct lock lock;
	int target = -1;

	if (!lock_take(&lock))
		return -1;
	for (int i = 0; i < end && target < 0; i++)
		if (atomic_load(&stages[i]) != FREE && table[i].used &&
		    (r = registration_of(&table[i].registered, set, event)) != NULL)
			target = r->target;
	(void)lock_give(&lock);
	return target;
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
		struct descriptors_registration *r;

		if (atomic_load(&stages[i]) != RACING || !table[i].used || !table[i].moved)
			continue;
		r = registration_of(&table[i].registered, set, event);
		if (r)
			arm_again(r, event->events);
		result = r != NULL;
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
	const int end = atomic_load(&top);
	struct lock lock;
	int result, i = 0;

	while (i < end && atomic_load_explicit(&numbers[i], memory_order_relaxed) != fd)
		i++;
	/* Nobody moves registrations from a socket whose entry is this thread's. */
	if (i < end && claim(i, OWN)) {
		result = real.epoll_ctl(set, operation, fd, event);
		if (result == 0)
			remember(&table[i].registered, set, operation, fd, event);
		give_back(i, OWN);
		return result;
	}
	if (!lock_take(&lock))
		return real.epoll_ctl(set, operation, fd, event);
	result = real.epoll_ctl(set, operation, fd, event);
	lock.error = result ? errno : lock.error;
	if (result == 0 && i < end && table[i].used)
		remember(&table[i].registered, set, operation, fd, event);
	(void)lock_give(&lock);
	return result;
}

void connects_set(int fd, int level, int name, const void *value, socklen_t len)
{
	struct lock lock;
	int i;

	if (!lock_take(&lock))
		return;
	i = find(fd);
	if (enter(i)) {
		eyeballs_set(&table[i], level, name, value, len);
		leave(i);
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
		leave(i);
	}
	(void)lock_give(&lock);
}

void connects_end(int fd, bool own)
{
	struct lock lock;
	int i;

	if (!lock_take(&lock))
		return;
	i = find(fd);
	if (enter(i)) {
		eyeballs_end(&table[i], own);
		leave(i);
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
		if (atomic_load_explicit(&stages[i], memory_order_relaxed) == FREE || !enter(i))
			continue;
		eyeballs_leave(&table[i], first, last);
		leave(i);
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
			eyeballs_abandon(&table[i]);
		give_back(i, atomic_load(&stages[i]));
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

#define _GNU_SOURCE
#include "client/slots.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/large.h"
#include "base/real.h"
#include "client/attempts.h"
#include "client/happy_eyeballs.h"
#include "client/in_progress.h"
#include "socket/facts.h"
#include "socket/holdings.h"

_Atomic int connects_going = 1;
LARGE _Atomic int connects_numbers[CONNECTS_NUMBERS];
_Atomic unsigned connects_changes;
_Atomic uint64_t connects_due = UINT64_MAX;

LARGE struct eyeballs slots_table[SLOTS_COUNT];
LARGE _Atomic int slots_stages[SLOTS_COUNT];
LARGE _Atomic int slots_numbers[SLOTS_COUNT];
_Atomic int slots_end;
LARGE struct slots_ended slots_ended[SLOTS_ENDED];
unsigned slots_ends;

bool slots_claim(int i, int from)
{
	int expected = from;

	return atomic_load_explicit(&slots_stages[i], memory_order_relaxed) == from &&
	       atomic_compare_exchange_strong(&slots_stages[i], &expected, SLOT_BUSY);
}

void slots_give_back(int i)
{
	const struct eyeballs *e = &slots_table[i];

	if (e->fd < 0 && e->planned && e->registered.count)
		slots_ended[slots_ends++ % SLOTS_ENDED] =
		    (struct slots_ended){e->cookie, e->moved, e->registered};
	atomic_store(&slots_numbers[i], e->fd);
	atomic_store(&slots_stages[i], e->fd < 0 ? SLOT_FREE : e->planned ? SLOT_RACING : SLOT_OWN);
}

int slots_free(void)
{
	int before = slots_end;

	for (int i = 0; i < SLOTS_COUNT; i++)
		if (slots_claim(i, SLOT_FREE)) {
			while (before <= i && !atomic_compare_exchange_weak(&slots_end, &before, i + 1))
				;
			return i;
		}
	return -1;
}

int slots_find(int fd)
{
	const int end = slots_end;
	const bool copied = holdings_has_copy(fd);
	uint64_t cookie = 0;

	for (int i = 0; i < end; i++) {
		if (atomic_load_explicit(&slots_numbers[i], memory_order_relaxed) != fd &&
		    !(copied && atomic_load(&slots_stages[i]) != SLOT_FREE))
			continue;
		if (!cookie && (cookie = socket_cookie(fd)) == 0)
			return -1;
		if (slots_table[i].cookie == cookie && atomic_load(&slots_stages[i]) != SLOT_FREE)
			return i;
	}
	return -1;
}

/* An entry is busy for one system call that does not wait, or longer if a signal handler has interrupted its
 * thread. */
bool slots_enter(int i)
{
	for (int tries = 0; i >= 0 && tries < 30 && atomic_load(&slots_stages[i]) == SLOT_BUSY; tries++)
		(void)sched_yield();
	return i >= 0 && (slots_claim(i, SLOT_OWN) || slots_claim(i, SLOT_RACING));
}

int slots_find_own(int fd)
{
	const int end = slots_end;

	for (int i = 0; i < end; i++)
		if (atomic_load_explicit(&slots_numbers[i], memory_order_relaxed) == fd &&
		    atomic_load(&slots_stages[i]) == SLOT_OWN)
			return i;
	return -1;
}

/* ---- going on with them */

int slots_step(int i, int fd)
{
	int result;

	if (!slots_enter(i)) {
		if (atomic_load(&slots_stages[i]) == SLOT_FREE)
			return -ENOENT;
		/* The thread that has it does not know what is due. */
		connects_set_due(clock_ms() + 1);
		return -EINPROGRESS;
	}
	result = eyeballs_step(&slots_table[i], fd);
	slots_give_back(i);
	return result;
}

/* Makes the set anew. FOREIGN: its number is free, or another file's. The program has closed it unseen, by a
 * bare system call, and perhaps other descriptors. */
static void make_set_again(bool foreign)
{
	const int end = slots_end;

	if (foreign)
		attempts_lose_set();
	else
		attempts_close_set();
	for (int i = 0; i < end; i++) {
		if (atomic_load(&slots_stages[i]) != SLOT_RACING || !slots_enter(i))
			continue;
		for (uint32_t n = 0; n <= slots_table[i].count; n++)
			slots_table[i].attempts[n].watched = false;
		(void)eyeballs_step(&slots_table[i], -1);
		slots_give_back(i);
	}
}

/* Under the lock. */
static void step_watched(void)
{
	struct epoll_event events[8];
	int count = real.epoll_wait(attempts_set(), events, 8, 0);
	bool foreign = count < 0 && (errno == EBADF || errno == EINVAL);

	/* The data is an entry of the table, unless a set of the program's has the number by now. */
	for (int n = 0; n < count; n++)
		foreign |= events[n].data.u64 < (uintptr_t)slots_table ||
			   events[n].data.u64 >= (uintptr_t)(slots_table + SLOTS_COUNT);
	if (foreign || count < 0)
		make_set_again(foreign);
	for (int n = 0; !foreign && n < count && !*lock_line; n++)
		(void)slots_step((int)((struct eyeballs *)events[n].data.ptr - slots_table), -1);
}

static void step_due(uint64_t time)
{
	const int end = slots_end;

	if (time < atomic_load(&connects_due))
		return;
	atomic_store(&connects_due, UINT64_MAX);
	for (int i = 0; i < end; i++) {
		int stage = atomic_load_explicit(&slots_stages[i], memory_order_relaxed);

		if (stage == SLOT_FREE)
			continue;
		if (slots_table[i].due <= time && !*lock_line)
			(void)slots_step(i, -1);
		else
			connects_set_due(slots_table[i].due);
	}
}

void slots_step_failed(void)
{
	enum { BLOCK = 64 };
	const int end = slots_end;
	struct pollfd fds[BLOCK];
	int at[BLOCK], count = 0;

	for (int i = 0; i < end; i++) {
		if (atomic_load(&slots_stages[i]) != SLOT_FREE) {
			at[count] = i;
			fds[count++] = (struct pollfd){atomic_load(&slots_numbers[i]), 0, 0};
		}
		if (count < BLOCK && i + 1 < end)
			continue;
		if (count && real.poll(fds, (nfds_t)count, 0) > 0)
			for (int n = 0; n < count && !*lock_line; n++) {
				/* Another processor refuses it, and has the socket's lock (tcp_reset()):
				 * this waits. */
				if (fds[n].revents == POLLERR)
					(void)attempt_look(fds[n].fd);
				if (fds[n].revents)
					(void)slots_step(at[n], -1);
			}
		count = 0;
	}
}

/* Without the lock, the set may be closed meanwhile, and another one have its number: poll() takes no events
 * from it. */
static bool is_due(void)
{
	struct pollfd set = {.fd = attempts_set(), .events = POLLIN};

	return clock_ms() >= atomic_load(&connects_due) || (set.fd >= 0 && real.poll(&set, 1, 0) != 0);
}

bool slots_advance(struct lock_hold *hold)
{
	struct lock lock;
	int saved = errno;
	bool due, taken = false;

	do {
		due = is_due() || holdings_nested();
		if (due && hold)
			lock_hold(hold);
		taken = due && lock_take(&lock);
		if (!taken)
			break;
		if (attempts_set() >= 0)
			step_watched();
		step_due(clock_ms());
		/* A thread that waits for an epoll set is not told which socket in it is ready. */
		if (holdings_nested())
			slots_step_failed();
	} while (lock_give(&lock));
	errno = saved;
	return !due || taken;
}

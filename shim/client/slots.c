#include "client/slots.h"

#include <sched.h>

#include "base/large.h"
#include "socket/facts.h"
#include "socket/holdings.h"

LARGE struct eyeballs slots_table[SLOTS_COUNT];
LARGE _Atomic int slots_stages[SLOTS_COUNT];
LARGE _Atomic int slots_numbers[SLOTS_COUNT];
_Atomic int slots_top;

bool slots_claim(int i, int from)
{
	int expected = from;

	return atomic_load_explicit(&slots_stages[i], memory_order_relaxed) == from &&
	       atomic_compare_exchange_strong(&slots_stages[i], &expected, SLOT_BUSY);
}

void slots_give_back(int i)
{
	const struct eyeballs *e = &slots_table[i];

	atomic_store(&slots_numbers[i], e->used ? e->fd : -1);
	atomic_store(&slots_stages[i], !e->used ? SLOT_FREE : e->planned ? SLOT_RACING : SLOT_OWN);
}

int slots_free(void)
{
	int before = slots_end();

	for (int i = 0; i < SLOTS_COUNT; i++)
		if (slots_claim(i, SLOT_FREE)) {
			while (before <= i && !atomic_compare_exchange_weak(&slots_top, &before, i + 1))
				;
			return i;
		}
	return -1;
}

int slots_find(int fd)
{
	const int end = slots_end();
	uint64_t cookie = 0;

	for (int i = 0; i < end; i++) {
		if (atomic_load_explicit(&slots_numbers[i], memory_order_relaxed) != fd &&
		    !(holdings_copied() && atomic_load(&slots_stages[i]) != SLOT_FREE))
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
	const int end = slots_end();

	for (int i = 0; i < end; i++)
		if (atomic_load_explicit(&slots_numbers[i], memory_order_relaxed) == fd &&
		    atomic_load(&slots_stages[i]) == SLOT_OWN)
			return i;
	return -1;
}

bool slots_concerns(int fd)
{
	const int end = slots_end();

	for (int i = 0; i < end; i++)
		if (atomic_load_explicit(&slots_numbers[i], memory_order_relaxed) == fd)
			return true;
	return holdings_copied() && slots_find(fd) >= 0;
}

/* Whether a connect is in progress: counts that every hook looks at first. */
#ifndef DUALSTACK_IN_PROGRESS_H
#define DUALSTACK_IN_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>

/* Connects in progress; and those of which there is something to tell, which are as many or more. One more
 * until connects_setup() was called, so that the check of the hooks that have no other leads to
 * hooks_start(). */
extern __attribute__((visibility("hidden"))) _Atomic int connects_going, connects_known;

static inline bool connects_pending(void)
{
	return atomic_load_explicit(&connects_going, memory_order_relaxed) != 0;
}

/* How many connects in progress are on a descriptor with that number, modulo CONNECTS_NUMBERS: what is on
 * none can be left to the kernel at once. (A copy of the descriptor is found by calls that have more to ask,
 * but not here.) */
enum { CONNECTS_NUMBERS = 64 };
extern __attribute__((visibility("hidden"))) _Atomic int connects_numbers[CONNECTS_NUMBERS];

static inline bool connects_maybe(int fd)
{
	return atomic_load_explicit(&connects_numbers[(unsigned)fd % CONNECTS_NUMBERS],
				    memory_order_relaxed) != 0;
}

#endif

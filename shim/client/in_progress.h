/* Whether a connect is in progress. Hooks ask this before anything else. All of it is async-signal-safe,
 * callable from any thread, and leaves errno alone. */
#ifndef DUALSTACK_IN_PROGRESS_H
#define DUALSTACK_IN_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Connects in progress, and one more until connects_setup() is called: hooks that check nothing else then
 * call hooks_start(). */
extern __attribute__((visibility("hidden"))) _Atomic int connects_going;

static inline bool connects_pending(void)
{
	return atomic_load_explicit(&connects_going, memory_order_relaxed) != 0;
}

/* How many descriptors with this number, modulo CONNECTS_NUMBERS, belong to a connect in progress. They are
 * the program's or the library's; copies that the program has made are not counted. */
enum { CONNECTS_NUMBERS = 4096 };
extern __attribute__((visibility("hidden"))) _Atomic int connects_numbers[CONNECTS_NUMBERS];

static inline bool connects_maybe(int fd)
{
	return atomic_load_explicit(&connects_numbers[(unsigned)fd % CONNECTS_NUMBERS],
				    memory_order_relaxed) != 0;
}

/* Changes whenever a socket has been put on one of the program's descriptors. */
extern __attribute__((visibility("hidden"))) _Atomic unsigned connects_changes;

/* When the next connect has something to do even if nothing happens, in ms of CLOCK_MONOTONIC; UINT64_MAX:
 * never. The value may be too early. */
extern __attribute__((visibility("hidden"))) _Atomic uint64_t connects_due;

static inline void connects_set_due(uint64_t due)
{
	uint64_t before = atomic_load(&connects_due);

	while (due < before && !atomic_compare_exchange_weak(&connects_due, &before, due))
		;
}

#endif

/* The clock for waits and delays. */
#ifndef DUALSTACK_CLOCK_H
#define DUALSTACK_CLOCK_H

#include <stdint.h>
#include <time.h>

/* All are async-signal-safe, callable from any thread, and leave errno alone. */

static inline uint64_t clock_ms_of(clockid_t clock)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ns of CLOCK_MONOTONIC. */
static inline int64_t clock_ns(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ms of CLOCK_MONOTONIC. */
static inline uint64_t clock_ms(void)
{
	return clock_ms_of(CLOCK_MONOTONIC);
}

/* The same at a third of the price, and up to 10 ms old. */
static inline uint64_t clock_coarse_ms(void)
{
	return clock_ms_of(CLOCK_MONOTONIC_COARSE);
}

#endif

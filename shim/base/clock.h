/* The clock for waits and delays. */
#ifndef DUALSTACK_CLOCK_H
#define DUALSTACK_CLOCK_H

#include <stdint.h>
#include <time.h>

/* ms of CLOCK_MONOTONIC. Async-signal-safe, callable from any thread; leaves errno alone. */
static inline uint64_t clock_ms(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The same at a third of the price, and up to 10 ms old. */
static inline uint64_t clock_coarse_ms(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

#endif

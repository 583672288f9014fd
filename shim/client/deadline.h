/* The ends of waits: nanoseconds of CLOCK_MONOTONIC. Async-signal-safe; errno is left alone. */
#ifndef DUALSTACK_DEADLINE_H
#define DUALSTACK_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define DEADLINE_NEVER INT64_MAX

static inline int64_t deadline_now(void)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Whether the kernel accepts TIMEOUT; NULL, which means for ever, is valid. */
static inline bool deadline_valid(const struct timespec *timeout)
{
	return !timeout || (timeout->tv_sec >= 0 && timeout->tv_nsec >= 0 && timeout->tv_nsec < 1000000000);
}

/* The end of TIMEOUT, which is valid and begins now. */
static inline int64_t deadline_of(const struct timespec *timeout)
{
	int64_t start = deadline_now();

	if (!timeout || timeout->tv_sec > (INT64_MAX - start) / 1000000000 - 1)
		return DEADLINE_NEVER;
	return start + (int64_t)timeout->tv_sec * 1000000000 + timeout->tv_nsec;
}

static inline bool deadline_over(int64_t end)
{
	return end != DEADLINE_NEVER && deadline_now() >= end;
}

/* Puts the time that is left until END into T, and returns T; NULL for ever. */
static inline const struct timespec *deadline_rest(int64_t end, struct timespec *t)
{
	int64_t left = end - deadline_now();

	if (end == DEADLINE_NEVER)
		return NULL;
	if (left < 0)
		left = 0;
	*t = (struct timespec){.tv_sec = (time_t)(left / 1000000000), .tv_nsec = (long)(left % 1000000000)};
	return t;
}

#endif

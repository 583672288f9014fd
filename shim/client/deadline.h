/* The ends of waits: nanoseconds of CLOCK_MONOTONIC, -1 for never. Async-signal-safe; errno is left alone. */
#ifndef DUALSTACK_DEADLINE_H
#define DUALSTACK_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

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
		return -1;
	return start + (int64_t)timeout->tv_sec * 1000000000 + timeout->tv_nsec;
}

static inline bool deadline_over(int64_t end)
{
	return end >= 0 && deadline_now() >= end;
}

/* Puts the time that is left until END, which is not -1, into T, and returns T. */
static inline const struct timespec *deadline_rest(int64_t end, struct timespec *t)
{
	int64_t left = end - deadline_now();

	if (left < 0)
		left = 0;
	*t = (struct timespec){.tv_sec = (time_t)(left / 1000000000), .tv_nsec = (long)(left % 1000000000)};
	return t;
}

#endif

/* Shared by the storms: random numbers, and a watchdog that prints where a storm hangs. */
#ifndef TESTS_STORM_H
#define TESTS_STORM_H

#include "common.h"

#include <signal.h>
#include <stdint.h>
#include <unistd.h>

enum { STORM_PATIENCE = 30 }; /* seconds in which something must have happened */

static const char *volatile storm_at = "the start";
static volatile long storm_steps;

static void storm_stands_still(int number)
{
	char text[200];
	int n;

	/* With a bound, as this may wait for the code that it has interrupted. */
	signal(number, SIG_DFL);
	alarm(2);
	n = snprintf(text, sizeof text, "storm: nothing for %d seconds, at %s, after %ld steps\n",
		     STORM_PATIENCE, storm_at, storm_steps);
	(void)!write(STDOUT_FILENO, text, (size_t)n);
	_exit(3);
}

/* Tells the watchdog that the storm goes on, and WHERE it is. Called by one thread only. */
static inline void storm_step(const char *where)
{
	if (!storm_steps++)
		signal(SIGALRM, storm_stands_still);
	storm_at = where;
	alarm(STORM_PATIENCE);
}

/* The process's private memory in KiB (proc(5), smaps_rollup). */
static inline long storm_memory(void)
{
	char line[200];
	long result = -1;
	FILE *f = fopen("/proc/self/smaps_rollup", "re");

	while (f && fgets(line, sizeof line, f))
		(void)!sscanf(line, "Private_Dirty: %ld", &result);
	if (f)
		fclose(f);
	return result;
}

/* The memory that malloc() has given, in KiB: without the table of connects in progress, whose use varies. */
static inline long storm_heap(void)
{
	char line[200];
	long result = -1, here = 0;
	FILE *f = fopen("/proc/self/smaps", "re");

	while (f && fgets(line, sizeof line, f)) {
		here = strstr(line, "[heap]") ? 1 : strchr(line, '-') ? 0 : here;
		if (here)
			(void)!sscanf(line, "Private_Dirty: %ld", &result);
	}
	if (f)
		fclose(f);
	return result;
}

/* xorshift (Marsaglia 2003): one seed gives one storm; each thread has its own. */
static _Thread_local uint32_t storm_seed = 2463534242U;

/* From 0 to BELOW - 1. Async-signal-safe. */
static inline uint32_t storm_chance(uint32_t below)
{
	uint32_t x = storm_seed;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	storm_seed = x;
	return x % below;
}

#endif

/* What the storms share: chance, and a watchdog that says where a storm stands when it stands still. */
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

	/* Not for ever, if this waits for what has interrupted it. */
	signal(number, SIG_DFL);
	alarm(2);
	n = snprintf(text, sizeof text, "storm: nothing for %d seconds, at %s, after %ld steps\n",
		     STORM_PATIENCE, storm_at, storm_steps);
	(void)!write(STDOUT_FILENO, text, (size_t)n);
	_exit(3);
}

/* The storm goes on: WHERE it is now. To be called by one thread. */
static inline void storm_step(const char *where)
{
	if (!storm_steps++)
		signal(SIGALRM, storm_stands_still);
	storm_at = where;
	alarm(STORM_PATIENCE);
}

/* What the process has for itself, in KiB (proc(5), smaps_rollup). */
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

/* The same, of what malloc() has given: the table of connects in progress is not in it, which fills by
 * chance. */
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

/* xorshift (Marsaglia 2003): the same storm for the same seed, in each thread its own. */
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

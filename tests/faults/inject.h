/* What the program of the sweep (sweep.c), its children and the preload library (inject.c) share: a file that
 * all map, named in the environment (INJECT). */
#ifndef TESTS_INJECT_H
#define TESTS_INJECT_H

#include <stdbool.h>

enum row {
#define CALL(name, ...) ROW_##name,
#define IN6(name) ROW_##name##_in6,
#define PART(name, part, ...) ROW_##name##_##part,
#define SYSTEM(name, ...) ROW_sys_##name,
#define SYSTEM_DONE(name, ...) ROW_sys_##name,
#include "inject.def"
#undef CALL
#undef IN6
#undef PART
#undef SYSTEM
#undef SYSTEM_DONE
	ROWS,
	NO_ROW = -1
};

struct page {
	/* What is to fail: the call ROW with ERROR, number FROM, counted from 1, and with ALL those behind
	 * it. */
	enum row row;
	int error;
	unsigned from;
	bool all;

	enum row own;          /* the call that the program is in */
	enum row connecting;   /* the connect() that it has begun, with the family that it asked for */
	bool fired, fired_own; /* it did; in a call of the program's that is the same one */
	int unknown;           /* a system call that has no row */
	unsigned counts[ROWS];

	unsigned used; /* of what the program and its children have seen */
	char text[4096];
};

#endif

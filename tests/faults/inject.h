/* The memory that the sweep (sweep.c), its children and the preload library (inject.c) share: a file that all
 * map, named in the environment (INJECT). */
#ifndef TESTS_INJECT_H
#define TESTS_INJECT_H

#include <stdbool.h>
#include <sys/syscall.h>

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
	/* What is to fail: call number FROM, counted from 1, of ROW with ERROR; with ALL, also those after
	 * it. */
	enum row row;
	int error;
	unsigned from;
	bool all;

	enum row own;          /* the call that the program is in */
	enum row connecting;   /* the connect() that it has begun, by the family that it asked for */
	bool fired, fired_own; /* it has failed; and it was the program's own call */
	int unknown;           /* a system call that has no row */
	unsigned counts[ROWS];

	unsigned used; /* bytes of TEXT, what the program and its children have seen */
	char text[4096];
};

#endif

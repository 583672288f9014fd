/* What --check has found, one after the other, in the order in which it is told. */
#ifndef DUALSTACK_FINDINGS_H
#define DUALSTACK_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

enum finding_state {
	FINDING_OK,
	FINDING_NOTE,   /* works; something to know */
	FINDING_WARN,   /* works in part, or is dangerous */
	FINDING_FAIL,   /* dualstack can't do its work */
	FINDING_UNKNOWN /* can't be told from here */
};

struct finding {
	const char *id; /* snake_case, for other programs to rely on */
	enum finding_state state;
	char *found;
	const char *advice; /* what to do about it; "" where there is nothing to do */
};

struct findings {
	struct finding list[32];
	size_t count;
};

/* Adds one. ADVICE must stay where it is; FORMAT and what follows is what was found. */
__attribute__((format(printf, 5, 6))) void findings_add(struct findings *f, const char *id,
							enum finding_state state, const char *advice,
							const char *format, ...);

/* Whether none is FINDING_FAIL. */
bool findings_usable(const struct findings *f);

/* "ok", "note", "warn", "fail", "unknown". */
const char *findings_state(enum finding_state state);

#endif

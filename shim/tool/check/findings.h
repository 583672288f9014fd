/* The findings of --check, in the order in which they are printed. */
#ifndef DUALSTACK_FINDINGS_H
#define DUALSTACK_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

enum finding_state {
	FINDING_OK,
	FINDING_NOTE,   /* works, with something to know */
	FINDING_WARN,   /* works in part, or is dangerous */
	FINDING_FAIL,   /* dualstack can't do its work */
	FINDING_UNKNOWN /* not known */
};

struct finding {
	const char *id; /* in snake_case; other programs rely on it */
	enum finding_state state;
	char *found;
	const char *advice; /* what to do about it; "" for nothing */
};

struct findings {
	struct finding list[32];
	size_t count;
};

/* Adds a finding. ADVICE is not copied; FORMAT and its arguments say what was found. */
__attribute__((format(printf, 5, 6))) void findings_add(struct findings *f, const char *id,
							enum finding_state state, const char *advice,
							const char *format, ...);

/* True if no finding is FINDING_FAIL. */
bool findings_usable(const struct findings *f);

/* "ok", "note", "warn", "fail", "unknown". */
const char *findings_state(enum finding_state state);

#endif

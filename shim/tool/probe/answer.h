/* The answer of --probe, as text and as JSON. */
#ifndef DUALSTACK_PROBE_ANSWER_H
#define DUALSTACK_PROBE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "tool/probe/request.h"

struct probe_answer {
	size_t count;
	struct reach_target *targets; /* in the order of RFC 6724 */
	bool *tried;                  /* for each: does the library try it if those before it fail? */
	bool ruled;                   /* a rule is for this connect */
	int chosen;                   /* -1: none */
};

/* Prints it as R says. config_load() was called. */
void probe_print(const struct probe_request *r, const struct probe_answer *a);

#endif

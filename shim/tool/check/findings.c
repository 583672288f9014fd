#define _GNU_SOURCE
#include "tool/check/findings.h"

#include <stdarg.h>
#include <stdio.h>

#include "tool/tool.h"

void findings_add(struct findings *f, const char *id, enum finding_state state, const char *advice,
		  const char *format, ...)
{
	struct finding *new = &f->list[f->count];
	va_list args;

	if (f->count == sizeof f->list / sizeof *f->list)
		tool_fail("--check: more findings than there is room for");
	va_start(args, format);
	if (vasprintf(&new->found, format, args) < 0)
		tool_fail("--check: no memory");
	va_end(args);
	new->id = id;
	new->state = state;
	new->advice = advice;
	f->count++;
}

bool findings_usable(const struct findings *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->list[i].state == FINDING_FAIL)
			return false;
	return true;
}

const char *findings_state(enum finding_state state)
{
	static const char *const names[] = {"ok", "note", "warn", "fail", "unknown"};

	return names[state];
}

#define _GNU_SOURCE
#include "program/findings.h"

#include <stdarg.h>
#include <stdio.h>

#include "tool/keep.h"
#include "tool/tool.h"

void findings_add(struct findings *f, const char *id, enum finding_state state, const char *advice,
		  const char *format, ...)
{
	struct finding new = {.id = id, .state = state, .advice = advice};
	va_list args;

	va_start(args, format);
	if (vasprintf(&new.found, format, args) < 0)
		tool_fail("--check: out of memory");
	va_end(args);
	f->list = keep_grow(f->list, f->count, sizeof new);
	f->list[f->count++] = new;
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

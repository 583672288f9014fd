#include "tool/keep.h"

#include "tool/tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chunk {
	struct chunk *next;
	max_align_t bytes[];
};

static struct chunk *chunks;

void *keep(size_t size)
{
	struct chunk *chunk = calloc(1, sizeof *chunk + size);

	if (!chunk)
		tool_fail("out of memory");
	chunk->next = chunks;
	chunks = chunk;
	return chunk->bytes;
}

char *keep_copy(const char *text, size_t size)
{
	char *copy = keep(size + 1);

	memcpy(copy, text, size);
	return copy;
}

char *keep_format(const char *format, ...)
{
	va_list args;
	char *text;
	int size;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = keep((size_t)(size > 0 ? size : 0) + 1);
	va_start(args, format);
	(void)vsnprintf(text, (size_t)(size > 0 ? size : 0) + 1, format, args);
	va_end(args);
	return text;
}

void *keep_grow(void *list, size_t count, size_t size)
{
	void *more = list;

	/* It grows at each power of two, so that it is seldom copied. */
	if (!(count & (count - 1)) || !count) {
		more = keep(2 * (count + 1) * size);
		if (count)
			memcpy(more, list, count * size);
	}
	return more;
}

void texts_add(struct texts *texts, const char *text)
{
	texts->at = keep_grow(texts->at, texts->count, sizeof *texts->at);
	texts->at[texts->count++] = text;
}

#define _GNU_SOURCE
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
	char *text, *copy;
	int size;

	va_start(args, format);
	size = vasprintf(&text, format, args);
	va_end(args);
	if (size < 0)
		tool_fail("out of memory");
	copy = keep_copy(text, (size_t)size);
	free(text);
	return copy;
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

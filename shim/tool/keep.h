/* Memory that is kept until the tool exits: it reads a handful of small files, once. Not for threads. */
#ifndef DUALSTACK_KEEP_H
#define DUALSTACK_KEEP_H

#include <stddef.h>

/* SIZE bytes, all 0. Never NULL: fails with tool_fail(). */
void *keep(size_t size);

/* The SIZE bytes at TEXT, and a 0 behind them. */
char *keep_copy(const char *text, size_t size);

/* As asprintf(3). */
__attribute__((format(printf, 1, 2))) char *keep_format(const char *format, ...);

/* Returns LIST, of COUNT elements of SIZE bytes each, or a copy of it, with room for one more. LIST may be
 * NULL if COUNT is 0. */
void *keep_grow(void *list, size_t count, size_t size);

/* A list of texts that grows; {0} is an empty one. */
struct texts {
	const char **at;
	size_t count;
};

void texts_add(struct texts *texts, const char *text);

#endif

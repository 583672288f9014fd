/* Unit files of systemd's: text of any kind is taken line by line; words and the drop-in that is written are
 * read again as what they were; names lead to names. */
#define _GNU_SOURCE
#include "../fuzz.h"

#include <stdarg.h>
#include <stdio.h>

#include "tool/tool.h"
#include "tool/unit_name.h"
#include "tool/units/dropin.h"
#include "tool/units/rooted.h"
#include "tool/units/unit.h"
#include "tool/units/words.h"

/* In the place of keep.c's, which lasts until the tool exits: as long as an input. */
static struct kept {
	struct kept *next;
	max_align_t bytes[];
} * kept;

void *keep(size_t size)
{
	struct kept *k = calloc(1, sizeof *k + size);

	assert(k);
	k->next = kept;
	kept = k;
	return k->bytes;
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
	char *text = NULL, *copy;
	int size;

	va_start(args, format);
	size = vasprintf(&text, format, args);
	va_end(args);
	assert(size >= 0);
	copy = keep_copy(text, (size_t)size);
	free(text);
	return copy;
}

/* unit_read() alone needs these. */
char *rooted_read(const char *root, const char *path, size_t *size)
{
	(void)root;
	(void)path;
	(void)size;
	abort();
}

void tool_fail(const char *format, ...)
{
	(void)format;
	abort();
}

static bool is_stripped(const char *text)
{
	size_t size = strlen(text);

	return !size || (!strchr(" \t\r\n", text[0]) && !strchr(" \t\r\n", text[size - 1]));
}

static void words(const char *value)
{
	const char *at = value, *word, *escaped = word_escaped(value), *before = at;
	size_t size;

	while ((word = word_next(&at, &size))) {
		assert(size && word >= before && at == word + size);
		before = at;
	}
	assert(!strpbrk(escaped, " \t\r\n"));
	word = word_next(&escaped, &size);
	assert(!*value || (word && !*escaped));
}

static void names(const char *name)
{
	const char *template, *shorter;

	if (!unit_name_is_service(name))
		return;
	assert(strcmp(unit_name(name), name) == 0);
	template = unit_name_template(name);
	assert(!template || !unit_name_template(template));
	assert(!template || strcmp(unit_name_instance(name, template), name) == 0);
	while ((shorter = unit_name_shorter(name))) {
		assert(strlen(shorter) < strlen(name));
		name = shorter;
	}
}

/* The drop-in's own text sets LD_PRELOAD to the library, and to what the unit had. */
static void dropin(const struct unit *unit)
{
	static const char library[] = "/l/%/libdualstack.so";
	const char *before = unit_variable(unit, "LD_PRELOAD"), *word;
	char *text = dropin_text(unit, library);
	struct unit made = {.settings = NULL};

	unit_parse(&made, text, strlen(text), "/" UNIT_DROPIN, false);
	word = unit_variable(&made, "LD_PRELOAD");
	assert(word && strstr(word, "/l/%%/libdualstack.so"));
	if (before)
		assert(strstr(word, strstr(before, "LD_PRELOAD=") + 11));
	(void)unit_variable_lost(unit, "LD_PRELOAD");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct unit unit = {.settings = NULL};

	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	unit_parse(&unit, text, size, "/test", false);
	for (const struct setting *s = unit.settings; s; s = s->next) {
		assert(s->name && s->value);
		assert(is_stripped(s->name) && is_stripped(s->value) && !strchr(s->name, '='));
		words(s->value);
		names(s->value);
	}
	dropin(&unit);
	while (kept) {
		struct kept *next = kept->next;

		free(kept);
		kept = next;
	}
	free(text);
	return 0;
}

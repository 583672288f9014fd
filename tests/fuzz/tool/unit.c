/* Unit files of systemd's: text of any kind is taken line by line; the drop-in that is written is read again
 * as what it was; names lead to names. */
#define _GNU_SOURCE
#include "../fuzz.h"

#include <stdarg.h>
#include <stdio.h>

#include "tool/tool.h"
#include "tool/unit_name.h"
#include "tool/units/unit.h"

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

void *keep_grow(void *list, size_t count, size_t size)
{
	void *more = keep((count + 1) * size);

	if (count)
		memcpy(more, list, count * size);
	return more;
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

static void parse(struct unit *unit, const void *text, size_t size)
{
	FILE *stream = size ? fmemopen((void *)(uintptr_t)text, size, "r") : NULL;

	if (!stream)
		return;
	unit_parse(unit, stream, "/test", false);
	(void)fclose(stream);
}

/* The drop-in's own text sets LD_PRELOAD to the library, and has it once. */
static void dropin(const struct unit *unit)
{
	static const char library[] = "/l/%/libdualstack.so";
	char *text = dropin_text(unit, library), *again;
	struct unit made = {.environment = {0}};

	parse(&made, text, strlen(text));
	assert(made.environment.count == 1);
	assert(strstr(made.environment.at[0].value, "/l/%%/libdualstack.so"));
	again = dropin_text(&made, library);
	assert(strncmp(again, text, strlen(again)) == 0);
	(void)unit_preload_lost(unit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unit unit = {.environment = {0}};
	const struct settings_of *lists[] = {&unit.environment, &unit.families};

	/* It may be refused. */
	if (memmem(data, size, "LD_PRELOAD=", 11) && memchr(data, '\\', size))
		return 0;
	parse(&unit, data, size);
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < lists[i]->count; j++) {
			assert(is_stripped(lists[i]->at[j].value));
			names(lists[i]->at[j].value);
		}
	dropin(&unit);
	while (kept) {
		struct kept *next = kept->next;

		free(kept);
		kept = next;
	}
	return 0;
}

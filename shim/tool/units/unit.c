#define _GNU_SOURCE
#include "tool/units/unit.h"

#include "tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST = 16 << 20 }; /* bytes of a file */

static const char BLANK[] = " \t\n\r", PRELOAD[] = "LD_PRELOAD=";

/* TEXT without blanks at its ends; it is changed. */
static char *stripped(char *text)
{
	size_t size;

	text += strspn(text, BLANK);
	size = strlen(text);
	while (size && strchr(BLANK, text[size - 1]))
		size--;
	text[size] = '\0';
	return text;
}

/* The next word of *AT, which is moved behind it: SIZE bytes with their quotes. NULL at the end, and for an
 * open quote: systemd ignores the rest of such a line, too. */
static const char *next_word(const char **at, size_t *size)
{
	const char *word = *at + strspn(*at, BLANK), *end = word;
	char quote = 0;

	for (; *end && (quote || !strchr(BLANK, *end)); end++)
		if (*end == quote)
			quote = 0;
		else if (!quote && (*end == '"' || *end == '\''))
			quote = *end;
	*size = (size_t)(end - word);
	*at = end;
	return quote || !*size ? NULL : word;
}

/* The last of the words in VALUE that sets LD_PRELOAD; NULL if none. */
static const char *preload_in(const char *value)
{
	const char *word, *found = NULL;
	size_t size;

	while ((word = next_word(&value, &size)))
		if (strncmp(word + (*word == '"' || *word == '\''), PRELOAD, strlen(PRELOAD)) == 0)
			found = keep_copy(word, size);
	return found;
}

/* Takes one LINE, continuations joined, if it is an assignment in [Service], which *IN_SERVICE keeps from
 * line to line. */
static void take_line(struct unit *unit, char *line, struct setting setting, bool *in_service)
{
	struct settings_of *to = NULL;
	const char *name;
	char *equals;

	line = stripped(line);
	if (*line == '[' && line[strlen(line) - 1] == ']') {
		*in_service = strcmp(line, "[Service]") == 0;
		return;
	}
	equals = strchr(line, '=');
	if (!equals || !*in_service)
		return;
	*equals = '\0';
	name = stripped(line);
	setting.value = stripped(equals + 1);
	if (strcmp(name, "Environment") == 0)
		to = &unit->environment;
	else if (strcmp(name, "RestrictAddressFamilies") == 0)
		to = &unit->families;
	if (!to)
		return;
	if (strstr(setting.value, PRELOAD) && strchr(setting.value, '\\'))
		tool_fail(
		    "%s: %s: %s=%.80s: sets LD_PRELOAD in a line with a backslash, which is not understood; "
		    "write it without",
		    unit->files.name, setting.file, name, setting.value);
	to->at = keep_grow(to->at, to->count, sizeof setting);
	to->at[to->count++] = setting;
}

/* Does LINE end in a backslash that is not itself escaped? Then it becomes a blank. */
static bool goes_on(char *line)
{
	size_t size = strcspn(line, "\n"), first = size;

	line[size] = '\0';
	while (first && line[first - 1] == '\\')
		first--;
	if ((size - first) % 2)
		line[size - 1] = ' ';
	return (size - first) % 2;
}

void unit_parse(struct unit *unit, FILE *stream, const char *file, bool later)
{
	const struct setting setting = {.file = file, .later = later};
	char *line = NULL, *joined = keep(1);
	bool in_service = false;
	size_t room = 0;

	while (getline(&line, &room, stream) >= 0) {
		const char *start = line + strspn(line, BLANK);

		/* Comments belong to no line, not even between a line and its continuation. */
		if (*start == '#' || *start == ';')
			continue;
		joined = keep_format("%s%s", joined, line);
		if (goes_on(joined))
			continue;
		take_line(unit, joined, setting, &in_service);
		joined = keep(1);
	}
	take_line(unit, joined, setting, &in_service);
	free(line);
}

static void read_file(struct unit *unit, const char *path, bool dropin)
{
	/* O_NONBLOCK: a FIFO would wait for a writer. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	FILE *stream;

	if (fd < 0 && dropin && errno == ENOENT)
		return;
	if (fd < 0 || fstat(fd, &st) != 0)
		tool_fail("%s: %s: %s", unit->files.name, path, strerror(errno));
	if (st.st_size > LARGEST)
		tool_fail("%s: %s: %s", unit->files.name, path, strerror(EFBIG));
	stream = S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
	if (stream) {
		unit_parse(unit, stream, path, dropin && strcmp(strrchr(path, '/') + 1, UNIT_DROPIN) > 0);
		(void)fclose(stream);
	} else {
		close(fd);
	}
}

void unit_read(struct unit *unit)
{
	read_file(unit, unit->files.file, false);
	for (size_t i = 0; i < unit->files.dropins.count; i++)
		read_file(unit, unit->files.dropins.at[i], true);
}

const struct setting *unit_preload_lost(const struct unit *unit)
{
	const struct setting *lost = NULL;

	for (size_t i = 0; i < unit->environment.count; i++) {
		const struct setting *one = &unit->environment.at[i];

		if (one->later && (!*one->value || preload_in(one->value)))
			lost = one;
	}
	return lost;
}

/* The first value decides whether the list permits or forbids; a value of the other kind removes from it
 * (config_parse_address_families() in systemd's src/core/load-fragment.c). */
struct list {
	bool there, permits, listed;
};

static void take_value(struct list *list, const char *value, const char *family)
{
	bool forbids = *value == '~';
	const char *one;
	size_t size;

	if (!*value || strcmp(value, "none") == 0) {
		*list = (struct list){.permits = *value != '\0'};
		return;
	}
	if (!list->there)
		*list = (struct list){.there = true, .permits = !forbids};
	value += forbids;
	while ((one = next_word(&value, &size)))
		if (size == strlen(family) && strncmp(one, family, size) == 0)
			list->listed = forbids != list->permits;
}

bool unit_permits(const struct unit *unit, const char *family, const char *ours)
{
	struct list list = {0};

	for (size_t i = 0; i < unit->families.count; i++) {
		if (unit->families.at[i].later && ours) {
			take_value(&list, ours, family);
			ours = NULL;
		}
		take_value(&list, unit->families.at[i].value, family);
	}
	if (ours)
		take_value(&list, ours, family);
	return list.permits == list.listed;
}

const char *dropin_families(const struct unit *unit)
{
	static const char inet[] = "AF_INET", inet6[] = "AF_INET6";

	/* It adds to a list that permits, and removes from one that forbids. */
	if (!unit_permits(unit, inet6, NULL) && unit_permits(unit, inet, NULL) &&
	    unit_permits(unit, inet6, inet6) && unit_permits(unit, inet, inet6))
		return inet6;
	return NULL;
}

/* Is the library, as LITERAL, one of the entries in WORD? These characters separate them (ld.so(8)). */
static bool is_there(const char *word, const char *literal)
{
	static const char around[] = ":=\"' ";
	const char *found = strstr(word, literal);

	return found && strchr(around, found[-1]) && strchr(around, found[strlen(literal)]);
}

/* LIBRARY as part of a word, in quotes or not (systemd.service(5), "Command Lines": escapes). */
static const char *escaped(const char *library)
{
	char *text = keep(2 * strlen(library) + 1), *at = text;

	for (; *library; library++) {
		if (strchr("\"'\\%\n", *library))
			*at++ = *library == '%' ? '%' : '\\';
		*at++ = *library == '\n' ? 'n' : *library;
	}
	return text;
}

/* The assignment to LD_PRELOAD, in which the unit's own word stays as it is written. */
static const char *preload(const struct unit *unit, const char *literal)
{
	const char *word = NULL, *rest;

	for (size_t i = 0; i < unit->environment.count && !unit->environment.at[i].later; i++) {
		const char *value = unit->environment.at[i].value, *found = preload_in(value);

		word = found || !*value ? found : word;
	}
	if (!word)
		return keep_format("\"%s%s\"", PRELOAD, literal);
	if (is_there(word, literal))
		return word;
	rest = strstr(word, PRELOAD) + strlen(PRELOAD);
	return keep_format("%.*s%s%s%s", (int)(rest - word), word, literal,
			   rest[strspn(rest, ":\"' ")] ? ":" : "", rest);
}

char *dropin_text(const struct unit *unit, const char *library)
{
	const char *families = dropin_families(unit);
	char *text =
	    keep_format("%s[Service]\nEnvironment=%s\n", DROPIN_HEADER, preload(unit, escaped(library)));

	for (size_t i = 0; i < unit->settings.count; i++)
		text = keep_format("%sEnvironment=\"%s\"\n", text, escaped(unit->settings.at[i]));
	return families ? keep_format("%sRestrictAddressFamilies=%s\n", text, families) : text;
}

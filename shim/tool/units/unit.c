#include "tool/units/unit.h"

#include "tool/tool.h"
#include "tool/units/rooted.h"
#include "tool/units/words.h"

#include <errno.h>
#include <string.h>

static const char BLANK[] = " \t\n\r";

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

/* Does LINE end in a backslash that is not itself escaped? */
static bool goes_on(const char *line)
{
	bool escaped = false;

	for (; *line; line++)
		escaped = *line == '\\' && !escaped;
	return escaped;
}

/* Takes one LINE, continuations joined. SETTING says where it is from; IN_SERVICE is kept from line to line.
 */
static void take_line(struct unit *unit, char *line, struct setting *setting, bool *in_service)
{
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
	setting->name = stripped(line);
	setting->value = stripped(equals + 1);
	if (!unit->end)
		unit->end = &unit->settings;
	*unit->end = keep(sizeof *setting);
	**unit->end = *setting;
	unit->end = &(*unit->end)->next;
}

void unit_parse(struct unit *unit, const char *text, size_t size, const char *file, bool later)
{
	struct setting setting = {.file = file, .later = later};
	const char *end = text + size;
	/* Each line with a 0 behind it, where the text has its newline. */
	char *line = keep(size + 2), *to = line;
	bool in_service = false;

	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	while (text < end) {
		const char *start = text + strspn(text, " \t\r"), *stop = text;

		while (stop < end && *stop != '\n' && *stop)
			stop++;
		size = (size_t)(stop - text);
		/* Comments are none of a line, not even of one that goes on below them. */
		if (*start != '#' && *start != ';') {
			memcpy(to, text, size);
			to[size] = '\0';
			if (goes_on(to)) {
				to += size;
				to[-1] = ' ';
			} else {
				take_line(unit, line, &setting, &in_service);
				line = to += size + 1;
			}
		}
		text = stop + 1;
	}
	*to = '\0';
	take_line(unit, line, &setting, &in_service);
}

static void read_file(struct unit *unit, const char *file, bool dropin)
{
	const char *name = strrchr(file, '/') + 1;
	size_t size;
	char *text = rooted_read(unit->place.root, file, &size);

	if (text)
		unit_parse(unit, text, size, file, dropin && strcmp(name, UNIT_DROPIN) > 0);
	else if (!dropin || errno != ENOENT)
		tool_fail("%s: %s%s: %s", unit->files.name, unit->place.root, file, strerror(errno));
}

void unit_read(struct unit *unit)
{
	unit->settings = NULL;
	unit->end = &unit->settings;
	read_file(unit, unit->files.file, false);
	for (size_t i = 0; i < unit->files.dropins.count; i++)
		read_file(unit, unit->files.dropins.at[i], true);
}

const struct setting *unit_next(const struct unit *unit, const char *name, const struct setting *after)
{
	const struct setting *at = after ? after->next : unit->settings;

	while (at && strcmp(at->name, name) != 0)
		at = at->next;
	return at;
}

/* The last of the words in VALUE that is an assignment to VARIABLE; NULL if none. */
static const char *assignment(const char *value, const char *variable)
{
	const char *word, *found = NULL;
	size_t size, length = strlen(variable);

	while ((word = word_next(&value, &size))) {
		const char *name = word + (*word == '"' || *word == '\'');

		if (strncmp(name, variable, length) == 0 && name[length] == '=')
			found = keep_copy(word, size);
	}
	return found;
}

const char *unit_variable(const struct unit *unit, const char *variable)
{
	const char *word = NULL;

	for (const struct setting *at = NULL; (at = unit_next(unit, "Environment", at)) && !at->later;) {
		const char *found = assignment(at->value, variable);

		word = found || !*at->value ? found : word;
	}
	return word;
}

const struct setting *unit_variable_lost(const struct unit *unit, const char *variable)
{
	const struct setting *lost = NULL;

	for (const struct setting *at = NULL; (at = unit_next(unit, "Environment", at));)
		if (at->later && (!*at->value || assignment(at->value, variable)))
			lost = at;
	return lost;
}

/* A list of systemd's, as far as it bears on one word. The first value makes it one that permits or one that
 * forbids; a value of the other kind takes away from it (config_parse_address_families() in systemd's
 * src/core/load-fragment.c). */
struct list {
	bool there, permits, listed;
};

static void take_value(struct list *list, const char *value, const char *word)
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
	while ((one = word_next(&value, &size)))
		if (size == strlen(word) && strncmp(one, word, size) == 0)
			list->listed = forbids != list->permits;
}

bool unit_permits(const struct unit *unit, const char *name, const char *word, const char *ours)
{
	struct list list = {0};

	for (const struct setting *at = NULL; (at = unit_next(unit, name, at));) {
		if (at->later && ours) {
			take_value(&list, ours, word);
			ours = NULL;
		}
		take_value(&list, at->value, word);
	}
	if (ours)
		take_value(&list, ours, word);
	return list.permits == list.listed;
}

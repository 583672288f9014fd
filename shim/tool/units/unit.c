#include "tool/units/unit.h"

#include "tool/tool.h"
#include "tool/units/rooted.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

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

/* Whether LINE ends in a backslash that no other one stands for. */
static bool goes_on(const char *line)
{
	bool escaped = false;

	for (; *line; line++)
		escaped = *line == '\\' && !escaped;
	return escaped;
}

static void add(struct unit *unit, const struct setting *setting)
{
	if (!unit->end)
		unit->end = &unit->settings;
	*unit->end = keep(sizeof *setting);
	**unit->end = *setting;
	unit->end = &(*unit->end)->next;
}

/* Takes one LINE, continuations joined. SETTING has the section and where the line is from. */
static void take_line(struct unit *unit, char *line, struct setting *setting)
{
	char *equals;
	size_t size;

	line = stripped(line);
	size = strlen(line);
	if (*line == '[' && line[size - 1] == ']') {
		setting->section = keep_copy(line + 1, size - 2);
		return;
	}
	equals = strchr(line, '=');
	if (!*line || !equals || !setting->section)
		return;
	*equals = '\0';
	setting->name = stripped(line);
	setting->value = stripped(equals + 1);
	add(unit, setting);
}

void unit_parse(struct unit *unit, const char *text, size_t size, const char *file, bool later)
{
	struct setting setting = {.file = file, .later = later};
	const char *end = text + size;
	/* Each line with a 0 behind it, where the text has its newline. */
	char *line = keep(size + 2), *to = line;

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
				take_line(unit, line, &setting);
				line = to += size + 1;
			}
		}
		text = stop + 1;
	}
	*to = '\0';
	take_line(unit, line, &setting);
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

const struct setting *unit_next(const struct unit *unit, const char *section, const char *name,
				const struct setting *after)
{
	const struct setting *at = after ? after->next : unit->settings;

	while (at && (strcmp(at->section, section) != 0 || strcmp(at->name, name) != 0))
		at = at->next;
	return at;
}

const char *unit_last(const struct unit *unit, const char *name)
{
	const char *value = "";

	for (const struct setting *at = NULL; (at = unit_next(unit, "Service", name, at));)
		value = at->value;
	return value;
}

bool unit_no(const char *value)
{
	static const char *const words[] = {"", "0", "no", "n", "false", "f", "off"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(value, words[i]) == 0)
			return true;
	return false;
}

#include "tool/units/unit_values.h"

#include "tool/units/words.h"

#include <string.h>

/* The value in the assignment WORD if it is one to VARIABLE; NULL otherwise. */
static const char *assigned(const char *word, const char *variable)
{
	size_t size = strlen(variable);

	return strncmp(word, variable, size) == 0 && word[size] == '=' ? word + size + 1 : NULL;
}

const char *unit_variable(const struct unit *unit, const char *variable)
{
	const char *value = NULL;

	for (const struct setting *at = NULL; (at = unit_next(unit, "Service", "Environment", at));) {
		const char *rest = at->value, *word;

		if (at->later)
			break;
		if (!*rest)
			value = NULL;
		while ((word = word_next(&rest)))
			if (assigned(word, variable))
				value = assigned(word, variable);
	}
	return value;
}

const struct setting *unit_variable_lost(const struct unit *unit, const char *variable)
{
	const struct setting *lost = NULL;

	for (const struct setting *at = NULL; (at = unit_next(unit, "Service", "Environment", at));) {
		const char *rest = at->value, *word;

		if (!at->later)
			continue;
		if (!*rest)
			lost = at;
		while ((word = word_next(&rest)))
			if (assigned(word, variable))
				lost = at;
	}
	return lost;
}

/* A list of systemd's, as far as it bears on one thing. The first value makes it one that permits or one that
 * forbids; a value of the other kind takes away from it (config_parse_address_families() and
 * config_parse_syscall_filter() in systemd's src/core/load-fragment.c). */
struct list {
	bool there, permits, listed;
};

static bool is_named(const char *word, const char *const *names)
{
	/* A system call may have ":" and an error behind it. */
	size_t size = strcspn(word, ":");

	for (; *names; names++)
		if (strlen(*names) == size && strncmp(*names, word, size) == 0)
			return true;
	return false;
}

static void take(struct list *list, const char *value, const char *const *names)
{
	bool forbids = *value == '~';
	const char *word;

	if (!*value || strcmp(value, "none") == 0) {
		*list = (struct list){.permits = *value != '\0'};
		return;
	}
	if (!list->there)
		*list = (struct list){.there = true, .permits = !forbids};
	if (forbids)
		value++;
	while ((word = word_next(&value)))
		if (is_named(word, names))
			list->listed = forbids != list->permits;
}

bool unit_permits(const struct unit *unit, const char *name, const char *const *names, const char *ours)
{
	struct list list = {0};

	for (const struct setting *at = NULL; (at = unit_next(unit, "Service", name, at));) {
		if (at->later && ours) {
			take(&list, ours, names);
			ours = NULL;
		}
		take(&list, at->value, names);
	}
	if (ours)
		take(&list, ours, names);
	return list.permits == list.listed;
}

struct texts unit_lines(const struct unit *unit, const char *section, const char *name)
{
	struct texts lines = {0};

	for (const struct setting *at = NULL; (at = unit_next(unit, section, name, at));) {
		if (!*at->value)
			lines = (struct texts){0};
		else
			texts_add(&lines, at->value);
	}
	return lines;
}

struct texts unit_words(const struct unit *unit, const char *name)
{
	struct texts lines = unit_lines(unit, "Service", name), words = {0};

	for (size_t i = 0; i < lines.count; i++) {
		const char *rest = lines.at[i], *word;

		while ((word = word_next(&rest)))
			texts_add(&words, word);
	}
	return words;
}

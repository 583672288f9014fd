/* What a unit's file and its drop-ins set, systemd.syntax(7), in the order in which systemd reads it.
 * Memory: keep.h. */
#ifndef DUALSTACK_UNIT_H
#define DUALSTACK_UNIT_H

#include "tool/units/unit_files.h"

#include <stdbool.h>
#include <stddef.h>

struct setting {
	const char *section, *name, *value; /* without blanks around; an empty value resets a list */
	const char *file;                   /* behind the root */
	bool later;                         /* of a drop-in that is read after UNIT_DROPIN */
	struct setting *next;
};

struct unit {
	struct unit_place place;
	struct unit_files files;
	struct setting *settings, **end;
};

/* Adds what the SIZE bytes of TEXT, and a 0 behind them, set, as from FILE, to UNIT. Lines that systemd would
 * ignore with a warning are left out. */
void unit_parse(struct unit *unit, const char *text, size_t size, const char *file, bool later);

/* Reads the file and the drop-ins that UNIT->files names. Fails with tool_fail() for one that can't be read.
 */
void unit_read(struct unit *unit);

/* The first setting of NAME in SECTION behind AFTER (NULL: the first of all); NULL when there is no more. */
const struct setting *unit_next(const struct unit *unit, const char *section, const char *name,
				const struct setting *after);

/* The last value of NAME in [Service]; "" if there is none. */
const char *unit_last(const struct unit *unit, const char *name);

/* Whether VALUE is one of systemd's words for no, or empty; what is neither yes nor no is not. */
bool unit_no(const char *value);

#endif

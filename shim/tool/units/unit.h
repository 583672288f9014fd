/* What a service's file and its drop-ins set in [Service] (systemd.syntax(7)), as they lie there: what the
 * service manager has loaded may be older, and holds what our own drop-in sets. Memory: keep.h. */
#ifndef DUALSTACK_UNIT_H
#define DUALSTACK_UNIT_H

#include "tool/units/unit_files.h"

#include <stdbool.h>
#include <stddef.h>

struct setting {
	const char *name, *value; /* without blanks around; an empty value resets a list */
	const char *file;         /* behind the root */
	bool later;               /* of a drop-in that is read after UNIT_DROPIN */
	struct setting *next;
};

struct unit {
	struct unit_place place;
	struct unit_files files;
	struct setting *settings, **end;
};

/* Adds to UNIT what the SIZE bytes of TEXT, followed by a 0, set, as from FILE. Lines that systemd ignores
 * with a warning are left out. */
void unit_parse(struct unit *unit, const char *text, size_t size, const char *file, bool later);

/* Reads the files that UNIT->files names. Fails with tool_fail() if one can't be read. */
void unit_read(struct unit *unit);

/* The setting of NAME after AFTER (NULL: the first); NULL if there is none. */
const struct setting *unit_next(const struct unit *unit, const char *name, const struct setting *after);

/* The value that Environment= gives VARIABLE before UNIT_DROPIN is read, with its specifiers; NULL if none.
 */
const char *unit_variable(const struct unit *unit, const char *variable);

/* The setting of Environment= that is read after UNIT_DROPIN and undoes what that sets for VARIABLE; NULL if
 * none. */
const struct setting *unit_variable_lost(const struct unit *unit, const char *variable);

/* Do the lists of NAME, which permit words or (with ~) forbid them, permit WORD in the end? OURS is what
 * UNIT_DROPIN sets NAME to; NULL for nothing. */
bool unit_permits(const struct unit *unit, const char *name, const char *word, const char *ours);

#endif

/* The settings in [Service] of a service's file and its drop-ins, read from the files: the service manager
 * may have loaded older ones, and includes our own drop-in. The reader is simple: quotes only keep blanks in
 * a word, and specifiers and escapes stay as written. Memory: keep.h. */
#ifndef DUALSTACK_UNIT_H
#define DUALSTACK_UNIT_H

#include "tool/units/unit_files.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The first line of our drop-in, by which it is known as our own. */
#define DROPIN_HEADER "# Written by dualstack-run --enable; removed by dualstack-run --disable.\n"

struct setting {
	const char *value; /* without blanks around; an empty value resets a list */
	const char *file;
	bool later; /* of a drop-in that is read after UNIT_DROPIN */
};

struct settings_of {
	struct setting *at;
	size_t count;
};

struct unit {
	struct unit_files files;
	struct settings_of environment, families; /* Environment=, RestrictAddressFamilies= */
	struct texts settings;                    /* variables that our drop-in sets: "DUALSTACK_TEXT=ipv6" */
};

/* Adds to UNIT what the lines of STREAM set, as from FILE. Lines that systemd ignores with a warning are left
 * out. Fails with tool_fail() if LD_PRELOAD is set in a line with a backslash, which it does not understand.
 */
void unit_parse(struct unit *unit, FILE *stream, const char *file, bool later);

/* Reads the files that UNIT->files names. Fails with tool_fail() if one can't be read. */
void unit_read(struct unit *unit);

/* The setting of LD_PRELOAD, or of an empty Environment=, that is read after UNIT_DROPIN and undoes it; NULL
 * if none. */
const struct setting *unit_preload_lost(const struct unit *unit);

/* Do the lists of RestrictAddressFamilies=, which permit words or (with ~) forbid them, permit FAMILY in the
 * end? OURS is what UNIT_DROPIN sets; NULL for nothing. */
bool unit_permits(const struct unit *unit, const char *family, const char *ours);

/* The value of RestrictAddressFamilies= in our drop-in. NULL if it does not set it: there is no need, AF_INET
 * is forbidden, too, or a later drop-in would undo it. */
const char *dropin_families(const struct unit *unit);

/* The text of our drop-in: LIBRARY (library.h) in front of the LD_PRELOAD that the unit has, the settings,
 * and AF_INET6 if the unit restricts address families and has AF_INET. */
char *dropin_text(const struct unit *unit, const char *library);

/* Prints the settings that keep the library from working for UNIT, one line on standard error each:
 * "dualstack-run: UNIT: SETTING=VALUE: what it means, what to do". UNIT belongs to the system in ROOT ("":
 * this one), or with USER to the calling user. Most settings come from the service manager; if that does not
 * answer, one line says so. LIBRARY is the library's file there. */
void warnings_print(const struct unit *unit, const char *root, bool user, const char *library);

#endif

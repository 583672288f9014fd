/* What settings that are given several times come to, systemd.exec(5). */
#ifndef DUALSTACK_UNIT_VALUES_H
#define DUALSTACK_UNIT_VALUES_H

#include "tool/units/unit.h"

#include <stdbool.h>

/* The value that Environment= has given VARIABLE when UNIT_DROPIN is read, with specifiers as they stand;
 * NULL if none. */
const char *unit_variable(const struct unit *unit, const char *variable);

/* The setting of Environment= that is read after UNIT_DROPIN and takes away what that sets; NULL if none. */
const struct setting *unit_variable_lost(const struct unit *unit, const char *variable);

/* Whether the lists of NAME, which permit or (with ~) forbid, permit in the end what has NAMES: its own, and
 * those of the groups that it is in, up to a NULL. OURS is what UNIT_DROPIN sets NAME to, NULL for nothing.
 */
bool unit_permits(const struct unit *unit, const char *name, const char *const *names, const char *ours);

/* The words of all that NAME holds in the end, an empty value resetting it. */
struct texts unit_words(const struct unit *unit, const char *name);

/* As unit_words(), but each value is one text: paths, which are not quoted. */
struct texts unit_lines(const struct unit *unit, const char *section, const char *name);

#endif

/* Names of systemd's units, systemd.unit(5). Pure. */
#ifndef DUALSTACK_UNIT_NAME_H
#define DUALSTACK_UNIT_NAME_H

#include <stdbool.h>

/* The service that ARGUMENT, as an administrator types it, names: itself, or with ".service" added where it
 * ends in no unit type. Fails with tool_fail() for what is no unit's name (only letters, digits and :-_.\@,
 * 255 bytes; so no path) and for units of another type. */
const char *unit_name(const char *argument);

/* Whether NAME is the full name of a service. */
bool unit_name_valid(const char *name);

/* "a@.service" for "a@b.service"; NULL where NAME is no instance. */
const char *unit_name_template(const char *name);

/* "c@b.service" for the instance "a@b.service" and the template "c@.service"; else OTHER itself. */
const char *unit_name_instance(const char *name, const char *other);

/* "a-b-.service" for "a-b-c.service", "a-.service" for that; NULL for "a.service". */
const char *unit_name_shorter(const char *name);

#endif

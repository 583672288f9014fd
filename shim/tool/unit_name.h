/* Names of systemd's units (systemd.unit(5)). Memory: keep.h. */
#ifndef DUALSTACK_UNIT_NAME_H
#define DUALSTACK_UNIT_NAME_H

#include <stdbool.h>

/* The full name of the unit that ARGUMENT, as an administrator types it, names: with ".service" added if it
 * ends in no unit type. NULL if it can't name a unit, or if systemctl(1) would take it for an option: a name
 * has letters, digits and :-_.\@ only, and at most 255 bytes. */
const char *unit_name(const char *argument);

/* The type of the unit NAME, with its dot; NULL if it has none. */
const char *unit_name_type(const char *name);

/* Is NAME the full name of a service? */
bool unit_name_is_service(const char *name);

/* "a@.service" for "a@b.service"; NULL if NAME is no instance. */
const char *unit_name_template(const char *name);

/* "c@b.service" for the instance "a@b.service" and the template "c@.service"; else OTHER itself. */
const char *unit_name_instance(const char *name, const char *other);

/* "a-b-.service" for "a-b-c.service", "a-.service" for that; NULL for "a.service". */
const char *unit_name_shorter(const char *name);

#endif

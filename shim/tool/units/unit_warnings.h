/* What in a unit keeps the library from doing anything for the service. One line on standard error each,
 * "dualstack-run: UNIT: SETTING=VALUE: what it means, what to do". */
#ifndef DUALSTACK_UNIT_WARNINGS_H
#define DUALSTACK_UNIT_WARNINGS_H

#include "tool/units/unit.h"

/* All of them. LIBRARY is the file on the system that the unit belongs to. */
void unit_warnings(const struct unit *unit, const char *library);

/* The parts beside the settings of the unit itself: whether the service finds and may read the library, */
void unit_library_warnings(const struct unit *unit, const char *library);
/* listeners that systemd binds, */
void unit_socket_warnings(const struct unit *unit);
/* and what ExecStart= runs. */
void unit_program_warnings(const struct unit *unit);

/* Prints the line for NAME=VALUE; a long VALUE is cut. */
__attribute__((format(printf, 4, 5))) void unit_warn(const struct unit *unit, const char *name,
						     const char *value, const char *format, ...);

#endif

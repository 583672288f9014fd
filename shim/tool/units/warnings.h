/* What keeps the library from doing anything for a service. One line on standard error each:
 * "dualstack-run: UNIT: SETTING=VALUE: what it means, what to do". */
#ifndef DUALSTACK_WARNINGS_H
#define DUALSTACK_WARNINGS_H

#include "tool/units/unit.h"

/* Prints them for UNIT of the system in ROOT ("": this one), or with USER of the calling user. Most are asked
 * of the service manager; if that can't be asked, one line says so. LIBRARY is the library's file there. */
void warnings_print(const struct unit *unit, const char *root, bool user, const char *library);

#endif

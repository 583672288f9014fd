/* The drop-in that puts a service under the library. Memory: keep.h. */
#ifndef DUALSTACK_DROPIN_H
#define DUALSTACK_DROPIN_H

#include "tool/units/unit.h"

/* Its first line, by which it is known as our own. */
#define DROPIN_HEADER "# Written by dualstack-run --enable; removed by dualstack-run --disable.\n"

/* Its text: LIBRARY (library.h) in front of the LD_PRELOAD that the unit has, and AF_INET6 if the unit
 * restricts address families and has AF_INET. */
char *dropin_text(const struct unit *unit, const char *library);

/* What the text sets RestrictAddressFamilies= to. NULL if it does not: there is no need, AF_INET is
 * forbidden, too, or a drop-in that is read later would undo it. */
const char *dropin_families(const struct unit *unit);

#endif

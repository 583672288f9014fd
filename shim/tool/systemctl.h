/* Asks the service manager about a unit, with systemctl(1). Memory: keep.h. */
#ifndef DUALSTACK_SYSTEMCTL_H
#define DUALSTACK_SYSTEMCTL_H

#include "tool/keep.h"

#include <stdbool.h>

/* Asks for PROPERTIES, separated by commas, of UNIT; with USER, of the caller's own service manager. ANSWER
 * gets a text "NAME=VALUE" for each; some lists have several. The manager answers as it has loaded the unit,
 * with drop-ins and specifiers, which may be older than the files. Returns 0, or
 *   -ENOSYS  there is no systemctl
 *   -EIO     systemctl fails or does not answer: another init runs here, or there is none */
int systemctl_show(const char *unit, const char *properties, bool user, struct texts *answer);

/* The value of TEXT, one of an answer, if it is of the property NAME; else NULL. */
const char *systemctl_value(const char *text, const char *name);

/* The first value of the property NAME; "" if the answer has none. */
const char *systemctl_first(const struct texts *answer, const char *name);

#endif

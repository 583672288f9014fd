/* Reads the settings: from a file or DUALSTACK_SETTINGS, and from the other DUALSTACK_* variables. Only while
 * the library is being loaded, and in the tool; leaves errno alone. */
#ifndef DUALSTACK_LOADER_H
#define DUALSTACK_LOADER_H

#include <stdbool.h>

#include "config/rules.h"
#include "config/settings.h"

/* The file, if none is named. */
#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif
#define LOADER_FILE SYSCONFDIR "/dualstack.conf"

/* The longest configuration, in bytes. */
#define LOADER_MOST 65536

struct loader_error {
	const char *place;     /* a file or a variable */
	struct rules_error at; /* LINE is 0 if the error is in no line */
};

/* Adds a configuration to S, the first of these that there is:
 *   FILE
 *   DUALSTACK_SETTINGS, in which a launcher or parent process hands on the whole configuration
 *   the file that DUALSTACK_CONFIG names
 *   LOADER_FILE, which need not exist
 * "none" is no file. A file is refused unless root or the user owns it and nobody else can write it. Returns
 * 0, or a negative errno with ERROR filled. */
int loader_configuration(struct settings *s, const char *file, struct loader_error *error);

/* Adds to S what the variables DUALSTACK_DISABLE, _DELAY, _POOL, _PEER, _LOOPBACK, _PREFER, _SYNTHETIC,
 * _NAT64, _TEXT and _LOG say. Skips bad values; then it returns -EINVAL, with ERROR about the first of them.
 */
int loader_variables(struct settings *s, struct loader_error *error);

#endif

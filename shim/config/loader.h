/* Where settings come from: a file, or what the launcher made of one, and DUALSTACK_* variables. To be used
 * while the library is being loaded, and by the tool; errno left alone. */
#ifndef DUALSTACK_LOADER_H
#define DUALSTACK_LOADER_H

#include <stdbool.h>

#include "config/rules.h"
#include "config/settings.h"

/* What the file has if nobody names another. */
#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif
#define LOADER_FILE SYSCONFDIR "/dualstack.conf"

/* The longest configuration, in bytes. */
#define LOADER_MOST 65536

struct loader_error {
	const char *place;     /* a file or a variable */
	struct rules_error at; /* LINE is 0 where the whole is meant */
};

/* Adds to S the configuration: that of DUALSTACK_SETTINGS, which a launcher or parent process hands on as a
 * whole, where it is set; else that of FILE, or if that is NULL of the one that DUALSTACK_CONFIG names, or if
 * that is not set either of LOADER_FILE, which need not be there. "none" is no file. A file that others than
 * root and the user can write is not read. Returns 0, or a negative errno with ERROR filled. */
int loader_configuration(struct settings *s, const char *file, struct loader_error *error);

/* Adds to S what the variables DUALSTACK_DISABLE, _DELAY, _POOL, _PEER, _NAT64, _TEXT and _LOG say. One that
 * is not understood is passed over; then it returns -EINVAL, with ERROR saying which was the first. */
int loader_variables(struct settings *s, struct loader_error *error);

#endif

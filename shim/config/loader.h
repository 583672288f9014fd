/* Reads the settings: from a file or DUALSTACK_SETTINGS, and from the other DUALSTACK_* variables. Only while
 * the library is being loaded, and in the tool; leaves errno alone. */
#ifndef DUALSTACK_LOADER_H
#define DUALSTACK_LOADER_H

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
	int error;             /* errno if the file can't be read, else 0 */
	struct rules_error at; /* LINE is 0 if the error is in no line */
};

/* Adds a configuration to S, the first of these that there is:
 *   FILE
 *   DUALSTACK_SETTINGS, in which a launcher or parent process hands on the whole configuration
 *   the file that DUALSTACK_CONFIG names
 *   LOADER_FILE, which need not exist
 * "none" is no file. A file is refused unless root or the user owns it and nobody else can write it. The
 * rules of DUALSTACK_RULES, one to a line, come before those of a file. Returns 0, or a negative errno with
 * ERROR filled. */
int loader_configuration(struct settings *s, const char *file, struct loader_error *error);

/* The file or variable that it has read, and its text, for the launcher; "" if there was none. */
extern struct loader_source {
	const char *place, *text;
} loader_source;

/* Adds to S what the variables say: DUALSTACK_DISABLE, and one for each setting. Skips bad values; then it
 * returns -EINVAL, with ERROR about the first of them. */
int loader_variables(struct settings *s, struct loader_error *error);

/* The variable of SETTING: "DUALSTACK_DELAY" for "delay". The next call overwrites it. */
const char *loader_variable(const char *setting);

#endif

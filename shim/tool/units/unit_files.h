/* The paths of a service's unit file and its drop-ins (systemd.unit(5)). The file system is searched: systemd
 * reads it when our drop-in takes effect, and no service manager knows about another root (systemctl(1) has
 * no --root for "cat" and "show"). Memory: keep.h. */
#ifndef DUALSTACK_UNIT_FILES_H
#define DUALSTACK_UNIT_FILES_H

#include "tool/keep.h"

#include <stdbool.h>

/* The name of our drop-in. Of several files of one name, systemd reads the one in the first directory. */
#define UNIT_DROPIN "50-dualstack.conf"

enum unit_found { UNIT_MISSING, UNIT_FOUND, UNIT_MASKED };

struct unit_files {
	const char *name;     /* the service's own if an alias was asked for */
	const char *file;     /* that of the template for an instance; of a masked one, what masks it */
	struct texts dropins; /* in the order in which they are read, without those called UNIT_DROPIN */
};

/* The directories of unit files in order of precedence: of the system, or with USER of the calling user.
 * Fails with tool_fail() if those can't be told. */
struct texts unit_directories(bool user);

/* The directory for an administrator's drop-ins (RUNTIME: until the next boot). Fails with tool_fail() if the
 * environment does not tell a user's. */
const char *unit_directory(bool user, bool runtime);

/* Finds the service called NAME in DIRECTORIES. If it is UNIT_MISSING, FILES has only that name. */
enum unit_found unit_find(const struct texts *directories, const char *name, struct unit_files *files);

#endif

/* Where systemd's services and their drop-ins lie, systemd.unit(5): found in the file system, without asking
 * a systemd, so that it works for one that does not run. Paths begin behind the root; memory: keep.h. */
#ifndef DUALSTACK_UNIT_FILES_H
#define DUALSTACK_UNIT_FILES_H

#include "tool/keep.h"

#include <stdbool.h>

/* Our own drop-in's name: of several with this name, systemd reads the one in the first directory. */
#define UNIT_DROPIN "50-dualstack.conf"

struct unit_place {
	const char *root; /* of the system: "" for this one, no slash at the end (rooted.h) */
	bool user;        /* of the service manager of the user who runs this, not of the system's */
};

enum unit_found { UNIT_MISSING, UNIT_FOUND, UNIT_MASKED };

struct unit_files {
	const char *name;     /* the service's own where an alias was asked for */
	const char *file;     /* that of the template for an instance; of a masked one, what masks it */
	struct texts aliases; /* its other names */
	struct texts dropins; /* in the order in which they are read, without those called UNIT_DROPIN */
};

/* The directories in order of precedence, up to a NULL. Fails with tool_fail() where a user's home is not
 * known. */
const char **unit_directories(const struct unit_place *place);

/* Where drop-ins of an administrator (RUNTIME: until the next boot) go. Fails as unit_directories(). */
const char *unit_directory(const struct unit_place *place, bool runtime);

/* Finds the service called NAME. FILES is filled in but for its drop-ins; MISSING leaves only its name. */
enum unit_found unit_find(const struct unit_place *place, const char *name, struct unit_files *files);

/* Finds the drop-ins of the unit in FILES, whose name has its type. */
void unit_find_dropins(const struct unit_place *place, struct unit_files *files);

/* Whether the unit NAME, a socket, is started at boot: something wants or requires it by a link. */
bool unit_wanted(const struct unit_place *place, const char *name);

/* The file of the unit NAME of any type, as it is called; NULL if there is none. */
const char *unit_file_of(const struct unit_place *place, const char *name);

#endif

/* Finding processes: one and all that came from it, or those of a unit of systemd; the caller is never among
 * them. */
#ifndef DUALSTACK_PROCESSES_H
#define DUALSTACK_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct process {
	pid_t pid;
	char name[64]; /* its comm (proc_pid_comm(5)), with "?" for what is not printable */
};

struct processes {
	struct process *list; /* by number, but the one that was asked for first; of malloc() */
	size_t count;
};

/* PID, its children, theirs, and so on. Children of one that has ended belong to init by then, and are not
 * found. Returns 0, or -ESRCH when PID is no process, or one that has ended and is not waited for yet. */
int processes_tree(pid_t pid, struct processes *found);

/* Whether NAME can be that of a unit (systemd.unit(5), "Description"): letters, digits, ":-_.\" and "@", at
 * most 255 bytes, with the ".service" that it lacks; and is none that systemctl(1) takes for an option. */
bool processes_unit_valid(const char *name);

/* The processes in the control group of the unit NAME, whoever started them. A name that does not end in a
 * type of unit is one of a service, as for systemctl(1). Returns 0, or
 *   -ENOENT   there is no such unit
 *   -ESRCH    it has no processes
 *   -ENOSYS   there is no systemctl
 *   -EIO      systemctl has failed: systemd is not what runs here, or does not answer */
int processes_unit(const char *name, struct processes *found);

/* Whether the library is in the memory of PID: 1 or 0, or a negative errno; -EACCES or -EPERM where the
 * caller may not know, -ESRCH when it is gone. */
int processes_has_library(pid_t pid);

#endif

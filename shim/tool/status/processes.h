/* Finding processes: one and all that came from it, or those of a unit of systemd. The caller is never among
 * them. */
#ifndef DUALSTACK_PROCESSES_H
#define DUALSTACK_PROCESSES_H

#include <stddef.h>
#include <sys/types.h>

struct process {
	pid_t pid;
	char name[64]; /* its comm (proc_pid_comm(5)), with "?" for what is not printable */
};

struct processes {
	struct process *list; /* by number, but the one that was asked for first (keep.h) */
	size_t count;
};

/* PID, its children, theirs, and so on. Children of one that has ended belong to init by then, and are not
 * found. Returns 0, or -ESRCH when PID is no process, or one that has ended and is not waited for yet. */
int processes_tree(pid_t pid, struct processes *found);

/* The processes in the control group of UNIT (unit_name.h), whoever started them. Returns 0, or
 *   -ENOENT   there is no such unit
 *   -ESRCH    it has no processes
 *   -ENOSYS   there is no systemctl
 *   -EIO      systemctl fails: another init runs here, or it does not answer */
int processes_unit(const char *unit, struct processes *found);

/* Returns 1 if the library is in the memory of PID, 0 if not, or a negative errno: -EACCES or -EPERM if the
 * caller may not know, -ESRCH when it is gone. */
int processes_has_library(pid_t pid);

#endif

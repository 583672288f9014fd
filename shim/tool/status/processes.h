/* Finds processes: one with its descendants, or those of a unit of systemd. The caller is never among them.
 */
#ifndef DUALSTACK_PROCESSES_H
#define DUALSTACK_PROCESSES_H

#include <stddef.h>
#include <sys/types.h>

struct process {
	pid_t pid;
	char name[64]; /* its comm (proc_pid_comm(5)), with "?" for what is not printable */
};

struct processes {
	struct process *list; /* by number, after the one that was asked for (keep.h) */
	size_t count;
};

/* Finds PID, its children, their children, and so on. The children of one that has ended belong to init, and
 * are not found; nor are any with a kernel that lacks CONFIG_PROC_CHILDREN. Returns 0, or -ESRCH if PID is no
 * process, or a zombie. */
int processes_tree(pid_t pid, struct processes *found);

/* Finds the processes in the control group of UNIT (unit_name.h). Returns 0, -ENOENT if there is no such
 * unit, -ESRCH if it has no processes, or a result of systemctl_show(). */
int processes_unit(const char *unit, struct processes *found);

/* Returns 1 if the library is in the memory of PID, 0 if not, or a negative errno: -EACCES or -EPERM if the
 * caller may not know, -ESRCH when it is gone. */
int processes_has_library(pid_t pid);

#endif

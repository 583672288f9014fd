/* What the files behind processes.h share. */
#ifndef DUALSTACK_PROCESSES_INNER_H
#define DUALSTACK_PROCESSES_INNER_H

#include "tool/status/processes.h"

/* Puts PID at the end of the list, unless it is the caller. It may have ended meanwhile, and has no name
 * then. */
void processes_add(struct processes *found, pid_t pid);

/* By number, for qsort(3). */
int processes_compare(const void *a, const void *b);

#endif

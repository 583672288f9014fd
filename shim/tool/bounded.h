/* Work that may take for ever, done in a child with a bound on time and output. */
#ifndef DUALSTACK_BOUNDED_H
#define DUALSTACK_BOUNDED_H

#include <stddef.h>

enum { BOUNDED_SECONDS = 5, BOUNDED_OUTPUT = 1 << 23 /* bytes */ };

/* Forks, runs WORK(ARG) in the child, whose standard input and standard error are /dev/null, and puts what
 * it wrote to standard output into *OUTPUT, with a NUL behind it (keep.h). Returns the child's
 * exit status, which is what WORK returns if it does; or, with *OUTPUT being NULL, -ETIMEDOUT after
 * BOUNDED_SECONDS, -E2BIG after BOUNDED_OUTPUT, -EINTR where a signal ended it, or the negative errno of what
 * failed. The child is gone then. */
int bounded_run(int (*work)(void *arg), void *arg, char **output);

/* WORK that executes a program, with ARG its NULL-terminated argument vector: found in PATH or where
 * administrators' programs are, with messages in English. 127 where there is none. */
int bounded_execute(void *arg);

#endif

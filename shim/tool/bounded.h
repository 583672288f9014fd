/* Runs work that may never end in a child, with bounds on its time and output. */
#ifndef DUALSTACK_TOOL_BOUNDED_H
#define DUALSTACK_TOOL_BOUNDED_H

enum { BOUNDED_SECONDS = 5, BOUNDED_OUTPUT = 1 << 23 /* bytes */ };

/* Forks and runs WORK(ARG) in the child, with /dev/null as standard input and standard error. *OUTPUT is what
 * the child writes to standard output, with a NUL behind it (keep.h). Returns the child's exit status, which
 * is WORK's result. On failure, *OUTPUT is NULL, the child is gone, and the result is -ETIMEDOUT after
 * BOUNDED_SECONDS, -E2BIG after BOUNDED_OUTPUT, -EINTR if a signal ended the child, or another negative
 * errno. */
int bounded_run(int (*work)(void *arg), void *arg, char **output);

/* A WORK that executes a program; ARG is its NULL-terminated argument vector. The program is looked for in
 * PATH, and in /usr/sbin and /sbin behind it, and prints in English. Returns 127 if there is
 * none. */
int bounded_execute(void *arg);

#endif

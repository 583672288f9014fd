/* The first line of a script, as the kernel reads it (execve(2), fs/binfmt_script.c), and env(1)'s arguments
 * in it. */
#ifndef DUALSTACK_SCRIPT_H
#define DUALSTACK_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

enum { SCRIPT_LINE = 256 }; /* bytes of the file that the kernel looks at (BINPRM_BUF_SIZE) */

struct script {
	char interpreter[SCRIPT_LINE + 1];
	char name[SCRIPT_LINE + 1]; /* where that is env: the command that env looks for in PATH; else "" */
	bool cleaned;               /* env takes LD_PRELOAD out of the environment */
};

/* Takes the SIZE bytes that a file begins with, at most SCRIPT_LINE. Returns 0; -ENOEXEC where they are no
 * "#!" line with an interpreter, which is then for the shell; -EBADMSG where they are binary. */
int script_parse(const char *data, size_t size, struct script *s);

#endif

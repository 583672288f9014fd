/* Reads the first line of a script as the kernel does (execve(2), fs/binfmt_script.c), and env(1)'s arguments
 * in it. */
#ifndef DUALSTACK_SCRIPT_H
#define DUALSTACK_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

enum { SCRIPT_LINE = 256 }; /* bytes of the file that the kernel looks at (BINPRM_BUF_SIZE) */

struct script {
	char line[SCRIPT_LINE + 1]; /* the other members point into it */
	const char *interpreter;
	const char *name; /* the command that env looks for in PATH; NULL if INTERPRETER is not env */
	bool options;     /* env has options, or sets LD_PRELOAD: its effect is not known */
};

/* Reads the SIZE bytes of S->line, the first of a file. Returns 0; -ENOEXEC if they are no "#!" line with an
 * interpreter, so that the file is for the shell; -EBADMSG if they are binary. */
int script_parse(struct script *s, size_t size);

#endif

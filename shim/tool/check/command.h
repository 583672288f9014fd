/* Whether ld.so(8) will load the library into a command. */
#ifndef DUALSTACK_COMMAND_H
#define DUALSTACK_COMMAND_H

#include "tool/check/findings.h"

/* Looks NAME up as execvp(3) does, follows scripts to their interpreters, and adds: command; script, where it
 * is one; and of the program that is executed in the end word_size, static, libc (of a dynamic one), go,
 * set_id and capabilities. FINDING_FAIL: it can't be preloaded by this caller. Where the file is missing or
 * can't be read, what would follow is left out. Nothing is executed. */
void command_findings(struct findings *f, const char *name);

#endif

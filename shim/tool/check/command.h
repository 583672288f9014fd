/* Will ld.so(8) load the library into a command? */
#ifndef DUALSTACK_COMMAND_H
#define DUALSTACK_COMMAND_H

#include "tool/check/findings.h"

/* Looks NAME up as execvp(3) does, follows scripts to their interpreters, and adds findings: command; script,
 * if it is one; and word_size, static, libc (unless static), go, set_id and capabilities of the program that
 * is executed in the end. FINDING_FAIL means that this caller can't preload the library into it. If a file is
 * missing or can't be read, the rest is left out. Nothing is executed. */
void command_findings(struct findings *f, const char *name);

#endif

/* What stands against preloading one program: its file, and who calls it. */
#ifndef DUALSTACK_PROGRAM_H
#define DUALSTACK_PROGRAM_H

#include "tool/check/findings.h"
#include "tool/elf.h"

/* Adds word_size, static, libc, go, set_id and capabilities for the program whose file, open as FD, says E.
 */
void program_findings(struct findings *f, int fd, const struct elf *e);

#endif

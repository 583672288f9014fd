/* What in a program's file, and in its caller, keeps the library from being preloaded. */
#ifndef DUALSTACK_PROGRAM_H
#define DUALSTACK_PROGRAM_H

#include "tool/check/findings.h"
#include "tool/elf.h"

/* Adds word_size, static, libc, go, set_id and capabilities for the program in FD, of which E was read. */
void program_findings(struct findings *f, int fd, const struct elf *e);

#endif

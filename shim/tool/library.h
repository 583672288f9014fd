/* Where the library is, of which this tool is a part. */
#ifndef DUALSTACK_LIBRARY_H
#define DUALSTACK_LIBRARY_H

#include <stdbool.h>

#include "tool/elf.h"

/* What LD_PRELOAD has to hold, an absolute path as ld.so(8) reads it, with $LIB where it was installed so.
 * Fails with tool_fail() where LD_PRELOAD can't name it: ld.so splits it at spaces and colons. */
const char *library_path(void);

/* The file itself, of this tool's word size, for looking whether it is there and who may read it. */
const char *library_file(void);

/* Whether one is installed that PROGRAM, of another word size than this tool, will be given for $LIB. */
bool library_for(const struct elf *program);

#endif

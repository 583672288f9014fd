/* Where the library is that was built with this tool. Memory: keep.h. */
#ifndef DUALSTACK_LIBRARY_H
#define DUALSTACK_LIBRARY_H

#include <stdbool.h>

#include "tool/elf.h"

/* Returns the value for LD_PRELOAD: an absolute path as ld.so(8) reads it, with $LIB if it was installed so.
 * Fails with tool_fail() if the path has a space or a colon, at which ld.so splits LD_PRELOAD. */
const char *library_path(void);

/* Returns the library's file for this tool's word size, to see if it is there and who may read it. */
const char *library_file(void);

/* Is a library installed for PROGRAM, of another word size than this tool, so that $LIB leads to it? */
bool library_for(const struct elf *program);

#endif

/* Where the library is that was built with this tool: dualstack-run says it. Memory: keep.h. */
#ifndef DUALSTACK_TOOL_LIBRARY_H
#define DUALSTACK_TOOL_LIBRARY_H

#include <stdbool.h>

#include "tool/elf.h"

/* Returns the value for LD_PRELOAD: an absolute path as ld.so(8) reads it, with $LIB if it was installed so.
 */
const char *library_path(void);

/* Returns the library's file for this tool's word size, which can be read. */
const char *library_file(void);

/* Is a library installed for PROGRAM, of another word size than this tool, so that $LIB leads to it? */
bool library_for(const struct elf *program);

#endif

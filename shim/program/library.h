/* The paths of this launcher's library and tool. The launcher finds them and hands them on to the tool in
 * variables. Memory: keep.h. */
#ifndef DUALSTACK_TOOL_LIBRARY_H
#define DUALSTACK_TOOL_LIBRARY_H

#include <stdbool.h>

#include "program/elf.h"

/* Returns the value for LD_PRELOAD: an absolute path as ld.so(8) reads it, with $LIB if it was installed so.
 */
const char *library_path(void);

/* Returns the library's file for this tool's word size, which can be read. */
const char *library_file(void);

/* Returns the tool's file. */
const char *library_tool(void);

/* Sets the three, for this process. */
void library_set(const char *file, const char *path, const char *tool);

/* Puts them into the environment, for the tool. */
void library_hand_on(void);

/* Is a library installed for PROGRAM, of another word size than this tool, so that $LIB leads to it? */
bool library_for(const struct elf *program);

#endif

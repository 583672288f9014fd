/* Where the library is, of which this tool is a part. */
#ifndef DUALSTACK_LIBRARY_H
#define DUALSTACK_LIBRARY_H

/* What LD_PRELOAD has to hold, an absolute path as ld.so(8) reads it. Fails with tool_fail() where
 * LD_PRELOAD can't name it: ld.so splits it at spaces and colons. */
const char *library_path(void);

/* The file itself, for looking whether it is there and who may read it. */
const char *library_file(void);

#endif

/* The sockets that a program inherits over exec. */
#ifndef DUALSTACK_INHERITED_H
#define DUALSTACK_INHERITED_H

#include <stdbool.h>

/* Whether the program inherits a marked socket. CLOEXEC_TOO counts descriptors with FD_CLOEXEC as well.
 * Async-signal-safe, also after vfork(). Leaves errno alone. */
bool inherited_marked(bool cloexec_too);

#endif

/* What a program that is about to be executed inherits. */
#ifndef DUALSTACK_INHERITED_H
#define DUALSTACK_INHERITED_H

#include <stdbool.h>

/* Whether it inherits a marked socket; CLOEXEC_TOO counts descriptors that have FD_CLOEXEC.
 * Async-signal-safe, also after vfork(); errno left alone. */
bool inherited_marked(bool cloexec_too);

#endif

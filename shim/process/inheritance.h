/* Who gets a widened socket gets the shim: a program without it would see raw IPv6 addresses. Daemons
 * clean the environment before they execute their workers, so the variables of the shim are put back
 * into it, if and only if the program about to run inherits a marked descriptor. */
#ifndef DUALSTACK_INHERITANCE_H
#define DUALSTACK_INHERITANCE_H

#include <stdbool.h>
#include <stddef.h>

/* What an environment for the heir takes: SLOTS pointers and SIZE bytes, for the caller to have on its
 * stack, since none of this may allocate. */
struct inheritance {
	size_t slots, size;
};

/* Whether ENVP (may be NULL) must be completed before it is given to a program; then *NEED is filled.
 * INHERITS says whether that inherits a marked descriptor (socket/inherited.h).
 * CLOEXEC_TOO counts descriptors that have FD_CLOEXEC as inherited: posix_spawn()'s file actions may
 * hand them on, and can't be read. Async-signal-safe, also after vfork(); errno left alone. */
bool inheritance_needs(char *const envp[], bool (*inherits)(bool cloexec_too), bool cloexec_too,
		       struct inheritance *need);

/* Makes the completed environment from ENVP: SLOTS[need.slots], with LD_PRELOAD's text in
 * TEXT[need.size]. The shim stands in front of any LD_PRELOAD there is. Async-signal-safe. */
void inheritance_environment(char *const envp[], char **slots, char *text);

#endif

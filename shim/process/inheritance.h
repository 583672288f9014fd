/* A program that inherits a widened socket gets the library, or it would see raw IPv6 addresses. Daemons
 * clean the environment before they execute their workers, so the library's variables are put back into it,
 * if and only if the program inherits a marked descriptor. */
#ifndef DUALSTACK_INHERITANCE_H
#define DUALSTACK_INHERITANCE_H

#include <stdbool.h>
#include <stddef.h>

/* The size of a completed environment: SLOTS pointers and SIZE bytes. The caller has it on its stack, as
 * nothing here may allocate. */
struct inheritance {
	size_t slots, size;
};

/* Whether ENVP (may be NULL) must be completed for a program; then *NEED is filled. INHERITS says whether the
 * program inherits a marked descriptor (socket/descriptors.h). CLOEXEC_TOO counts descriptors that have
 * FD_CLOEXEC as inherited: posix_spawn()'s file actions may hand them on, and can't be read.
 * Async-signal-safe, also after vfork(); leaves errno alone. */
bool inheritance_needs(char *const envp[], bool (*inherits)(bool cloexec_too), bool cloexec_too,
		       struct inheritance *need);

/* Completes ENVP in SLOTS[need.slots], with LD_PRELOAD's text in TEXT[need.size]. The library comes before
 * any other in LD_PRELOAD. Async-signal-safe. */
void inheritance_environment(char *const envp[], char **slots, char *text);

#endif

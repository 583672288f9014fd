#define _GNU_SOURCE
#include "base/real.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/sockaddr.h"

struct real real;

/* The offset of each function's pointer in the table. */
static const struct entry {
	const char *name;
	size_t offset;
	int required;
} entries[] = {
#define HOOK(type, name, params) {#name, offsetof(struct real, name), 1},
#define OPTIONAL(type, name, params) {#name, offsetof(struct real, name), 0},
#define EXPORTED(type, name, params)
#include "hooks/hooks.def"
};

int real_load(void)
{
	int result = 0;

	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
		void *found = dlsym(RTLD_NEXT, entries[i].name);

		if (!found && entries[i].required)
			result = -ENOSYS;
		/* POSIX (dlsym, "rationale") lets an object pointer hold a function's address; C does
		 * not let it be assigned to a function pointer. */
		memcpy((char *)&real + entries[i].offset, &found, sizeof found);
	}
	sockaddr_parse = real.inet_pton;
	return result;
}

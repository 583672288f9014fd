#define _GNU_SOURCE
#include "process/inheritance.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "config/config.h"
#include "process/library.h"

#define PRELOAD "LD_PRELOAD="
#define LIBRARY "libdualstack.so"

/* The most bytes used of a stack, which may be a signal handler's or a thread's. */
#define MOST_BYTES (256u * 1024)

/* The value of VARIABLE ("NAME=", or "NAME=" and any value) in ENVP, or NULL. */
static inline const char *value_of(char *const envp[], const char *variable)
{
	for (size_t size = strcspn(variable, "=") + 1; envp && *envp; envp++)
		if (strncmp(*envp, variable, size) == 0)
			return *envp + size;
	return NULL;
}

/* Whether VALUE, a list separated by colons or spaces (ld.so(8)), names this library. */
static bool names_library(const char *value)
{
	while (value && *value) {
		size_t size = strcspn(value, ": ");

		if (size >= strlen(LIBRARY) &&
		    memcmp(value + size - strlen(LIBRARY), LIBRARY, strlen(LIBRARY)) == 0 &&
		    (size == strlen(LIBRARY) || value[size - strlen(LIBRARY) - 1] == '/'))
			return true;
		value += size;
		value += strspn(value, ": ");
	}
	return false;
}

/* Whether a program with ENVP runs under this library. Of several LD_PRELOAD, glibc's loader takes the last
 * and musl's the first. */
static bool preloads(char *const envp[])
{
	bool found = false;

	for (; envp && *envp; envp++) {
		if (strncmp(*envp, PRELOAD, strlen(PRELOAD)) != 0)
			continue;
		if (!names_library(*envp + strlen(PRELOAD)))
			return false;
		found = true;
	}
	return found;
}

bool inheritance_needs(char *const envp[], bool (*inherits)(bool), bool cloexec_too, struct inheritance *need)
{
	int saved = errno;
	bool result;

	if (!config.active || !library.entry[0] || (envp && !memory_readable_list(envp)))
		return false;
	if (preloads(envp)) {
		/* It will run under the library anyway, but may lack the configuration, or the key, without
		 * which it shows the same peer as another address. */
		result = !value_of(envp, config.variables[CONFIG_KEY]) ||
			 !value_of(envp, config.variables[CONFIG_SETTINGS]);
	} else {
		result = inherits(cloexec_too);
		/* If ld.so can't open the library, it complains on standard error and goes on. */
		if (result && access(library.file, R_OK) != 0) {
			log_line(LOG_LEVEL_ERROR,
				 "%s: can't be read; a program inherits a socket without the library",
				 library.file);
			result = false;
		}
	}
	if (result) {
		const char *preload = value_of(envp, PRELOAD);

		need->slots = CONFIG_VARIABLES + 2;
		for (char *const *at = envp; at && *at; at++)
			need->slots++;
		need->size = sizeof PRELOAD + strlen(library.entry) + 1 + (preload ? strlen(preload) : 0);
		result = need->slots * sizeof(char *) + need->size <= MOST_BYTES;
	}
	errno = saved;
	return result;
}

void inheritance_environment(char *const envp[], char **slots, char *text)
{
	const char *preload = value_of(envp, PRELOAD);
	const bool preloaded = preloads(envp);

	for (int i = 0; i < CONFIG_VARIABLES; i++)
		if (!value_of(envp, config.variables[i]))
			*slots++ = (char *)config.variables[i];
	if (!preloaded) {
		char *end = stpcpy(stpcpy(text, PRELOAD), library.entry);

		if (preload && *preload)
			stpcpy(stpcpy(end, ":"), preload);
		*slots++ = text;
	}
	for (; envp && *envp; envp++)
		if (preloaded || strncmp(*envp, PRELOAD, strlen(PRELOAD)) != 0)
			*slots++ = *envp;
	*slots = NULL;
}

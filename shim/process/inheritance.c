#define _GNU_SOURCE
#include "process/inheritance.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "config/config.h"
#include "socket/descriptors.h"
#include "socket/mark.h"

#define PRELOAD "LD_PRELOAD="
#define LIBRARY "libdualstack.so"

/* More than this on the stack of a signal handler or a thread is not ours to take. */
#define MOST_BYTES (256u * 1024)

/* The value of the variable whose "NAME=" is PREFIX, or NULL. */
static const char *value_of(char *const envp[], const char *prefix)
{
	for (size_t size = strlen(prefix); envp && *envp; envp++)
		if (strncmp(*envp, prefix, size) == 0)
			return *envp + size;
	return NULL;
}

/* Whether LD_PRELOAD's VALUE, separated by colons or spaces (ld.so(8)), names this library. */
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

/* Whether ld.so(8) makes FILE from the SIZE bytes at ENTRY: what stands around $LIB stands around its value.
 */
static bool expands_to(const char *entry, size_t size, const char *file)
{
	const char *token = memchr(entry, '$', size);
	size_t before, behind, name;

	if (*entry != '/' || !token)
		return false;
	before = (size_t)(token - entry);
	if (size - before >= 6 && memcmp(token, "${LIB}", 6) == 0)
		name = 6;
	else if (size - before >= 5 && memcmp(token, "$LIB/", 5) == 0)
		name = 4;
	else
		return false;
	behind = size - before - name;
	return strlen(file) > before + behind && memcmp(file, entry, before) == 0 &&
	       memcmp(file + strlen(file) - behind, token + name, behind) == 0;
}

bool inheritance_entry(const char *preload, const char *file, char *entry)
{
	if (!preload || !strchr(preload, '$'))
		return false;
	for (size_t size; *preload; preload += size, preload += strspn(preload, ": ")) {
		size = strcspn(preload, ": ");
		if (size < PATH_MAX && expands_to(preload, size, file)) {
			memcpy(entry, preload, size);
			entry[size] = '\0';
			return true;
		}
	}
	return false;
}

/* Whether VARIABLE ("NAME=value"), if there is one, is missing in ENVP. */
static bool missing(char *const envp[], const char *variable)
{
	size_t size = variable ? strcspn(variable, "=") + 1 : 0;

	if (!variable)
		return false;
	for (; envp && *envp; envp++)
		if (strncmp(*envp, variable, size) == 0)
			return false;
	return true;
}

static int inherited(int fd, void *arg)
{
	const bool *cloexec_too = arg;
	int flags = fcntl(fd, F_GETFD);

	/* What can't be asked counts as inherited, and as marked. */
	if (flags < 0 ? errno == EBADF : !*cloexec_too && flags & FD_CLOEXEC)
		return 0;
	return mark_test(fd) != MARK_NONE || mark_hidden(fd);
}

bool inheritance_needs(char *const envp[], bool cloexec_too, struct inheritance *need)
{
	const char *preload;
	bool preloaded, result;
	int saved = errno;
	size_t count = 0;

	if (!config.active || !config.library[0] || (envp && !memory_readable_list(envp)))
		return false;
	preload = value_of(envp, PRELOAD);
	preloaded = preloads(envp);
	if (preloaded) {
		/* It will run under the shim anyhow; all it may lack is the key, without which it
		 * would show the same peer as another address, and the configuration. */
		result = missing(envp, config.variables[CONFIG_KEY]) ||
			 missing(envp, config.variables[CONFIG_SETTINGS]);
	} else {
		result = descriptors_each(inherited, &cloexec_too) != 0;
		/* Where ld.so can't open the library, it complains on standard error and goes on. */
		if (result && access(config.library_file, R_OK) != 0) {
			log_line(LOG_LEVEL_ERROR, "%s: not readable for a program that inherits a socket",
				 config.library_file);
			result = false;
		}
	}
	while (envp && envp[count])
		count++;
	need->slots = count + CONFIG_VARIABLES + 2;
	need->size = sizeof PRELOAD + strlen(config.library) + 1 + (preload ? strlen(preload) : 0);
	if (need->slots * sizeof(char *) + need->size > MOST_BYTES)
		result = false;
	errno = saved;
	return result;
}

void inheritance_environment(char *const envp[], char **slots, char *text)
{
	const char *preload = value_of(envp, PRELOAD);
	const bool preloaded = preloads(envp);

	for (int i = 0; i < CONFIG_VARIABLES; i++)
		if (missing(envp, config.variables[i]))
			*slots++ = (char *)config.variables[i];
	if (!preloaded) {
		char *end = stpcpy(stpcpy(text, PRELOAD), config.library);

		if (preload && *preload)
			stpcpy(stpcpy(end, ":"), preload);
		*slots++ = text;
	}
	for (; envp && *envp; envp++)
		if (preloaded || strncmp(*envp, PRELOAD, strlen(PRELOAD)) != 0)
			*slots++ = *envp;
	*slots = NULL;
}

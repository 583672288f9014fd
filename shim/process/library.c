#define _GNU_SOURCE
#include "process/library.h"

#include <dlfcn.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/large.h"

struct library library = {"", ""};

/* Whether ld.so(8) expands ENTRY, of SIZE bytes, to FILE: both are the same before and behind $LIB. */
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

bool library_find_entry(const char *preload, const char *file, char *entry)
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

/* A relative path in LD_PRELOAD means another file, or none, after the daemon has changed directory. A path
 * with a colon or a space can't be named there: its parts would be taken for several files. */
void library_find(void)
{
	LARGE static char path[PATH_MAX], entry[PATH_MAX];
	Dl_info info;

	library.file = library.entry = "";
	if (!dladdr(&library, &info) || !info.dli_fname)
		return;
	/* An absolute path stays as given: it may be a link that selects a service's version. The loader
	 * keeps that text. */
	if (*info.dli_fname == '/')
		library.file = info.dli_fname;
	else if (realpath(info.dli_fname, path))
		library.file = path;
	if (strchr(library.file, ':') || strchr(library.file, ' '))
		library.file = "";
	library.entry = library.file;
	if (library_find_entry(secure_getenv("LD_PRELOAD"), library.file, entry))
		library.entry = entry;
}

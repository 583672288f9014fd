#include "tool/library.h"

#include "tool/keep.h"
#include "tool/tool.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		tool_fail("%s: not set by dualstack-run(1)", name);
	return value;
}

const char *library_file(void)
{
	return variable("DUALSTACK_TOOL_LIBRARY");
}

const char *library_path(void)
{
	return variable("DUALSTACK_TOOL_PRELOAD");
}

bool library_for(const struct elf *program)
{
	/* $LIB has one part or two: lib32, lib/i386-linux-gnu. */
	static const char *const patterns[] = {"*/libdualstack.so", "*/*/libdualstack.so"};
	const char *path = library_path(), *lib = strstr(path, "$LIB/");
	bool found = false;
	struct elf e;

	for (size_t i = 0; lib && i < 2; i++) {
		glob_t files;

		if (glob(keep_format("%.*s%s", (int)(lib - path), path, patterns[i]), 0, NULL, &files) != 0)
			continue;
		for (size_t n = 0; n < files.gl_pathc; n++)
			found |= elf_of(files.gl_pathv[n], &e) && e.bits == program->bits &&
				 e.machine == program->machine;
		globfree(&files);
	}
	return found;
}

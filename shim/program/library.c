#include "program/library.h"

#include "tool/keep.h"
#include "tool/tool.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_OF, PATH, TOOL, COUNT };

static const char *const variables[COUNT] = {"DUALSTACK_TOOL_LIBRARY", "DUALSTACK_TOOL_PRELOAD",
					     "DUALSTACK_TOOL_FILE"};
static const char *set[COUNT];

static const char *get(int which)
{
	const char *value = set[which] ? set[which] : getenv(variables[which]);

	if (!value)
		tool_fail("%s: not set by dualstack-run(1)", variables[which]);
	return value;
}

const char *library_file(void)
{
	return get(FILE_OF);
}

const char *library_path(void)
{
	return get(PATH);
}

const char *library_tool(void)
{
	return get(TOOL);
}

void library_set(const char *file, const char *path, const char *tool)
{
	set[FILE_OF] = file;
	set[PATH] = path;
	set[TOOL] = tool;
}

void library_hand_on(void)
{
	for (int i = 0; i < COUNT; i++)
		if (setenv(variables[i], set[i], 1) != 0)
			tool_fail("out of memory");
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

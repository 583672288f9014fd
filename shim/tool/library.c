#include "tool/library.h"

#include "tool/keep.h"
#include "tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* The directory of this tool. The library is in it, or in a directory below for each word size. */
static const char *directory(void)
{
	static const char *path;
	char tool[PATH_MAX];
	ssize_t size;

	if (path)
		return path;
	size = readlink("/proc/self/exe", tool, sizeof tool);
	if (size <= 0 || size >= PATH_MAX)
		tool_fail("/proc/self/exe: %s: can't tell where the library is",
			  strerror(size < 0 ? errno : ENAMETOOLONG));
	tool[size] = '\0';
	*strrchr(tool, '/') = '\0';
	return path = keep_copy(tool, strlen(tool));
}

/* Is it installed for a C library that knows $LIB (ld.so(8))? In the build directory it is not. */
static bool has_lib(void)
{
	return *DUALSTACK_LIB && access(keep_format("%s/libdualstack.so", directory()), F_OK) != 0;
}

const char *library_file(void)
{
	if (has_lib())
		return keep_format("%s/%s/libdualstack.so", directory(), DUALSTACK_LIB);
	return keep_format("%s/libdualstack.so", directory());
}

const char *library_path(void)
{
	const char *path = has_lib() ? keep_format("%s/$LIB/libdualstack.so", directory()) : library_file();

	if (strpbrk(path, ": \t\n\v\f\r"))
		tool_fail("%s: LD_PRELOAD can't name a path with a space or a colon (ld.so(8))", path);
	return path;
}

bool library_for(const struct elf *program)
{
	/* $LIB has one part or two: lib32, lib/i386-linux-gnu. */
	static const char *const patterns[] = {"*/libdualstack.so", "*/*/libdualstack.so"};
	bool found = false;

	for (size_t i = 0; has_lib() && i < 2; i++) {
		glob_t files;

		if (glob(keep_format("%s/%s", directory(), patterns[i]), 0, NULL, &files) != 0)
			continue;
		for (size_t n = 0; n < files.gl_pathc; n++) {
			int fd = open(files.gl_pathv[n], O_RDONLY | O_CLOEXEC);
			struct elf e;

			found |= fd >= 0 && elf_read(fd, &e) == 0 && e.bits == program->bits &&
				 e.machine == program->machine;
			if (fd >= 0)
				close(fd);
		}
		globfree(&files);
	}
	return found;
}

#include "library.h"

#include "tool.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *library_file(void)
{
	static char path[PATH_MAX + sizeof "/libdualstack.so"];
	ssize_t size;

	if (*path)
		return path;
	size = readlink("/proc/self/exe", path, PATH_MAX);
	if (size <= 0 || size >= PATH_MAX)
		tool_fail("/proc/self/exe: %s: can't tell where the library is",
			  strerror(size < 0 ? errno : ENAMETOOLONG));
	path[size] = '\0';
	strcpy(strrchr(path, '/'), "/libdualstack.so");
	return path;
}

const char *library_path(void)
{
	const char *path = library_file();

	if (strpbrk(path, ": \t\n\v\f\r"))
		tool_fail("%s: LD_PRELOAD can't name a path with a space or a colon (ld.so(8))", path);
	return path;
}

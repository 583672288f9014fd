#include "library.h"

#include "keep.h"
#include "tool.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

const char *library_file(void)
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
	return path = keep_format("%s/libdualstack.so", tool);
}

const char *library_path(void)
{
	const char *path = library_file();

	if (strpbrk(path, ": \t\n\v\f\r"))
		tool_fail("%s: LD_PRELOAD can't name a path with a space or a colon (ld.so(8))", path);
	return path;
}

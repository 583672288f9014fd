#include "tool/tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list args)
{
	char line[8192];

	(void)vsnprintf(line, sizeof line, format, args);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	(void)fprintf(stderr, "dualstack-run: %s\n", line);
}

void tool_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	exit(TOOL_FAILED);
}

void tool_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

void tool_exit(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		tool_fail("can't write to standard output: %s", strerror(errno));
	exit(status);
}

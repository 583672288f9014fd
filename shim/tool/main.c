#include "tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
    {"check", tool_check},
    {"probe", tool_probe},
    {"settings", tool_settings},
    {"status", tool_status},
};

void tool_fail(const char *format, ...)
{
	char line[8192];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	(void)fprintf(stderr, "dualstack-run: %s\n", line);
	exit(TOOL_FAILED);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	tool_fail("dualstack-tool is called by dualstack-run(1), with a command and its arguments");
}

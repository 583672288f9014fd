#include "tool/tool.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/sockaddr.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
    {"check", tool_check},   {"disable", tool_disable},       {"enable", tool_enable}, {"probe", tool_probe},
    {"status", tool_status}, {"translator", tool_translator}, {"who", tool_who},
};

int main(int argc, char **argv)
{
	sockaddr_parse = inet_pton;
	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			tool_exit(commands[i].run(argc - 1, argv + 1));
	tool_fail("dualstack-tool is called by dualstack-run(1), with a command and its arguments");
}

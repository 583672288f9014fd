#include "tool.h"

int tool_settings(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

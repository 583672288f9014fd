#include "tool/arguments.h"

#include <stdbool.h>
#include <string.h>

#include "tool/tool.h"

/* Takes OPTION if it is one of OPTIONS, else returns false. */
static bool take_option(const struct argument_option *options, const char *option)
{
	for (; options->name; options++) {
		size_t size = strlen(options->name);

		if (options->name[size - 1] == '=' ? strncmp(option, options->name, size) != 0
						   : strcmp(option, options->name) != 0)
			continue;
		if (options->take)
			options->take(options->to, option + size);
		else
			*(bool *)options->to = true;
		return true;
	}
	return false;
}

int arguments_take(int argc, char **argv, const struct argument_option *options, const char *expected,
		   const char **words, int most)
{
	bool more = true;
	int count = 0;

	for (int i = 1; i < argc; i++) {
		if (more && strcmp(argv[i], "--") == 0)
			more = false;
		else if (!more || argv[i][0] != '-')
			if (count < most)
				words[count++] = argv[i];
			else
				tool_fail("--%s: unexpected '%s' after '%s'", argv[0], argv[i],
					  words[most - 1]);
		else if (!take_option(options, argv[i]))
			tool_fail("--%s: unknown option '%s', expected %s", argv[0], argv[i], expected);
	}
	return count;
}

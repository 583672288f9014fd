/* dualstack-tool settings [--print] FILE RULES: what dualstack-run --config=FILE and --rule=, of which RULES
 * has one to a line, come to with the environment, for DUALSTACK_SETTINGS; --print: for a person to read,
 * complete. Either may be empty. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sources.h"
#include "tool.h"

__attribute__((noreturn)) static void fail(const struct sources_error *e)
{
	if (e->at.line)
		tool_fail("%s:%u:%u: %s", e->place, e->at.line, e->at.column, e->at.text);
	tool_fail("%s: %s", e->place, e->at.text);
}

static void check_key(void)
{
	const char *key = getenv("DUALSTACK_KEY");

	if (key && *key && (strlen(key) != 32 || strspn(key, "0123456789abcdef") != 32))
		tool_fail("DUALSTACK_KEY: expected 32 hexadecimal digits (0-9, a-f)");
}

int tool_settings(int argc, char **argv)
{
	static char text[SETTINGS_TEXT];
	bool print = argc == 4 && strcmp(argv[1], "--print") == 0;
	struct sources_error error = {.place = "--rule"};
	struct settings settings;
	const char *file, *rules;

	if (argc != (print ? 4 : 3))
		tool_fail("settings: expected a file and rules");
	file = argv[argc - 2];
	rules = argv[argc - 1];
	settings_default(&settings);
	if (settings_parse_rules(rules, strlen(rules), &error.at) != 0 ||
	    sources_configuration(&settings, *file ? file : NULL, &error) != 0 ||
	    sources_variables(&settings, &error) != 0)
		fail(&error);
	check_key();
	settings_print(&settings, print, text);
	(void)fputs(text, stdout);
	if (fflush(stdout) != 0)
		tool_fail("can't write to standard output");
	return 0;
}

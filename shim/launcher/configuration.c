#include "launcher/launcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/loader.h"
#include "program/library.h"
#include "resolver/route.h"
#include "tool/bounded.h"
#include "tool/tool.h"

__attribute__((noreturn)) static void fail(const struct loader_error *e)
{
	if (e->at.line)
		tool_fail("%s:%u:%u: %s", e->place, e->at.line, e->at.column, e->at.text);
	tool_fail("%s: %s", e->place,
		  e->error ? keep_format("can't be read: %s", strerror(e->error)) : e->at.text);
}

static void check_key(void)
{
	const char *key = getenv("DUALSTACK_KEY");

	if (key && *key && (strlen(key) != 32 || strspn(key, "0123456789abcdef") != 32))
		tool_fail("DUALSTACK_KEY: expected 32 hexadecimal digits (0-9, a-f)");
}

void configuration_load(const struct command_line *cl, struct settings *s)
{
	struct loader_error error = {.place = "--rule"};

	settings_default(s);
	if (settings_parse(NULL, cl->rules, strlen(cl->rules), &error.at) != 0 ||
	    loader_configuration(s, cl->config, &error) != 0 || loader_variables(s, &error) != 0)
		fail(&error);
	check_key();
}

/* Does LINE, of a configuration, begin with WORD as a whole word? */
static bool is_of(const char *line, const char *word)
{
	size_t size = strlen(word);

	line += strspn(line, " \t\r");
	return strncmp(line, word, size) == 0 && strchr(" \t=", line[size]);
}

static bool is_in_file(const char *setting)
{
	const char *line = loader_source.text;

	for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (is_of(line, setting))
			return true;
	return false;
}

/* The source of SETTING's value. */
static const char *source_of(const struct command_line *cl, const char *setting)
{
	const char *value = getenv(loader_variable(setting));
	const char *disable = strcmp(setting, "enabled") == 0 ? getenv("DUALSTACK_DISABLE") : NULL;

	if (disable && *disable)
		return "DUALSTACK_DISABLE";
	for (size_t i = 0; i < cl->settings.count; i++)
		if (strcmp(cl->settings.at[i], setting) == 0)
			return keep_format("--%s", setting);
	if (value && *value)
		return keep_format("%s", loader_variable(setting));
	return is_in_file(setting) ? loader_source.place : "not set";
}

static size_t lines_of(const char *text)
{
	size_t count = 0;

	for (; text && (text = strchr(text, '\n')); text++)
		count++;
	return count;
}

void configuration_print(const struct command_line *cl, const struct settings *s)
{
	static char text[SETTINGS_TEXT];
	const char *source, *last = "", *rules = getenv("DUALSTACK_RULES");
	size_t number = 0, settings = 0, from_options = lines_of(cl->rules), from_variable = from_options;
	char *rest = NULL;

	if (rules && strcmp(loader_source.place, "DUALSTACK_SETTINGS") != 0)
		from_variable += lines_of(keep_format("%s\n", rules));
	while (settings_name(settings))
		settings++;
	settings_print(s, true, text);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (number < settings)
			source = source_of(cl, settings_name(number));
		else if (number < settings + from_options)
			source = "--rule";
		else
			source = number < settings + from_variable ? "DUALSTACK_RULES" : loader_source.place;
		if (strcmp(source, last) != 0)
			printf("# %s\n", source);
		printf("%s\n", line);
		last = source;
		number++;
	}
}

static int ask_tool(void *arg)
{
	(void)arg;
	(void)unsetenv("LD_PRELOAD");
	execl(library_tool(), "dualstack-tool", "translator", (char *)NULL);
	return TOOL_FAILED;
}

/* A host needs a translator if it has a route to IPv6 addresses and none to IPv4 addresses. The launcher
 * looks for it because some programs are given addresses and never look up a name. */
static void find_translator(struct settings *s)
{
	const char *expected;
	char *output;

	if (!s->nat64_found || s->nat64_prefix.bits || route_far(AF_INET) || !route_far(AF_INET6))
		return;
	if (bounded_run(ask_tool, NULL, &output) == 0 && *output)
		(void)settings_set(s, "nat64", output, &expected);
}

void configuration_hand_on(struct settings *s)
{
	static char text[SETTINGS_TEXT];

	find_translator(s);
	settings_print(s, false, text);
	(void)unsetenv("DUALSTACK_RULES");
	if (setenv("DUALSTACK_SETTINGS", text, 1) != 0)
		tool_fail("DUALSTACK_SETTINGS: %s", strerror(errno));
}

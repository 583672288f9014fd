/* dualstack-run: reads the command line. See dualstack-run(1). */
#include "launcher/launcher.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sockaddr.h"
#include "config/loader.h"
#include "tool/tool.h"

/* The Makefile sets it. */
#ifndef VERSION
#define VERSION "unknown"
#endif

/* The exit status of a call without arguments, as of other programs that need some. */
enum { NO_COMMAND = 2 };

static void print_usage(struct command_line *cl, const char *value)
{
	(void)cl;
	(void)value;
	usage_print(stdout);
	tool_exit(0);
}

static void print_version(struct command_line *cl, const char *value)
{
	(void)cl;
	(void)value;
	printf("dualstack-run " VERSION "\n");
	tool_exit(0);
}

static void take_config(struct command_line *cl, const char *value)
{
	cl->config = value;
}

/* Rules are kept one to a line. */
static void take_rule(struct command_line *cl, const char *value)
{
	if (strchr(value, '\n'))
		tool_fail("--rule: a newline in the value");
	cl->rules = keep_format("%s%s\n", cl->rules, value);
}

enum value { NONE, VALUE, MAYBE_EMPTY };

/* FLAG: the bool of the command line that becomes true, or 0. An option with neither is the tool's. The
 * settings of dualstack.conf(5) are options, too. */
static const struct option {
	const char *name;
	enum value value;
	size_t flag;
	void (*take)(struct command_line *cl, const char *value);
} options[] = {
    {"-h", NONE, 0, print_usage},
    {"--help", NONE, 0, print_usage},
    {"-V", NONE, 0, print_version},
    {"--version", NONE, 0, print_version},
    {"--print-config", NONE, offsetof(struct command_line, print), NULL},
    {"--anyway", NONE, offsetof(struct command_line, anyway), NULL},
    {"--explain", NONE, offsetof(struct command_line, explain), NULL},
    {"--config", VALUE, 0, take_config},
    {"--rule", VALUE, 0, take_rule},
    {"--json", NONE, 0, NULL},
    {"--no-network", NONE, 0, NULL},
    {"--timeout", VALUE, 0, NULL},
    {"--udp", MAYBE_EMPTY, 0, NULL},
    {"--user", NONE, 0, NULL},
    {"--runtime", NONE, 0, NULL},
    {"--dry-run", NONE, 0, NULL},
    {"--root", VALUE, 0, NULL},
};

static const char *const modes[] = {"check", "disable", "enable", "probe", "status", "who"};

const char *absolute(const char *path, const char *place)
{
	char here[PATH_MAX];

	if (*path == '/')
		return path;
	if (!getcwd(here, sizeof here))
		tool_fail("%s: '%s': the current directory: %s", place, path, strerror(errno));
	return keep_format("%s/%s", here, path);
}

/* A relative file's path in LEVEL:FILE becomes absolute, because a daemon changes its directory. */
static const char *absolute_log(const char *log, const char *place)
{
	const char *colon = strchr(log, ':'), *target = colon ? colon + 1 : "";

	if (!*target || strcmp(target, "stderr") == 0 || strcmp(target, "syslog") == 0)
		return log;
	if (strcmp(target, "stdout") == 0)
		tool_fail("%s: no target 'stdout', expected stderr, syslog or a file (./stdout)", place);
	return keep_format("%.*s%s", (int)(target - log), log, absolute(target, place));
}

/* Sets the variable of the setting, which the library reads. */
static void take_setting(struct command_line *cl, const char *name, const char *value)
{
	static struct settings scratch;
	const char *setting = name + strlen("--"), *expected;
	struct rules_error error;

	if (strcmp(setting, "log") == 0)
		value = absolute_log(value, name);
	if (settings_set(&scratch, setting, value, &expected) != 0) {
		settings_say(&error, "unknown value ", value, expected);
		tool_fail("%s: %s", name, error.text);
	}
	if (setenv(loader_variable(setting), value, 1) != 0)
		tool_fail("%s: %s", name, strerror(errno));
	texts_add(&cl->settings, setting);
}

static bool is_setting(const char *name)
{
	const char *setting = NULL;

	for (size_t i = 0; strncmp(name, "--", 2) == 0 && (setting = settings_name(i)); i++)
		if (strcmp(setting, name + 2) == 0)
			return true;
	return false;
}

static void take_mode(struct command_line *cl, const char *mode)
{
	if (cl->mode && strcmp(cl->mode, mode) != 0)
		tool_fail("--%s: not together with --%s", mode, cl->mode);
	cl->mode = mode;
}

/* Takes the option *ARGUMENT. Returns its last argument, as its value may be the next one. */
static char **take(struct command_line *cl, char **argument)
{
	const char *equals = strchr(*argument, '='), *value = equals ? equals + 1 : NULL;
	const char *name = equals ? keep_copy(*argument, (size_t)(equals - *argument)) : *argument;
	const struct option setting = {name, VALUE, 0, NULL}, *option = is_setting(name) ? &setting : NULL;

	for (size_t i = 0; !value && i < sizeof modes / sizeof *modes; i++)
		if (strncmp(name, "--", 2) == 0 && strcmp(name + 2, modes[i]) == 0) {
			take_mode(cl, modes[i]);
			return argument;
		}
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (strcmp(options[i].name, name) == 0)
			option = &options[i];
	if (!option || (option->value == NONE && value))
		tool_fail("unknown option '%s'; see dualstack-run --help", *argument);
	if (option->value != NONE && !value)
		value = *++argument;
	if (option->value != NONE && (!value || (!*value && option->value == VALUE)))
		tool_fail("%s: no value", name);
	if (option == &setting)
		take_setting(cl, name, value);
	else if (option->flag)
		*(bool *)((char *)cl + option->flag) = true;
	else if (option->take)
		option->take(cl, value);
	else
		texts_add(&cl->tool, value ? keep_format("%s=%s", name, value) : name);
	return argument;
}

/* Options end at the command, as its own options follow. In other modes, options may come after words. */
static void parse(struct command_line *cl, char **arguments)
{
	char **words = arguments;
	bool command;

	cl->words = words;
	for (; *arguments && strcmp(*arguments, "--") != 0; arguments++) {
		command = !cl->mode || strcmp(cl->mode, "check") == 0;
		if (**arguments == '-')
			arguments = take(cl, arguments);
		else if (command)
			break;
		else
			*words++ = *arguments;
	}
	if (*arguments && strcmp(*arguments, "--") == 0)
		arguments++;
	while (*arguments)
		*words++ = *arguments++;
	*words = NULL;
	/* --check looks at the command alone. */
	if (cl->mode && strcmp(cl->mode, "check") == 0 && *cl->words)
		cl->words[1] = NULL;
}

/* Is the mode one that works even if the configuration is wrong? */
static bool needs_settings(const struct command_line *cl)
{
	return !cl->mode || strcmp(cl->mode, "enable") == 0 || strcmp(cl->mode, "probe") == 0;
}

static void check_together(const struct command_line *cl)
{
	const char *none = cl->anyway ? "--anyway" : cl->explain ? "--explain" : NULL;

	if (cl->print && (cl->mode || *cl->words))
		tool_fail("--print-config: nothing is run with it, expected no command");
	if (!cl->mode && !cl->print && !*cl->words)
		tool_fail("no command given; see dualstack-run --help");
	if (!cl->mode && cl->tool.count)
		tool_fail("%s: belongs to --check, --probe, --status, --enable or --disable", cl->tool.at[0]);
	if (!needs_settings(cl) && cl->settings.count)
		none = keep_format("--%s", cl->settings.at[0]);
	else if (!needs_settings(cl) && (cl->config || *cl->rules))
		none = cl->config ? "--config" : "--rule";
	if (cl->mode && none)
		tool_fail("%s: nothing to do for it with --%s", none, cl->mode);
}

int main(int argc, char **argv)
{
	struct command_line cl = {.rules = ""};
	struct settings settings = {.enabled = false};
	const char *log;

	sockaddr_parse = inet_pton;
	if (argc < 2) {
		usage_print(stderr);
		return NO_COMMAND;
	}
	parse(&cl, argv + 1);
	check_together(&cl);
	log = getenv("DUALSTACK_LOG");
	if (log && *log && setenv("DUALSTACK_LOG", absolute_log(log, "DUALSTACK_LOG"), 1) != 0)
		tool_fail("DUALSTACK_LOG: %s", strerror(errno));
	command_find_library();
	if (needs_settings(&cl))
		configuration_load(&cl, &settings);
	if (cl.print) {
		configuration_print(&cl, &settings);
		tool_exit(0);
	}
	if (settings.enabled)
		configuration_hand_on(&settings);
	if (cl.mode)
		command_tool(&cl);
	command_run(&cl, settings.enabled);
}

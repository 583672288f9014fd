/* dualstack-tool settings [--print] FILE RULES: prints the settings that result from dualstack-run's
 * --config=FILE, its --rule= options (RULES, one to a line) and the environment, for DUALSTACK_SETTINGS; with
 * --print all of them, for a person. FILE and RULES may be empty. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/real.h"
#include "config/loader.h"
#include "resolver/nat64.h"
#include "resolver/nat64_discovery.h"
#include "resolver/route.h"
#include "tool/bounded.h"
#include "tool/tool.h"

__attribute__((noreturn)) static void fail(const struct loader_error *e)
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

/* A host needs a translator if it has a route to IPv6 and none to IPv4 addresses. Those of a.root-servers.net
 * stand for all; nothing is sent to them. */
static bool needs_translator(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(53)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(53)};

	(void)inet_pton(AF_INET, "198.41.0.4", &in.sin_addr);
	(void)inet_pton(AF_INET6, "2001:503:ba3e::2:30", &in6.sin6_addr);
	return !route_known((const struct sockaddr *)&in, sizeof in) &&
	       route_known((const struct sockaddr *)&in6, sizeof in6);
}

/* In a child, and for two seconds at most: the command waits for it. */
static int print_translator(void *arg)
{
	char text[INET6_ADDRSTRLEN];
	struct nat64_prefix prefix;

	(void)arg;
	(void)alarm(2);
	nat64_discover();
	if (nat64_now(&prefix) && inet_ntop(AF_INET6, &prefix.addr, text, sizeof text))
		printf("auto:%s/%u", text, prefix.bits);
	return fflush(stdout) != 0;
}

/* The launcher looks for the translator because some programs are given addresses and never look up a name.
 */
static void find_translator(struct settings *s)
{
	const char *expected;
	char *output;

	if (!s->enabled || !s->nat64 || !s->nat64_found || s->nat64_prefix.bits || !needs_translator())
		return;
	if (bounded_run(print_translator, NULL, &output) == 0 && *output)
		(void)settings_set(s, "nat64", output, &expected);
}

int tool_settings(int argc, char **argv)
{
	static char text[SETTINGS_TEXT];
	bool print = argc == 4 && strcmp(argv[1], "--print") == 0;
	struct loader_error error = {.place = "--rule"};
	struct settings settings;
	const char *file, *rules;

	if (argc != (print ? 4 : 3))
		tool_fail("settings: expected a file and rules");
	file = argv[argc - 2];
	rules = argv[argc - 1];
	if (real_load() != 0)
		tool_fail("the C library lacks a function that is needed");
	settings_default(&settings);
	if (settings_parse_rules(rules, strlen(rules), &error.at) != 0 ||
	    loader_configuration(&settings, *file ? file : NULL, &error) != 0 ||
	    loader_variables(&settings, &error) != 0)
		fail(&error);
	check_key();
	if (!print)
		find_translator(&settings);
	settings_print(&settings, print, text);
	(void)fputs(text, stdout);
	if (fflush(stdout) != 0)
		tool_fail("can't write to standard output");
	return 0;
}

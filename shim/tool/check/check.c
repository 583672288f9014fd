/* dualstack-run --check [--json] [--no-network] [COMMAND] */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/real.h"
#include "tool/arguments.h"
#include "tool/check/findings.h"
#include "tool/json.h"
#include "tool/tool.h"

enum { INDENT = 25 };

/* Control characters, which file names may hold, are shown as "?". */
static void print_line(const char *text)
{
	for (; *text; text++)
		putchar((unsigned char)*text < ' ' || *text == 127 ? '?' : *text);
	putchar('\n');
}

static void print_text(const struct findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct finding *one = &f->list[i];

		printf("%-8s %-15s ", findings_state(one->state), one->id);
		print_line(one->found);
		if (*one->advice) {
			printf("%*s", INDENT, "");
			print_line(one->advice);
		}
	}
}

static void print_json(const struct findings *f, const char *situation)
{
	json_open(NULL, '{');
	json_bool("usable", findings_usable(f));
	json_text("ipv6", situation);
	json_open("findings", '[');
	for (size_t i = 0; i < f->count; i++) {
		json_open(NULL, '{');
		json_text("id", f->list[i].id);
		json_text("state", findings_state(f->list[i].state));
		json_text("found", f->list[i].found);
		json_text("advice", f->list[i].advice);
		json_close();
	}
	json_close();
	json_close();
}

int tool_check(int argc, char **argv)
{
	bool json = false, no_network = false;
	const struct argument_option options[] = {
	    {"--json", &json, NULL}, {"--no-network", &no_network, NULL}, {NULL, NULL, NULL}};
	struct findings f = {.count = 0};
	const char *command, *situation;
	int words = arguments_take(argc, argv, options, "--json, --no-network or COMMAND", &command, 1);

	if (words && !*command)
		tool_fail("--check: empty COMMAND, expected a name or a file");
	if (real_load() != 0)
		tool_fail("--check: the C library lacks functions that the library needs");
	situation = host_findings(&f);
	resolver_findings(&f, !no_network);
	firewall_findings(&f);
	if (words)
		command_findings(&f, command);
	if (json)
		print_json(&f, situation);
	else
		print_text(&f);
	if (fflush(stdout) != 0 || ferror(stdout))
		tool_fail("--check: can't write the result: %s", strerror(errno));
	return findings_usable(&f) ? 0 : 1;
}

/* dualstack-run --check [--json] [--no-network] [COMMAND] */
#include <stdbool.h>
#include <stdio.h>

#include "base/real.h"
#include "config/loader.h"
#include "tool/arguments.h"
#include "tool/check/check.h"
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

/* Checks the configuration without the launcher's options, as nothing is run. */
static void configuration(struct findings *f)
{
	static const char id[] = "configuration",
			  advice[] = "Correct it: until then, the library does nothing.";
	struct loader_error e = {.error = 0};
	static struct settings s;

	settings_default(&s);
	if (loader_configuration(&s, NULL, &e) == 0 && loader_variables(&s, &e) == 0)
		findings_add(f, id, s.enabled ? FINDING_OK : FINDING_NOTE,
			     s.enabled ? "" : "Programs run as if without it.", "%s",
			     s.enabled ? "can be read" : "switches the library off");
	else if (e.at.line)
		findings_add(f, id, FINDING_FAIL, advice, "%s:%u:%u: %s", e.place, e.at.line, e.at.column,
			     e.at.text);
	else
		findings_add(f, id, FINDING_FAIL, advice, "%s: %s", e.place, e.at.text);
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
	configuration(&f);
	if (words)
		command_findings(&f, command);
	if (json)
		print_json(&f, situation);
	else
		print_text(&f);
	return findings_usable(&f) ? 0 : 1;
}

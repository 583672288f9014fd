#define _GNU_SOURCE
#include "tool/check/check.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool/bounded.h"
#include "tool/keep.h"
#include "tool/tool.h"

enum { V4 = 1, V6 = 2 }; /* families, as a set */

/* The effect of one table on incoming packets, as sets of families. Every verdict counts: only the kernel can
 * tell which packets reach it. */
struct table {
	int families;
	int refused;       /* by the policy, or a rule, of a chain that hooks into input */
	int refused_below; /* by a rule of a chain that others jump to */
	bool jumps;        /* a chain that hooks into input goes on to others */
};

static int verdict_of(const struct table *t)
{
	return t->refused | (t->jumps ? t->refused_below : 0);
}

static bool matches(const char *line, const char *pattern)
{
	regex_t compiled;
	bool found;

	if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		tool_fail("--check: out of memory");
	found = regexec(&compiled, line, 0, NULL, 0) == 0;
	regfree(&compiled);
	return found;
}

/* Removes from a rule the parts that may hold any word: texts in quotes (comments, log prefixes), except the
 * name of an iptables target that nft can't translate, and the name of the chain after a jump. */
static void take_names_out(char *line)
{
	for (char *at = line; (at = strchr(at, '"')); at++) {
		char *end = strchr(at + 1, '"');
		bool target = at - line > 7 && strncmp(at - 7, "target ", 7) == 0;

		if (!end)
			return;
		if (!target)
			memset(at, '.', (size_t)(end - at) + 1);
		at = end;
	}
	for (size_t i = 0; i < 2; i++) {
		char *at = strstr(line, i ? "jump " : "goto ");

		if (at)
			memset(at + 5, '.', strcspn(at + 5, " "));
	}
}

/* Adds a rule as nft(8) prints it; it may be about one of the families that the table has. */
static void add_nft_rule(struct table *t, bool input, char *line)
{
	int families;

	take_names_out(line);
	families = (matches(line, "[[:space:]](ip|ipv4|icmp)([ ,]|$)") ? V4 : 0) |
		   (matches(line, "[[:space:]](ip6|ipv6|icmpv6)([ ,]|$)") ? V6 : 0);
	if (matches(line, "[[:space:]](drop|reject|\"DROP\"|\"REJECT\")([ ,]|$)"))
		*(input ? &t->refused : &t->refused_below) |= t->families & (families ? families : V4 | V6);
	t->jumps |= input && matches(line, "[[:space:]](jump|goto) ");
}

/* Returns the families for which the output of "nft list ruleset" refuses some incoming packets. A table's
 * line begins in the first column, a chain's in the second, and a rule's in the third. Chains of other hooks
 * do not see incoming packets. */
static int read_nft(char *text)
{
	struct table t = {0};
	bool chain = false, input = false;
	int result = 0;
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (line[0] != '\t') {
			result |= verdict_of(&t);
			t = (struct table){.families = (matches(line, "^table (ip|inet) ") ? V4 : 0) |
						       (matches(line, "^table (ip6|inet) ") ? V6 : 0)};
		} else if (line[1] != '\t') {
			chain = strncmp(line + 1, "chain ", 6) == 0;
			input = false;
		} else if (chain && strncmp(line + 2, "type ", 5) == 0) {
			chain = input = strncmp(line + 2, "type filter hook input ", 23) == 0;
			if (input && strstr(line, "policy drop;"))
				t.refused |= t.families;
		} else if (chain) {
			add_nft_rule(&t, input, line);
		}
	}
	return result | verdict_of(&t);
}

/* Why some rules in iptables-legacy's tables, which nft does not show, may be missing; NULL if there are
 * none. Calling iptables would create the tables. */
static const char *legacy(void)
{
	static const char *const paths[] = {"/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"};
	const char *why = NULL;

	for (size_t i = 0; i < 2; i++) {
		FILE *file = fopen(paths[i], "re");
		char line[64];

		if (!file && errno != ENOENT)
			why = "only root can list the rules";
		while (file && fgets(line, sizeof line, file))
			if (strcmp(line, "filter\n") == 0)
				why = "there are rules of iptables-legacy(8), which are not judged";
		if (file)
			(void)fclose(file);
	}
	return why;
}

void firewall_findings(struct findings *f)
{
	static const char id[] = "firewall";
	const char *argv[] = {"nft", "--stateless", "--terse", "list", "ruleset", NULL}, *unseen = legacy(),
		   *as_far;
	char *text;
	int status = bounded_run(bounded_execute, argv, &text), refused = status == 0 ? read_nft(text) : 0;

	if (status == 127)
		unseen = "nft(8) is not installed";
	else if (status != 0)
		unseen = geteuid() != 0 ? "only root can list the rules" : "nft(8) fails";
	as_far = unseen ? keep_format(", as far as it shows: %s", unseen) : "";
	if (refused == V4)
		findings_add(f, id, FINDING_WARN,
			     "Services that dualstack makes reachable are open to everybody over IPv6: first "
			     "filter them in ip6 or inet tables as well (dualstack(7), SECURITY).",
			     "IPv4 is filtered, IPv6 is not%s", as_far);
	else if (refused == V6)
		findings_add(f, id, FINDING_NOTE,
			     "Open the ports of services that should be reachable over IPv6.",
			     "IPv6 is filtered, IPv4 is not%s", as_far);
	else if (refused)
		findings_add(f, id, FINDING_OK, "", "both families are filtered");
	else if (unseen)
		findings_add(f, id, FINDING_UNKNOWN,
			     "Make sure that IPv6 is filtered as well as IPv4 (dualstack(7), SECURITY).",
			     "%s", unseen);
	else
		findings_add(f, id, FINDING_OK, "", "neither family is filtered on this host");
}

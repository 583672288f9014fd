#define _GNU_SOURCE
#include "tool/check/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/bounded.h"

enum { V4 = 1, V6 = 2 }; /* families, as a set */

/* What one table does with incoming packets, for sets of families. Every verdict counts: only the kernel can
 * tell which packets get to it. */
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

struct rule {
	int families; /* that it is about, if the table has both */
	bool refuses, jumps;
};

/* Reads one rule as nft(8) prints it. It passes over the chain that a jump leads to and over text in quotes
 * (comments, log prefixes), except for the name of an iptables target that nft can't translate. */
static struct rule parse_rule(char *line)
{
	static const struct {
		const char *word;
		int families;
		bool refuses, jumps;
	} words[] = {
	    {"ip", V4, false, false},       {"ipv4", V4, false, false},   {"icmp", V4, false, false},
	    {"ip6", V6, false, false},      {"ipv6", V6, false, false},   {"icmpv6", V6, false, false},
	    {"drop", 0, true, false},       {"reject", 0, true, false},   {"DROP", 0, true, false},
	    {"REJECT", 0, true, false},     {"jump", 0, false, true},     {"goto", 0, false, true},
	    {"\"REJECT\"", 0, true, false}, {"\"DROP\"", 0, true, false},
	};
	struct rule rule = {.families = 0};
	bool quoted = false, target = false, chain = false;
	char *rest = NULL;

	for (char *word = strtok_r(line, " \t,;", &rest); word; word = strtok_r(NULL, " \t,;", &rest)) {
		size_t size = strlen(word);
		bool opens = word[0] == '"' && !quoted,
		     closes = word[size - 1] == '"' && (size > 1 || quoted);

		for (size_t i = 0;
		     !chain && (!(quoted || opens) || target) && i < sizeof words / sizeof *words; i++) {
			if (strcmp(word, words[i].word) != 0)
				continue;
			rule.families |= words[i].families;
			rule.refuses |= words[i].refuses;
			rule.jumps |= words[i].jumps;
		}
		target = !quoted && strcmp(word, "target") == 0;
		chain = !quoted && (strcmp(word, "jump") == 0 || strcmp(word, "goto") == 0);
		quoted = (quoted || opens) && !closes;
	}
	if (!rule.families)
		rule.families = V4 | V6;
	return rule;
}

static int family_of(const char *line)
{
	static const struct {
		const char *begins;
		int families;
	} families[] = {{"table ip ", V4}, {"table ip6 ", V6}, {"table inet ", V4 | V6}};

	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (strncmp(line, families[i].begins, strlen(families[i].begins)) == 0)
			return families[i].families;
	return 0;
}

/* Returns the families for which the output of "nft list ruleset" refuses some incoming packets. A table's
 * line begins in the first column, a chain's in the second, and a rule's in the third. */
static int read_nft(char *text)
{
	struct table t = {0};
	bool chain = false, input = false;
	int result = 0;
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct rule rule;

		if (line[0] != '\t') {
			result |= verdict_of(&t);
			t = (struct table){.families = family_of(line)};
			continue;
		}
		if (line[1] != '\t') {
			chain = strncmp(line + 1, "chain ", 6) == 0;
			input = false;
			continue;
		}
		if (!chain)
			continue;
		if (strncmp(line + 2, "type ", 5) == 0) {
			input = strncmp(line + 2, "type filter hook input ", 23) == 0;
			if (input && strstr(line, "policy drop;"))
				t.refused |= t.families;
			/* Chains of other hooks do not see incoming packets. */
			chain = input;
			continue;
		}
		rule = parse_rule(line);
		if (rule.refuses && input)
			t.refused |= t.families & rule.families;
		else if (rule.refuses)
			t.refused_below |= t.families & rule.families;
		t.jumps |= input && rule.jumps;
	}
	return result | verdict_of(&t);
}

/* The same for the output of "iptables -S", which is about FAMILY. */
static int read_iptables(char *text, int family)
{
	static const char *const plain[] = {"ACCEPT", "RETURN", "LOG", "DROP", "REJECT"};
	struct table t = {.families = family};
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		bool input = strncmp(line, "-A INPUT ", 9) == 0;
		char *target = strstr(line, " -j ");

		if (strcmp(line, "-P INPUT DROP") == 0)
			t.refused |= family;
		if (strncmp(line, "-A ", 3) != 0 || strncmp(line, "-A FORWARD ", 11) == 0 ||
		    strncmp(line, "-A OUTPUT ", 10) == 0)
			continue;
		if (input && strstr(line, " -g "))
			t.jumps = true;
		if (!target)
			continue;
		target += 4;
		target[strcspn(target, " ")] = '\0';
		if (strcmp(target, "DROP") == 0 || strcmp(target, "REJECT") == 0)
			*(input ? &t.refused : &t.refused_below) |= family;
		for (size_t i = 0; input && i < sizeof plain / sizeof *plain; i++)
			if (strcmp(target, plain[i]) == 0)
				input = false;
		t.jumps |= input;
	}
	return verdict_of(&t);
}

struct seen {
	int refused;         /* the families for which some packets are refused */
	const char *blinded; /* why some rules may not have been seen, or NULL */
};

static void look_at_nft(struct seen *seen)
{
	static const char *const argv[] = {"nft", "--stateless", "--terse", "list", "ruleset", NULL};
	char *text;
	int status = bounded_run(bounded_execute, (void *)argv, &text);

	if (status == 0)
		seen->refused |= read_nft(text);
	else if (status == 127)
		seen->blinded = "nft(8) is not installed";
	else
		seen->blinded = geteuid() != 0 ? "only root can list the rules" : "nft(8) fails";
}

/* Do the tables of iptables-legacy, which nft does not show, include "filter"? Asking iptables would create
 * it. */
static bool has_filter(const char *path, struct seen *seen)
{
	char line[64];
	bool found = false;
	FILE *file = fopen(path, "re");

	if (!file) {
		if (errno != ENOENT && !seen->blinded)
			seen->blinded = "only root can list the rules";
		return false;
	}
	while (fgets(line, sizeof line, file))
		found = found || strcmp(line, "filter\n") == 0;
	(void)fclose(file);
	return found;
}

static void look_at_legacy(struct seen *seen)
{
	static const struct {
		const char *tables, *program;
		int family;
	} families[] = {
	    {"/proc/net/ip_tables_names", "iptables-legacy", V4},
	    {"/proc/net/ip6_tables_names", "ip6tables-legacy", V6},
	};

	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		const char *argv[] = {families[i].program, "-S", NULL};
		char *text;

		if (!has_filter(families[i].tables, seen))
			continue;
		if (bounded_run(bounded_execute, argv, &text) == 0)
			seen->refused |= read_iptables(text, families[i].family);
		else
			seen->blinded = "iptables-legacy(8) has rules that can't be listed";
	}
}

void firewall_findings(struct findings *f)
{
	static const char id[] = "firewall";
	struct seen seen = {0};

	look_at_nft(&seen);
	look_at_legacy(&seen);
	if (seen.refused == V4)
		findings_add(f, id, FINDING_WARN,
			     "Services that dualstack makes reachable are open to everybody over IPv6: first "
			     "filter them in ip6 or inet tables as well (dualstack(7), SECURITY).",
			     "IPv4 is filtered, IPv6 is not%s%s",
			     seen.blinded ? ", as far as it shows: " : "", seen.blinded ? seen.blinded : "");
	else if (seen.refused == V6)
		findings_add(f, id, FINDING_NOTE,
			     "Open the ports of services that should be reachable over IPv6.",
			     "IPv6 is filtered, IPv4 is not");
	else if (seen.refused)
		findings_add(f, id, FINDING_OK, "", "both families are filtered");
	else if (seen.blinded)
		findings_add(f, id, FINDING_UNKNOWN,
			     "Make sure that IPv6 is filtered as well as IPv4 (dualstack(7), SECURITY).",
			     "%s", seen.blinded);
	else
		findings_add(f, id, FINDING_OK, "", "neither family is filtered on this host");
}

#include "config/rules.h"

#include <string.h>

#include "base/large.h"
#include "config/rules_table.h"

LARGE struct rules_table rules_table;
struct rules_used rules_used;

static bool matches(const char *pattern, const char *text, size_t size)
{
	const char *star = NULL, *end = text + size, *tried = NULL;

	while (text < end) {
		if (*pattern == '*') {
			star = pattern++;
			tried = text;
		} else if (*pattern && (*pattern | 32) == (*text | 32) &&
			   (*pattern == *text || ((*text | 32) >= 'a' && (*text | 32) <= 'z'))) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++tried;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool rules_match(const struct span *span, const char *text, size_t size)
{
	for (unsigned i = 0; i < span->count; i++)
		if (matches(rules_table.pattern_text + rules_table.patterns[span->from + i], text, size))
			return true;
	return false;
}

/* The lowest of several answers holds. UNKNOWN: a fact is unknown. */
enum answer { NO, UNKNOWN, YES };

static bool in_prefix(const struct prefix *p, const struct in6_addr *addr)
{
	unsigned bytes = p->bits / 8, rest = p->bits % 8;

	if (p->in6 == IN6_IS_ADDR_V4MAPPED(addr) || memcmp(&p->addr, addr, bytes) != 0)
		return false;
	return rest == 0 || (p->addr.s6_addr[bytes] ^ addr->s6_addr[bytes]) >> (8 - rest) == 0;
}

static enum answer address_fits(const struct rule *rule, const struct rules_facts *facts)
{
	const struct in6_addr *a = facts->address;

	if (rule->addresses.count == 0 && rule->call != RULES_BIND)
		return YES;
	if (!a)
		return UNKNOWN;
	if (rule->addresses.count == 0)
		return IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr32[3] == htonl(INADDR_ANY) ? YES : NO;
	for (unsigned i = 0; i < rule->addresses.count; i++)
		if (in_prefix(&rules_table.prefixes[rule->addresses.from + i], a))
			return YES;
	return NO;
}

static enum answer port_fits(const struct rule *rule, const struct rules_facts *facts)
{
	if (rule->ports.count == 0)
		return YES;
	if (facts->port < 0)
		return UNKNOWN;
	for (unsigned i = 0; i < rule->ports.count; i++) {
		const struct range *range = &rules_table.ranges[rule->ports.from + i];

		if (facts->port >= range->first && facts->port <= range->last)
			return YES;
	}
	return NO;
}

static enum answer protocol_fits(const struct rule *rule, const struct rules_facts *facts)
{
	if (rule->protocol == 0 || rule->protocol == facts->protocol)
		return YES;
	return facts->protocol ? NO : UNKNOWN;
}

/* A name may be written with the root's dot at its end (RFC 1034, 3.1). */
static enum answer name_fits(const struct rule *rule, const struct rules_facts *facts)
{
	size_t size = facts->name ? strlen(facts->name) : 0;

	if (rule->names.count == 0)
		return YES;
	if (size > 1 && facts->name[size - 1] == '.')
		size--;
	return size && rules_match(&rule->names, facts->name, size) ? YES : NO;
}

bool rules_any(enum rules_call call)
{
	return rules_used.any[call];
}

enum rules_action rules_ask(const struct rules_facts *facts)
{
	static enum answer (*const fit[])(const struct rule *, const struct rules_facts *) = {
	    name_fits, protocol_fits, port_fits, address_fits};

	for (unsigned n = 0; n < rules_used.rules; n++) {
		const struct rule *rule = &rules_table.rules[n];
		enum answer answer = YES;

		if (rule->call != facts->call ||
		    (facts->only_named && rule->addresses.count == 0 && rule->names.count == 0))
			continue;
		for (size_t i = 0; i < sizeof fit / sizeof *fit && answer != NO; i++) {
			enum answer one = fit[i](rule, facts);

			if (one < answer)
				answer = one;
		}
		if (answer == UNKNOWN)
			return RULES_DEFAULT;
		if (answer == YES)
			return rule->action;
	}
	return RULES_DEFAULT;
}

enum rules_action rules_ask_program(enum rules_call call)
{
	return rules_any(call) ? rules_ask(&(struct rules_facts){.call = call, .port = -1}) : RULES_DEFAULT;
}

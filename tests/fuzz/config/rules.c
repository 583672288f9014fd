/* The configuration: the text of a file (dualstack.conf(5)) and of DUALSTACK_SETTINGS, and values of
 * DUALSTACK_* variables. What is printed is read back to the same settings, rules and text. An error has a
 * place in the text. What rules say of a call while little is known, they say still when all is known. */
#define _GNU_SOURCE
#include "../fuzz.h"

#include <arpa/inet.h>
#include <unistd.h>

#include "base/sockaddr.h"
#include "config/loader.h"
#include "config/rules_table.h"

static void find_program(const char *names[2])
{
	names[0] = "imap";
}

static void begin(struct settings *s)
{
	sockaddr_parse = inet_pton;
	rules_clear();
	rules_programs(find_program);
	settings_default(s);
}

static void same_settings(const struct settings *a, const struct settings *b)
{
	assert(a->enabled == b->enabled && a->delay == b->delay);
	assert(a->pool == b->pool && a->pool_bits == b->pool_bits);
	assert(a->peer == b->peer && a->text == b->text && a->nat64_found == b->nat64_found);
	assert(a->loopback_synthetic == b->loopback_synthetic && a->prefer_in6 == b->prefer_in6 &&
	       a->synthetic_always == b->synthetic_always);
	assert(a->nat64_prefix.bits == b->nat64_prefix.bits);
	assert(memcmp(&a->nat64_prefix.addr, &b->nat64_prefix.addr, sizeof a->nat64_prefix.addr) == 0);
	assert(strcmp(a->log, b->log) == 0 || (strcmp(a->log, "off") == 0 && !*b->log) ||
	       (!*a->log && strcmp(b->log, "off") == 0));
}

/* Prints S and the rules, and reads them back: as text, and as a program that is executed does. */
static void round_trip(const struct settings *s)
{
	static char text[2][SETTINGS_TEXT + sizeof "DUALSTACK_SETTINGS="], again[SETTINGS_TEXT];
	static struct rules_table before;
	static struct rules_used used;
	char *environment[] = {text[0], NULL}, **saved = environ;
	struct loader_error error;
	struct settings read;

	before = rules_table;
	used = rules_used;
	for (int all = 0; all < 2; all++) {
		char *value = stpcpy(text[all], "DUALSTACK_SETTINGS=");

		rules_table = before;
		rules_used = used;
		settings_print(s, all, value);
		assert(strlen(value) < SETTINGS_TEXT);
		begin(&read);
		environ = environment;
		environment[0] = text[all];
		assert(loader_configuration(&read, NULL, &error) == 0);
		environ = saved;
		same_settings(s, &read);
		settings_print(&read, all, again);
		assert(strcmp(value, again) == 0);
		assert(rules_used.rules == used.rules);
		assert(memcmp(rules_used.any, used.any, sizeof used.any) == 0);
		for (unsigned i = 0; i < used.rules; i++)
			assert(memcmp(&rules_table.rules[i], &before.rules[i], sizeof before.rules[i]) == 0);
	}
}

static enum rules_action ask(const struct rules_facts *all, unsigned hidden)
{
	struct rules_facts facts = *all;

	if (hidden & 1)
		facts.address = NULL;
	if (hidden & 2)
		facts.port = -1;
	if (hidden & 4)
		facts.protocol = 0;
	return rules_ask(&facts);
}

/* Asks for many calls, with all facts and with fewer. */
static void ask_rules(void)
{
	static const char *const names[] = {NULL, "irc.example.org", "a."};
	static const int ports[] = {0, 25, 5005, 65535};
	struct in6_addr addresses[8] = {{{{0}}}, {{{[10] = 0xff, 0xff}}}, {{{[15] = 1}}}};
	unsigned count = 3;

	addresses[count++] = (struct in6_addr){{{[10] = 0xff, 0xff, 127, 0, 0, 1}}};
	for (unsigned i = 0; i < rules_used.prefixes && count < 8; i++)
		addresses[count++] = rules_table.prefixes[i].addr;
	for (unsigned i = 0; i < 2 * 2 * 3 * 4 * count; i++) {
		unsigned n = i;
		struct rules_facts facts = {.call = n & 1 ? RULES_CONNECT : RULES_BIND,
					    .protocol = n & 2 ? IPPROTO_TCP : IPPROTO_UDP};
		enum rules_action action, less;

		n >>= 2;
		facts.port = ports[n % 4];
		facts.name = names[n / 4 % 3];
		facts.address = &addresses[n / 12];
		action = rules_ask(&facts);
		assert(action == RULES_DEFAULT || rules_any(facts.call));
		for (unsigned hidden = 1; hidden < 8; hidden++) {
			less = ask(&facts, hidden);
			assert(less == RULES_DEFAULT || less == action);
		}
	}
}

static void check_error(const struct rules_error *e, const uint8_t *data, size_t size)
{
	unsigned line = 1;
	size_t at = 0, end;

	assert(memchr(e->text, '\0', sizeof e->text) && *e->text);
	for (; at < size && line < e->line; at++)
		line += data[at] == '\n';
	assert(line == e->line);
	for (end = at; end < size && data[end] != '\n'; end++)
		;
	assert(e->column >= 1 && e->column - 1 <= end - at);
}

static void parse_file(const uint8_t *data, size_t size)
{
	struct rules_error error = {0};
	struct settings s;

	begin(&s);
	if (settings_parse(&s, (const char *)data, size, &error) != 0) {
		check_error(&error, data, size);
	} else {
		ask_rules();
		round_trip(&s);
	}
	begin(&s);
	if (settings_parse(NULL, (const char *)data, size, &error) != 0)
		check_error(&error, data, size);
}

/* Each line is a variable; the valid ones are handed on. */
static void take_variables(const uint8_t *data, size_t size)
{
	/* glibc's getenv() reads two bytes of every entry. */
	char *text = calloc(1, size + 2), *rest = text, *environment[16], **saved = environ;
	struct loader_error error = {0};
	struct settings s;
	unsigned count = 0;

	memcpy(text, data, size);
	while (rest && count < 15)
		environment[count++] = strsep(&rest, "\n");
	environment[count] = NULL;
	begin(&s);
	environ = environment;
	if (loader_variables(&s, &error) != 0)
		assert(error.at.line == 0 && *error.at.text && strncmp(error.place, "DUALSTACK_", 10) == 0);
	environ = saved;
	round_trip(&s);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	parse_file(data, size);
	if (size > 10 && memcmp(data, "DUALSTACK_", 10) == 0)
		take_variables(data, size);
	return 0;
}

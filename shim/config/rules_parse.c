#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/sockaddr.h"
#include "config/rule.h"
#include "config/rules.h"
#include "config/rules_table.h"

static const char *programs[2];
static void (*find_programs)(const char *names[2]);

/* The rule that is being read, and its line. */
struct reader {
	const char *line;
	struct rule *rule;
	struct rules_error *error;
};

struct word {
	const char *at;
	size_t size;
};

static const struct {
	const char *word;
	enum rules_action action;
} actions[] = {
    {"dual", RULES_DUAL},
    {"ipv4", RULES_IPV4},
    {"ipv6", RULES_IPV6},
    {"auto", RULES_AUTO},
    {"ipv6-first", RULES_IPV6_FIRST},
    {"ipv4-first", RULES_IPV4_FIRST},
    {"on", RULES_ON},
    {"off", RULES_OFF},
};

static const struct {
	const char *word;
	const char *conditions, *actions; /* the words that it can have */
} calls[RULES_CALLS] = {
    [RULES_BIND] = {"bind", "tcp, udp, any, address=, port=, program=", "dual, ipv4 or ipv6"},
    [RULES_CONNECT] = {"connect", "tcp, udp, any, address=, port=, name=, program=",
		       "auto, ipv6-first, ipv4-first, ipv6 or ipv4"},
    [RULES_TEXTS] = {"text", "program=", "auto, ipv6 or ipv4"},
    [RULES_LITERALS] = {"literal", "program=", "auto, on or off"},
    [RULES_DEEPBIND] = {"deepbind", "program=", "on or off"},
};

static bool is(const struct word *w, const char *text)
{
	return w->size == strlen(text) && memcmp(w->at, text, w->size) == 0;
}

/* Reports that W is not what was expected. Returns -EINVAL. */
static int wrong(struct reader *r, const struct word *w, const char *what, const char *expected)
{
	char shown[64];
	size_t size = w->size < sizeof shown - 1 ? w->size : sizeof shown - 1;

	memcpy(shown, w->at, size);
	shown[size] = '\0';
	r->error->column = (unsigned)(w->at - r->line) + 1;
	(void)log_text(r->error->text, sizeof r->error->text, "%s '%s', expected %s", what, shown, expected);
	return -EINVAL;
}

static int full(struct reader *r, const struct word *w, const char *of)
{
	r->error->column = (unsigned)(w->at - r->line) + 1;
	(void)log_text(r->error->text, sizeof r->error->text, "too many %s altogether", of);
	return -EINVAL;
}

long rules_number(const char *text, size_t size, long most)
{
	long value = 0;

	if (size == 0 || size > 5)
		return -1;
	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value <= most ? value : -1;
}

static int add_address(struct reader *r, const struct word *w)
{
	const char *slash = memchr(w->at, '/', w->size);
	size_t size = slash ? (size_t)(slash - w->at) : w->size;
	struct word length = {slash ? slash + 1 : w->at + w->size, slash ? w->size - size - 1 : 0};
	char text[INET6_ADDRSTRLEN] = "";
	struct prefix p = {.in6 = memchr(w->at, ':', size) != NULL};
	long bits = p.in6 ? 128 : 32;

	if (size < sizeof text)
		memcpy(text, w->at, size);
	if (!sockaddr_parse(p.in6 ? AF_INET6 : AF_INET, text, p.in6 ? p.addr.s6_addr : p.addr.s6_addr + 12) ||
	    strlen(text) != size)
		return wrong(r, w, "bad address",
			     "an IPv4 or IPv6 address, or a prefix such as 2001:db8::/32");
	if (slash)
		bits = rules_number(length.at, length.size, bits);
	if (bits < 0)
		return wrong(r, &length, "bad prefix length", p.in6 ? "0 to 128" : "0 to 32");
	p.bits = (uint8_t)(p.in6 ? bits : bits + 96);
	if (!p.in6)
		p.addr.s6_addr[10] = p.addr.s6_addr[11] = 0xff;
	/* A V4MAPPED address is an IPv4 address. */
	if (p.in6 && p.bits >= 96 && IN6_IS_ADDR_V4MAPPED(&p.addr))
		p.in6 = false;
	for (unsigned i = p.bits; i < 128; i++)
		if (p.addr.s6_addr[i / 8] >> (7 - i % 8) & 1)
			return wrong(r, w, "bad prefix", "no bits beyond its length");
	if (rules_used.prefixes == RULES_PREFIXES)
		return full(r, w, "addresses");
	rules_table.prefixes[rules_used.prefixes++] = p;
	return 0;
}

static int add_port(struct reader *r, const struct word *w)
{
	const char *dash = memchr(w->at, '-', w->size);
	size_t size = dash ? (size_t)(dash - w->at) : w->size;
	long first = rules_number(w->at, size, 65535),
	     last = dash ? rules_number(dash + 1, w->size - size - 1, 65535) : first;

	if (first < 0 || last < first)
		return wrong(r, w, "bad port", "a number from 0 to 65535, or two as in 5000-5010");
	if (rules_used.ranges == RULES_PORTS)
		return full(r, w, "ports");
	rules_table.ranges[rules_used.ranges++] = (struct range){(uint16_t)first, (uint16_t)last};
	return 0;
}

static int add_pattern(struct reader *r, const struct word *w)
{
	if (memchr(w->at, '/', w->size))
		return wrong(r, w, "bad name", "a name without slashes, * standing for any part of it");
	if (rules_used.patterns == sizeof rules_table.patterns / sizeof *rules_table.patterns ||
	    w->size >= (size_t)(RULES_PATTERNS - rules_used.pattern_bytes))
		return full(r, w, "names");
	rules_table.patterns[rules_used.patterns++] = rules_used.pattern_bytes;
	memcpy(rules_table.pattern_text + rules_used.pattern_bytes, w->at, w->size);
	rules_table.pattern_text[rules_used.pattern_bytes + w->size] = '\0';
	rules_used.pattern_bytes = (uint16_t)(rules_used.pattern_bytes + w->size + 1);
	return 0;
}

/* The conditions that are lists: their names, their places, and the functions that add an item. */
static const struct {
	const char *name;
	size_t span;
	const uint16_t *count;
	int (*add)(struct reader *r, const struct word *w);
} lists[] = {
    {"address=", offsetof(struct rule, addresses), &rules_used.prefixes, add_address},
    {"port=", offsetof(struct rule, ports), &rules_used.ranges, add_port},
    {"name=", offsetof(struct rule, names), &rules_used.patterns, add_pattern},
    {"program=", offsetof(struct rule, programs), &rules_used.patterns, add_pattern},
};

static int read_list(struct reader *r, const struct word *w, size_t which)
{
	struct span *span = (struct span *)(void *)((char *)r->rule + lists[which].span);
	const char *end = w->at + w->size;
	struct word item = {w->at + strlen(lists[which].name), 0};
	int result;

	if (span->count)
		return wrong(r, w, "second", "each condition once, with its values separated by commas");
	span->from = *lists[which].count;
	for (;; item.at += item.size + 1) {
		const char *comma = memchr(item.at, ',', (size_t)(end - item.at));

		item.size = (size_t)((comma ? comma : end) - item.at);
		if (item.size == 0)
			return wrong(r, w, "empty entry in", "values separated by commas, without blanks");
		result = lists[which].add(r, &item);
		if (result)
			return result;
		if (!comma)
			break;
	}
	span->count = (uint16_t)(*lists[which].count - span->from);
	return 0;
}

static int read_condition(struct reader *r, const struct word *w, bool *protocol_said)
{
	static const struct {
		const char *word;
		int protocol;
	} protocols[] = {{"any", 0}, {"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}};
	const char *can = calls[r->rule->call].conditions;
	char expected[120];

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (strstr(can, lists[i].name) && w->size >= strlen(lists[i].name) &&
		    memcmp(w->at, lists[i].name, strlen(lists[i].name)) == 0)
			return read_list(r, w, i);
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
		if (strstr(can, protocols[i].word) && is(w, protocols[i].word) && !*protocol_said) {
			r->rule->protocol = protocols[i].protocol;
			*protocol_said = true;
			return 0;
		}
	(void)log_text(expected, sizeof expected, "%s; at the end %s", can, calls[r->rule->call].actions);
	return wrong(r, w, "unknown or repeated word", expected);
}

static int read_action(struct reader *r, const struct word *w)
{
	const char *can = calls[r->rule->call].actions;

	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (strstr(can, actions[i].word) && is(w, actions[i].word)) {
			r->rule->action = actions[i].action;
			return 0;
		}
	return wrong(r, w, "unknown action", can);
}

/* Only this machine reaches the loopback network, but all hosts reach [::]. */
static int check_loopback(struct reader *r, const struct word *action)
{
	if (r->rule->action != RULES_DUAL)
		return 0;
	for (unsigned i = 0; i < r->rule->addresses.count; i++) {
		const struct prefix *p = &rules_table.prefixes[r->rule->addresses.from + i];

		if (!p->in6 && p->bits >= 104 && p->addr.s6_addr[12] == 127)
			return wrong(r, action, "127.0.0.0/8 can't be",
				     "ipv4, or ipv6, which is ::1: [::] is open to others");
	}
	return 0;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Takes the next word at *AT, before END, and moves *AT behind it. Size 0: the end. */
static struct word next_word(const char **at, const char *end)
{
	struct word w;

	while (*at < end && blank(**at))
		(*at)++;
	w.at = *at;
	while (*at < end && !blank(**at))
		(*at)++;
	w.size = (size_t)(*at - w.at);
	return w;
}

/* RULES_CALLS: none. */
static enum rules_call call_of(const struct word *w)
{
	unsigned call = 0;

	while (call < RULES_CALLS && !is(w, calls[call].word))
		call++;
	return (enum rules_call)call;
}

bool rules_begin(const char *line, size_t size)
{
	const char *at = line, *end = line + size;
	struct word first = next_word(&at, end), next = next_word(&at, end);

	return call_of(&first) != RULES_CALLS && !(next.size && *next.at == '=');
}

static int read_rule(struct reader *r, size_t size)
{
	const char *at = r->line, *end = r->line + size;
	struct word w = next_word(&at, end), next;
	bool protocol_said = false;
	int result = 0;

	r->rule->call = call_of(&w);
	if (r->rule->call == RULES_CALLS)
		return wrong(r, &w, "unknown word", "a rule, which begins with " RULES_WORDS);
	for (w = next_word(&at, end); result == 0; w = next) {
		next = next_word(&at, end);
		if (next.size == 0)
			break;
		result = read_condition(r, &w, &protocol_said);
	}
	if (result == 0)
		result = read_action(r, &w);
	return result ? result : check_loopback(r, &w);
}

/* Keeps the rule's words, one space apart. False: no room. */
static bool keep_text(const char *line, size_t size)
{
	const char *at = line, *end = line + size;
	char *to = rules_table.text + rules_used.text;
	struct word w;

	if (size + 2 > sizeof rules_table.text - rules_used.text)
		return false;
	while ((w = next_word(&at, end)).size) {
		if (to > rules_table.text + rules_used.text)
			*to++ = ' ';
		memcpy(to, w.at, w.size);
		to += w.size;
	}
	*to++ = '\n';
	*to = '\0';
	rules_used.text = (size_t)(to - rules_table.text);
	return true;
}

/* Whether RULE is for this program. */
static bool is_mine(const struct rule *rule)
{
	if (rule->programs.count == 0)
		return true;
	if (find_programs) {
		find_programs(programs);
		find_programs = NULL;
	}
	for (int i = 0; i < 2; i++)
		if (programs[i] && rules_match(&rule->programs, programs[i], strlen(programs[i])))
			return true;
	return false;
}

void rules_programs(void (*find)(const char *names[2]))
{
	find_programs = find;
}

int rules_add(const char *line, size_t size, struct rules_error *error)
{
	const uint16_t prefixes = rules_used.prefixes, ranges = rules_used.ranges,
		       patterns = rules_used.patterns, used = rules_used.pattern_bytes;
	struct rule rule = {.call = RULES_BIND};
	struct reader r = {.line = line, .rule = &rule, .error = error};
	struct word all = {line, 0};
	int result = rules_used.rules == RULES_MOST ? full(&r, &all, "rules") : read_rule(&r, size);

	if (result == 0 && !keep_text(line, size))
		result = full(&r, &all, "bytes");
	if (result == 0 && is_mine(&rule)) {
		rules_table.rules[rules_used.rules++] = rule;
		rules_used.any[rule.call] = true;
		return 0;
	}
	/* Another program's rule is kept as text only, for programs that this one executes. */
	rules_used.prefixes = prefixes;
	rules_used.ranges = ranges;
	rules_used.patterns = patterns;
	rules_used.pattern_bytes = used;
	return result;
}

void rules_clear(void)
{
	rules_used = (struct rules_used){.rules = 0};
}

const char *rules_text(void)
{
	return rules_used.text ? rules_table.text : "";
}

#include "config/settings.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/sockaddr.h"

/* The words that are a setting's values, by number, up to NULL. */
static const char *const yes_no[] = {"no", "yes", NULL};
static const char *const peers[] = {[SETTINGS_PEER_AUTO] = "auto",
				    [SETTINGS_PEER_SYNTHETIC] = "synthetic",
				    [SETTINGS_PEER_REAL] = "real",
				    NULL};
static const char *const loopbacks[] = {"ipv4", "synthetic", NULL};
static const char *const synthetics[] = {"asked", "always", NULL};
static const char *const orders[] = {"own", "ipv6", NULL};
static const char *const texts[] = {
    [SETTINGS_TEXT_AUTO] = "auto", [SETTINGS_TEXT_IPV6] = "ipv6", [SETTINGS_TEXT_IPV4] = "ipv4", NULL};

static int set_delay(struct settings *s, const char *value)
{
	long ms = rules_number(value, strlen(value), SETTINGS_DELAY_MOST);

	if (ms < 0)
		return -EINVAL;
	s->delay = (unsigned)ms;
	return 0;
}

/* 0.0.0.0/8, 127.0.0.0/8 and 224.0.0.0/4 mean something to every program and kernel (RFC 6890, 2.2.2;
 * RFC 5771). */
static bool is_meaningful(uint32_t net, long bits)
{
	const long common = bits < 8 ? bits : 8;

	return net >> 24 == 0 || net >> (32 - common) == 127u >> (8 - common) || net >> 28 == 14;
}

static int set_pool(struct settings *s, const char *value)
{
	const char *slash = strchr(value, '/');
	char text[INET_ADDRSTRLEN] = "";
	struct in_addr net;
	long bits = slash ? rules_number(slash + 1, strlen(slash + 1), POOL_NARROWEST) : -1;

	if (bits < POOL_WIDEST || (size_t)(slash - value) >= sizeof text)
		return -EINVAL;
	memcpy(text, value, (size_t)(slash - value));
	if (!sockaddr_parse(AF_INET, text, &net) || (ntohl(net.s_addr) & (UINT32_MAX >> bits)) ||
	    is_meaningful(ntohl(net.s_addr), bits))
		return -EINVAL;
	s->pool = ntohl(net.s_addr);
	s->pool_bits = (unsigned)bits;
	return 0;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A file name that ends in a blank can't be handed on, as blanks at the ends of lines are removed. */
static int set_log(struct settings *s, const char *value)
{
	size_t size = strlen(value);

	if (size >= sizeof s->log || strchr(value, '\n') || !log_understands(value) || blank(value[size - 1]))
		return -EINVAL;
	stpcpy(s->log, value);
	return 0;
}

/* "off", a prefix, "auto", or "auto:" and the prefix that was discovered. */
static int set_nat64(struct settings *s, const char *value)
{
	bool found = strncmp(value, "auto", 4) == 0;
	const char *at = found && value[4] ? value + 5 : value;
	const char *slash = strchr(at, '/');
	struct nat64_prefix prefix = {.bits = 0};
	char text[INET6_ADDRSTRLEN] = "";
	long bits = slash ? rules_number(slash + 1, strlen(slash + 1), 96) : 0;

	if (found && value[4] && value[4] != ':')
		return -EINVAL;
	if (strcmp(value, "auto") != 0 && strcmp(value, "off") != 0) {
		if (!slash || bits < 0 || (size_t)(slash - at) >= sizeof text)
			return -EINVAL;
		memcpy(text, at, (size_t)(slash - at));
		prefix.bits = (unsigned)bits;
		if (!sockaddr_parse(AF_INET6, text, &prefix.addr) || !nat64_prefix_valid(&prefix))
			return -EINVAL;
	}
	s->nat64_found = found;
	s->nat64_prefix = prefix;
	return 0;
}

static void print_delay(const struct settings *s, char *to)
{
	(void)log_text(to, 16, "%u", s->delay);
}

static void print_pool(const struct settings *s, char *to)
{
	(void)log_text(to, 32, "%u.%u.%u.%u/%u", s->pool >> 24, s->pool >> 16 & 255, s->pool >> 8 & 255,
		       s->pool & 255, s->pool_bits);
}

static void print_nat64(const struct settings *s, char *to)
{
	const struct sockaddr_in6 prefix = {.sin6_family = AF_INET6, .sin6_addr = s->nat64_prefix.addr};
	char text[SOCKADDR_TEXT];

	to = stpcpy(to, s->nat64_found ? "auto" : s->nat64_prefix.bits ? "" : "off");
	if (!s->nat64_prefix.bits)
		return;
	/* "[64:ff9b::]:0" */
	(void)sockaddr_text((const struct sockaddr *)&prefix, text);
	*strchr(text, ']') = '\0';
	(void)log_text(to, SOCKADDR_TEXT, "%s%s/%u", s->nat64_found ? ":" : "", text + 1,
		       s->nat64_prefix.bits);
}

static void print_log(const struct settings *s, char *to)
{
	stpcpy(to, s->log[0] ? s->log : "off");
}

/* A setting has its own functions, or is the number of one of WORDS, in the byte at FIELD. */
static const struct {
	const char *name;
	const char *expected;
	int (*set)(struct settings *s, const char *value);
	void (*print)(const struct settings *s, char *to);
	const char *const *words;
	size_t field;
} keys[] = {
    {"enabled", "yes or no", .words = yes_no, .field = offsetof(struct settings, enabled)},
    {"delay", "a number of milliseconds from 0 to 60000", set_delay, print_delay, NULL, 0},
    {"pool",
     "an IPv4 prefix of length 4 to 16, not in 0.0.0.0/8, 127.0.0.0/8 or 224.0.0.0/4, such as 240.0.0.0/4",
     set_pool, print_pool, NULL, 0},
    {"peer", "auto, synthetic or real", .words = peers, .field = offsetof(struct settings, peer)},
    {"loopback", "ipv4 or synthetic", .words = loopbacks,
     .field = offsetof(struct settings, loopback_synthetic)},
    {"synthetic", "asked or always", .words = synthetics,
     .field = offsetof(struct settings, synthetic_always)},
    {"prefer", "own or ipv6", .words = orders, .field = offsetof(struct settings, prefer_in6)},
    {"nat64", "auto, off, or an IPv6 prefix of length 32, 40, 48, 56, 64 or 96", set_nat64, print_nat64, NULL,
     0},
    {"text", "auto, ipv6 or ipv4", .words = texts, .field = offsetof(struct settings, text)},
    {"log", "off, error, info or debug, and after a colon, stderr, syslog or a file's absolute path", set_log,
     print_log, NULL, 0},
};

enum { KEYS = sizeof keys / sizeof *keys };

static const struct settings usual = {.enabled = true,
				      .delay = SETTINGS_DELAY_DEFAULT,
				      .nat64_found = true,
				      .pool = POOL_DEFAULT,
				      .pool_bits = POOL_WIDEST};

void settings_default(struct settings *s)
{
	memcpy(s, &usual, offsetof(struct settings, log));
	s->log[0] = '\0';
}

static int set(struct settings *s, size_t key, const char *value)
{
	if (!keys[key].words)
		return keys[key].set(s, value);
	for (unsigned char i = 0; keys[key].words[i]; i++)
		if (strcmp(keys[key].words[i], value) == 0) {
			((unsigned char *)s)[keys[key].field] = i;
			return 0;
		}
	return -EINVAL;
}

static void print(const struct settings *s, size_t key, char *to)
{
	if (keys[key].words)
		stpcpy(to, keys[key].words[((const unsigned char *)s)[keys[key].field]]);
	else
		keys[key].print(s, to);
}

int settings_set(struct settings *s, const char *name, const char *value, const char **expected)
{
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(keys[i].name, name) == 0) {
			*expected = keys[i].expected;
			return set(s, i, value);
		}
	return -ENOENT;
}

const char *settings_name(size_t number)
{
	return number < KEYS ? keys[number].name : NULL;
}

void settings_say(struct rules_error *error, const char *what, const char *value, const char *expected)
{
	char quoted[48] = "";
	size_t size = strlen(value);

	if (size)
		(void)log_text(quoted, sizeof quoted - 2, "'%s", value);
	if (size)
		stpcpy(quoted + strlen(quoted), size < sizeof quoted - 4 ? "'" : "~");
	(void)log_text(error->text, sizeof error->text, "%s%s, expected %s", what, quoted, expected);
}

/* A line of a configuration, without blanks around it. */
struct line {
	const char *from; /* its first column */
	const char *at;
	size_t size;
};

/* Takes the line at *TEXT, before END, and moves *TEXT behind it. */
static struct line next_line(const char **text, const char *end)
{
	const char *newline = memchr(*text, '\n', (size_t)(end - *text));
	struct line l = {.from = *text, .at = *text};
	const char *last = newline ? newline : end;

	*text = newline ? newline + 1 : end;
	while (l.at < last && blank(*l.at))
		l.at++;
	while (last > l.at && blank(last[-1]))
		last--;
	l.size = (size_t)(last - l.at);
	return l;
}

static int wrong(struct rules_error *error, const struct line *l, const char *at, const char *what,
		 const char *value, const char *expected)
{
	error->column = (unsigned)(at - l->from) + 1;
	settings_say(error, what, value, expected);
	return -EINVAL;
}

static int parse_setting(struct settings *s, const struct line *l, unsigned *said, struct rules_error *error)
{
	const char *equals = memchr(l->at, '=', l->size), *end = l->at + l->size, *value;
	size_t size = equals ? (size_t)(equals - l->at) : 0, key = 0;
	char text[sizeof s->log];
	const char *expected;

	while (size && blank(l->at[size - 1]))
		size--;
	while (key < KEYS && (strlen(keys[key].name) != size || memcmp(keys[key].name, l->at, size) != 0))
		key++;
	if (!equals || key == KEYS)
		return wrong(error, l, l->at, "unknown word", "",
			     "enabled, delay, pool, peer, loopback, synthetic, prefer, nat64, text or log, = "
			     "and a value, "
			     "or a rule, which begins with " RULES_WORDS);
	if (*said & 1u << key)
		return wrong(error, l, l->at, "second ", keys[key].name, "each setting once");
	*said |= 1u << key;
	for (value = equals + 1; value < end && blank(*value); value++)
		;
	if ((size_t)(end - value) >= sizeof text)
		return wrong(error, l, value, "value too long", "", keys[key].expected);
	memcpy(text, value, (size_t)(end - value));
	text[end - value] = '\0';
	if (settings_set(s, keys[key].name, text, &expected) != 0)
		return wrong(error, l, value, *text ? "unknown value " : "no value", text, expected);
	return 0;
}

int settings_parse(struct settings *s, const char *text, size_t size, struct rules_error *error)
{
	const char *end = text + size;
	unsigned said = 0;
	int result = 0;

	for (error->line = 1; text < end; error->line++) {
		struct line l = next_line(&text, end);

		if (memchr(l.at, '\0', l.size))
			return wrong(error, &l, memchr(l.at, '\0', l.size), "a NUL byte", "", "text");
		if (s && (l.size == 0 || *l.at == '#'))
			continue;
		if (!s || rules_begin(l.at, l.size)) {
			result = rules_add(l.at, l.size, error);
			error->column += (unsigned)(l.at - l.from);
		} else {
			result = parse_setting(s, &l, &said, error);
		}
		if (result)
			return result;
	}
	return 0;
}

void settings_print(const struct settings *s, bool all, char *text)
{
	char plain[SOCKADDR_TEXT];

	for (size_t i = 0; i < KEYS; i++) {
		char *value = stpcpy(stpcpy(text, keys[i].name), " = ");

		print(s, i, value);
		print(&usual, i, plain);
		if (all || strcmp(value, plain) != 0)
			text = stpcpy(value + strlen(value), "\n");
	}
	stpcpy(text, rules_text());
}

#define _GNU_SOURCE
#include "config/config.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/large.h"
#include "base/log.h"
#include "config/loader.h"
#include "config/rules.h"

struct config config;

/* The texts that keep() stores. */
enum {
	TEXT_BYTES = sizeof "DUALSTACK_KEY=" + 32 + sizeof "DUALSTACK_SETTINGS=" + SETTINGS_TEXT +
		     sizeof((struct settings *)0)->log
};

/* The stored texts, one after another. They are copies, because programs overwrite their environment to show
 * a title in ps(1). */
LARGE static char texts[TEXT_BYTES];
static char *next_text = texts;

/* Stores the text that the caller has put at NEXT_TEXT. */
static const char *keep(void)
{
	const char *kept = next_text;

	next_text += strlen(next_text) + 1;
	return kept;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads 32 lower-case hexadecimal digits into 16 bytes. -EINVAL: TEXT is anything else. */
static int key_parse(const char *text, unsigned char *bytes)
{
	for (int i = 0; i < 16; i++) {
		int high = hex_digit(text[2 * i]), low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);

		if (low < 0)
			return -EINVAL;
		bytes[i] = (unsigned char)(high << 4 | low);
	}
	return text[32] ? -EINVAL : 0;
}

/* Early in boot the kernel has no random numbers yet, and a service must not wait for them. Then the key is a
 * hash of the random bytes that the kernel gave the process for its stack protector. */
static void key_invent(unsigned char *bytes)
{
	static const struct hash_key fixed[2] = {{1, 2}, {3, 4}};
	const void *seed;

	if (getrandom(bytes, 16, GRND_NONBLOCK) == 16)
		return;
	/* getauxval(3): AT_RANDOM is the address of sixteen bytes containing a random value. */
	memset(bytes, 0, 16);
	memcpy(&seed, &(unsigned long){getauxval(AT_RANDOM)}, sizeof seed);
	for (int i = 0; seed && i < 2; i++)
		memcpy(bytes + 8 * i, &(uint64_t){hash_bytes(&fixed[i], seed, 16)}, 8);
}

static void load_key(void)
{
	const char *given = secure_getenv("DUALSTACK_KEY");
	unsigned char bytes[16];
	char *to;

	config.inherited = given && key_parse(given, bytes) == 0;
	if (!config.inherited)
		key_invent(bytes);
	memcpy(&config.key.k0, bytes, 8);
	memcpy(&config.key.k1, bytes + 8, 8);
	to = stpcpy(next_text, "DUALSTACK_KEY=");
	for (int i = 0; i < 16; i++) {
		*to++ = "0123456789abcdef"[bytes[i] >> 4];
		*to++ = "0123456789abcdef"[bytes[i] & 15];
	}
	*to = '\0';
	config.variables[CONFIG_KEY] = keep();
}

/* The last part of PATH, which may be NULL. */
static const char *last_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

/* This program's names, for rules with program=: the last part of the pathname that was executed
 * (getauxval(3), AT_EXECFN), which for a script is its own, and of the running program. */
static void find_program(const char *names[2])
{
	LARGE static char running[PATH_MAX];
	const char *executed;
	ssize_t size = readlink("/proc/self/exe", running, sizeof running - 1);

	memcpy(&executed, &(unsigned long){getauxval(AT_EXECFN)}, sizeof executed);
	running[size > 0 ? size : 0] = '\0';
	names[0] = last_of(executed);
	names[1] = last_of(running);
}

/* An incomplete set of rules is never used. */
static void give_up(const struct loader_error *e)
{
	const char *asked = secure_getenv("DUALSTACK_LOG");

	rules_clear();
	config.active = false;
	if (!asked || log_setup(asked) != 0)
		(void)log_setup("error:syslog");
	if (e->at.line)
		log_line(LOG_LEVEL_ERROR, "%s:%u:%u: %s; doing nothing", e->place, e->at.line, e->at.column,
			 e->at.text);
	else
		log_line(LOG_LEVEL_ERROR, "%s: %s; doing nothing", e->place, e->at.text);
}

/* Applies the settings of known_programs.def for this program. */
static void know_program(void)
{
	static const struct {
		const char *name;
		enum settings_text text;
		bool questions;
	} known[] = {
#define KNOWN(program, ...) {.name = program, __VA_ARGS__},
#include "config/known_programs.def"
#undef KNOWN
	};
	const char *executed;

	memcpy(&executed, &(unsigned long){getauxval(AT_EXECFN)}, sizeof executed);
	executed = last_of(executed);
	for (size_t i = 0; executed && i < sizeof known / sizeof *known; i++)
		if (strcmp(executed, known[i].name) == 0) {
			config.text = config.text == SETTINGS_TEXT_AUTO ? known[i].text : config.text;
			config.questions = known[i].questions;
		}
}

/* The text for this program, by a rule or else by the setting. */
static enum settings_text text_for_program(enum settings_text text)
{
	switch (rules_ask_program(RULES_TEXTS)) {
	case RULES_AUTO:
		return SETTINGS_TEXT_AUTO;
	case RULES_IPV6:
		return SETTINGS_TEXT_IPV6;
	case RULES_IPV4:
		return SETTINGS_TEXT_IPV4;
	default:
		return text;
	}
}

/* One variable holds all settings: a program that is executed later may not reach the file, or may find
 * another. */
static void apply(const struct settings *s)
{
	settings_print(s, false, stpcpy(next_text, "DUALSTACK_SETTINGS="));
	config.variables[CONFIG_SETTINGS] = keep();
	config.text = text_for_program((enum settings_text)s->text);
	know_program();
	config.literals = rules_ask_program(RULES_LITERALS);
	config.keep_deepbind = rules_ask_program(RULES_DEEPBIND) == RULES_ON;
	config.delay = s->delay;
	config.peer = (enum settings_peer)s->peer;
	config.loopback_synthetic = s->loopback_synthetic;
	config.prefer_in6 = s->prefer_in6;
	config.synthetic_always = s->synthetic_always;
	config.pool = s->pool;
	config.pool_bits = s->pool_bits;
	config.nat64_auto = s->nat64 && s->nat64_found;
	if (s->nat64)
		config.nat64_prefix = s->nat64_prefix;
	if (s->log[0]) {
		stpcpy(next_text, s->log);
		(void)log_setup(keep());
	}
}

void config_load(void)
{
	const char *disable = secure_getenv("DUALSTACK_DISABLE");
	struct loader_error error;
	struct settings settings;
	int saved = errno;

	/* A disabled library reads no configuration, so a bad one does not matter. */
	if (disable && *disable && strcmp(disable, "0") != 0)
		return;
	settings_default(&settings);
	rules_programs(find_program);
	if (loader_configuration(&settings, NULL, &error) != 0) {
		give_up(&error);
	} else {
		(void)loader_variables(&settings, &error);
		config.active = settings.enabled;
		apply(&settings);
	}
	if (config.active)
		load_key();
	errno = saved;
}

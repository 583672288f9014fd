#define _GNU_SOURCE
#include "config/config.h"

#include <endian.h>
#include <errno.h>
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

/* Copies, because programs overwrite their environment to show a title in ps(1). */
static char key_variable[sizeof "DUALSTACK_KEY=" + 2 * sizeof(struct hash_key)];
LARGE static char settings_variable[sizeof "DUALSTACK_SETTINGS=" + SETTINGS_TEXT];

static const char digits[] = "0123456789abcdef";

/* The key as little-endian numbers, and back, so that a text means the same key on every machine. */
static struct hash_key little_endian(struct hash_key key)
{
	return (struct hash_key){le64toh(key.k0), le64toh(key.k1)};
}

/* Reads 32 digits. False if TEXT is anything else. */
static bool key_parse(const char *text, struct hash_key *key)
{
	unsigned char bytes[sizeof *key] = {0};

	for (size_t i = 0; i < 2 * sizeof bytes; i++) {
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (!digit)
			return false;
		bytes[i / 2] = (unsigned char)(bytes[i / 2] << 4 | (digit - digits));
	}
	memcpy(key, bytes, sizeof bytes);
	*key = little_endian(*key);
	return !text[2 * sizeof bytes];
}

/* sprintf(3) would cost each process three page faults. */
static void key_print(const struct hash_key *key, char *to)
{
	const struct hash_key ordered = little_endian(*key);
	unsigned char bytes[sizeof *key];

	memcpy(bytes, &ordered, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 15];
	}
	*to = '\0';
}

/* getauxval(3), for an address; may be NULL. */
static const void *auxiliary(unsigned long type)
{
	const void *at;

	memcpy(&at, &(unsigned long){getauxval(type)}, sizeof at);
	return at;
}

/* Early in boot the kernel has no random numbers yet, and a service must not wait for them. Then the key is a
 * hash of the random bytes that the kernel gave the process for its stack protector. */
static void key_invent(struct hash_key *key)
{
	static const struct hash_key fixed[2] = {{1, 2}, {3, 4}};
	const void *seed = auxiliary(AT_RANDOM);

	if (getrandom(key, sizeof *key, GRND_NONBLOCK) == sizeof *key || !seed)
		return;
	key->k0 = hash_bytes(&fixed[0], seed, 16);
	key->k1 = hash_bytes(&fixed[1], seed, 16);
}

static void load_key(void)
{
	const char *given = secure_getenv("DUALSTACK_KEY");

	config.inherited = given && key_parse(given, &config.key);
	if (!config.inherited)
		key_invent(&config.key);
	key_print(&config.key, stpcpy(key_variable, "DUALSTACK_KEY="));
	config.variables[CONFIG_KEY] = key_variable;
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
	ssize_t size = readlink("/proc/self/exe", running, sizeof running - 1);

	running[size > 0 ? size : 0] = '\0';
	names[0] = last_of(auxiliary(AT_EXECFN));
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
		unsigned char text;
		bool questions;
	} known[] = {
#define KNOWN(program, ...) {.name = program, __VA_ARGS__},
#include "config/known_programs.def"
#undef KNOWN
	};
	const char *executed = last_of(auxiliary(AT_EXECFN));

	for (size_t i = 0; executed && i < sizeof known / sizeof *known; i++)
		if (strcmp(executed, known[i].name) == 0) {
			if (config.settings.text == SETTINGS_TEXT_AUTO)
				config.settings.text = known[i].text;
			config.questions = known[i].questions;
		}
}

/* One variable holds all settings: a program that is executed later may not reach the file, or may find
 * another. */
static void apply(struct settings *s)
{
	static const unsigned char by_rule[] = {[RULES_AUTO] = SETTINGS_TEXT_AUTO,
						[RULES_IPV6] = SETTINGS_TEXT_IPV6,
						[RULES_IPV4] = SETTINGS_TEXT_IPV4};
	enum rules_action text = rules_ask_program(RULES_TEXTS);

	settings_print(s, false, stpcpy(settings_variable, "DUALSTACK_SETTINGS="));
	config.variables[CONFIG_SETTINGS] = settings_variable;
	if (text)
		s->text = by_rule[text];
	know_program();
	config.literals = rules_ask_program(RULES_LITERALS);
	config.keep_deepbind = rules_ask_program(RULES_DEEPBIND) == RULES_ON;
	if (s->log[0])
		(void)log_setup(s->log);
}

void config_load(void)
{
	const char *disable = secure_getenv("DUALSTACK_DISABLE");
	struct loader_error error;
	struct settings *settings = &config.settings;
	int saved = errno;

	/* A disabled library reads no configuration, so a bad one does not matter. */
	if (disable && *disable && strcmp(disable, "0") != 0)
		return;
	settings_default(settings);
	rules_programs(find_program);
	if (loader_configuration(settings, NULL, &error) != 0) {
		give_up(&error);
	} else {
		(void)loader_variables(settings, &error);
		config.active = settings->enabled;
		apply(settings);
	}
	if (config.active)
		load_key();
	errno = saved;
}

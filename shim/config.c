#define _GNU_SOURCE
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>

#include "hash.h"
#include "heir.h"
#include "log.h"
#include "peers.h"

struct config config;

static char key_variable[sizeof "DUALSTACK_KEY=" + 32];
static char log_variable[PATH_MAX + 32];

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 32 hexadecimal digits into 16 bytes; -EINVAL when TEXT is anything else. */
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

/* Early in boot the kernel has no random numbers yet and a service must not wait for them; then what it
 * gave the process for its stack protector serves, hashed, so that it can't be read from the key. */
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
	struct hash_key key;
	char *to;

	if (!given || key_parse(given, bytes) != 0)
		key_invent(bytes);
	memcpy(&key.k0, bytes, 8);
	memcpy(&key.k1, bytes + 8, 8);
	peers_key(&key);
	to = stpcpy(key_variable, "DUALSTACK_KEY=");
	for (int i = 0; i < 16; i++) {
		*to++ = "0123456789abcdef"[bytes[i] >> 4];
		*to++ = "0123456789abcdef"[bytes[i] & 15];
	}
	config.variables[CONFIG_KEY] = key_variable;
}

/* Copied, because programs overwrite their environment to show a title in ps(1). */
static void load_log(void)
{
	const char *given = secure_getenv("DUALSTACK_LOG");
	int size = given ? snprintf(log_variable, sizeof log_variable, "DUALSTACK_LOG=%s", given) : 0;

	if (size <= 0 || (size_t)size >= sizeof log_variable)
		return;
	if (log_setup(log_variable + strlen("DUALSTACK_LOG=")) == 0)
		config.variables[CONFIG_LOG] = log_variable;
}

static void load_text(void)
{
	const char *given = secure_getenv("DUALSTACK_TEXT");

	config.text_in = given && strcmp(given, "ipv4") == 0;
	if (config.text_in)
		config.variables[CONFIG_TEXT] = "DUALSTACK_TEXT=ipv4";
}

static void load_delay(void)
{
	static char variable[sizeof "DUALSTACK_DELAY=" + 8];
	const char *given = secure_getenv("DUALSTACK_DELAY");
	size_t digits = given ? strspn(given, "0123456789") : 0;
	long ms;

	config.delay = CONFIG_DELAY_DEFAULT;
	if (digits == 0 || digits > 5 || given[digits])
		return;
	ms = strtol(given, NULL, 10);
	if (ms > CONFIG_DELAY_MOST)
		return;
	config.delay = (unsigned)ms;
	stpcpy(stpcpy(variable, "DUALSTACK_DELAY="), given);
	config.variables[CONFIG_DELAY] = variable;
}

/* A relative path in LD_PRELOAD means another file, or none, once the daemon has changed directory. One with
 * a colon or a space can't be named there, and its parts would be taken for other files. */
static void find_library(void)
{
	Dl_info info;

	if (!dladdr(&config, &info) || !info.dli_fname)
		return;
	/* An absolute one stays as it was given: a service may be pointed at another version by a link. */
	if (*info.dli_fname == '/' && strlen(info.dli_fname) < sizeof config.library_file)
		stpcpy(config.library_file, info.dli_fname);
	else if (!realpath(info.dli_fname, config.library_file))
		config.library_file[0] = '\0';
	if (strpbrk(config.library_file, ": "))
		config.library_file[0] = '\0';
	if (!heir_entry(secure_getenv("LD_PRELOAD"), config.library_file, config.library))
		stpcpy(config.library, config.library_file);
}

void config_load(void)
{
	const char *disable = secure_getenv("DUALSTACK_DISABLE");
	int saved = errno;

	config.active = !disable || !*disable || strcmp(disable, "0") == 0;
	if (config.active) {
		load_key();
		load_log();
		load_text();
		load_delay();
		find_library();
	}
	errno = saved;
}

/* The environment of a program that inherits a widened socket: it has the library's variables, its own
 * unchanged and in order, and fits the size that was asked for; and entries of LD_PRELOAD with $LIB. The
 * input is texts, separated by 0. */
#include "../fuzz.h"

#include <limits.h>
#include <stdbool.h>

#include "config/config.h"
#include "process/inheritance.h"
#include "process/library.h"

#define LIBRARY "/l/$LIB/libdualstack.so"

struct config config = {.active = true, .variables = {"DUALSTACK_KEY=00", "DUALSTACK_SETTINGS=delay = 1\n"}};

/* The program inherits a marked socket. */
static bool inherits(bool cloexec_too)
{
	(void)cloexec_too;
	return true;
}

static bool is_of(const char *entry, const char *variable)
{
	return strncmp(entry, variable, strcspn(variable, "=") + 1) == 0;
}

static unsigned count_of(char *const *env, const char *variable)
{
	unsigned count = 0;

	for (; *env; env++)
		count += is_of(*env, variable);
	return count;
}

/* MADE has ENV without LD_PRELOAD and the variables, in the same order. */
static void has_all(char *const *env, char *const *made)
{
	for (; *env; env++) {
		if (is_of(*env, "LD_PRELOAD="))
			continue;
		while (*made && *made != *env)
			made++;
		assert(*made);
	}
}

/* Whether VALUE names this library, split as by ld.so(8). */
static bool names_it(const char *value)
{
	static const char name[] = "libdualstack.so";

	for (const char *at = value; (at = strstr(at, name)); at++) {
		char behind = at[sizeof name - 1];

		if ((at == value || strchr("/: ", at[-1])) && (!behind || behind == ':' || behind == ' '))
			return true;
	}
	return false;
}

static void complete(char *const *env)
{
	void *memory, *text;
	struct inheritance need, again;
	char **slots;

	if (!inheritance_needs(env, inherits, false, &need)) {
		for (unsigned i = 0; i < CONFIG_VARIABLES; i++)
			assert(count_of(env, config.variables[i]));
		assert(count_of(env, "LD_PRELOAD="));
		return;
	}
	slots = exactly(need.slots * sizeof *slots, 0, &memory);
	text = malloc(need.size);
	inheritance_environment(env, slots, text);
	has_all(env, slots);
	for (unsigned i = 0; i < CONFIG_VARIABLES; i++)
		assert(count_of(slots, config.variables[i]) ==
		       (count_of(env, config.variables[i]) ? count_of(env, config.variables[i]) : 1));
	for (char *const *at = slots; *at; at++)
		assert(!is_of(*at, "LD_PRELOAD=") || names_it(*at + strlen("LD_PRELOAD=")));
	assert(count_of(slots, "LD_PRELOAD="));
	assert(!inheritance_needs(slots, inherits, false, &again));
	free(text);
	free(memory);
}

/* FILE is an ENTRY of PRELOAD with something in place of $LIB. */
static void expand(const char *preload, const char *file)
{
	static char entry[PATH_MAX];
	char *token;
	size_t behind, before;

	if (!library_find_entry(preload, file, entry))
		return;
	assert(strlen(entry) < PATH_MAX && strstr(preload, entry));
	token = strchr(entry, '$');
	before = (size_t)(token - entry);
	behind = strlen(token + (token[1] == '{' ? 6 : 4));
	assert(strlen(file) > before + behind);
	assert(strncmp(file, entry, before) == 0);
	assert(strcmp(file + strlen(file) - behind, entry + strlen(entry) - behind) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct library here = {"/", LIBRARY};
	char *text = calloc(1, size + 1), *env[64];
	unsigned count = 0;

	library = here;
	if (size)
		memcpy(text, data, size);
	for (size_t at = 0; at < size && count < 63; at += strlen(text + at) + 1)
		env[count++] = text + at;
	env[count] = NULL;
	complete(env);
	if (count >= 2)
		expand(env[0], env[1]);
	free(text);
	return 0;
}

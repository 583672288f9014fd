/* What the configuration and the environment ask for, read once when the library is loaded. */
#ifndef DUALSTACK_CONFIG_H
#define DUALSTACK_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/hash.h"
#include "config/nat64_prefix.h"
#include "config/settings.h"

/* The variables that make a program run under the library as this one does. An heir of a widened socket whose
 * environment was cleaned gets them, each as "NAME=value" (inheritance.h). */
enum config_variable { CONFIG_KEY, CONFIG_SETTINGS, CONFIG_VARIABLES };

struct config {
	bool active;             /* false: every hook passes its call through */
	enum settings_text text; /* as in struct settings, as the next two */
	unsigned delay;
	enum settings_peer peer;
	bool inherited;      /* executed by a program under the library, as the key tells that it handed on */
	bool nat64_auto;     /* a translator's prefix may be looked for */
	struct hash_key key; /* of synthetic addresses */
	uint32_t pool;       /* as in struct settings, as the next */
	unsigned pool_bits;
	struct nat64_prefix nat64_prefix;        /* a translator's, if it is known; else of no bits */
	const char *variables[CONFIG_VARIABLES]; /* "NAME=value"; NULL only while nothing was loaded */
};

/* Constant once config_load() has returned: any thread and any signal handler may read it. */
extern __attribute__((visibility("hidden"))) struct config config;

/* Reads the configuration and the variables (loader.h) and DUALSTACK_KEY. Called once, when the library is
 * loaded. A variable whose value is not understood is as if not set: the launcher is where bad values are
 * refused, a running daemon is not. With a configuration that is not understood the library stays inactive,
 * and says so to the log; to syslog, where no log was asked for. */
void config_load(void);

#endif

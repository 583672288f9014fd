/* The configuration and the environment, read once when the library is loaded. */
#ifndef DUALSTACK_CONFIG_H
#define DUALSTACK_CONFIG_H

#include <stdbool.h>

#include "base/hash.h"
#include "config/rule.h"
#include "config/settings.h"

/* The variables by which a program runs under the library as this one does. A program that inherits a widened
 * socket gets those that it lacks, each as "NAME=value" (process/inheritance.h). */
enum config_variable { CONFIG_KEY, CONFIG_SETTINGS, CONFIG_VARIABLES };

struct config {
	bool active;                /* false: every hook passes its call through */
	bool inherited;             /* a program under the library executed this one and handed its key on */
	bool keep_deepbind;         /* RTLD_DEEPBIND of dlopen(3) stays */
	bool questions;             /* the program binds a random port for each question of its own */
	enum rules_action literals; /* IPv6 ones where IPv4 is asked for: RULES_ON, RULES_OFF, or else */
	struct hash_key key;        /* of synthetic addresses */
	const char *variables[CONFIG_VARIABLES]; /* "NAME=value"; not NULL if ACTIVE */
	struct settings settings; /* TEXT is what the rules and known_programs.def make of it */
};

/* Constant once config_load() has returned: any thread and any signal handler may read it. */
extern __attribute__((visibility("hidden"))) struct config config;

/* Reads the configuration, the variables (loader.h) and DUALSTACK_KEY. Called once, when the library is
 * loaded; leaves errno alone. A variable with a bad value is ignored: the launcher refuses bad values, a
 * running daemon does not. With a bad configuration the library stays inactive and logs that, to syslog if no
 * log was asked for. */
void config_load(void);

#endif

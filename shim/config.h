/* What the environment asks for, read once when the library is loaded. */
#ifndef DUALSTACK_CONFIG_H
#define DUALSTACK_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* The variables that make a program run under the library. An heir of a widened socket whose
 * environment was cleaned gets those that were set, each as "NAME=value" (heir.h). */
enum config_variable { CONFIG_KEY, CONFIG_LOG, CONFIG_TEXT, CONFIG_DELAY, CONFIG_VARIABLES };

/* RFC 8305, 5: the recommended Connection Attempt Delay. */
#define CONFIG_DELAY_DEFAULT 250
#define CONFIG_DELAY_MOST 60000

struct config {
	bool active;    /* false: every hook passes its call through */
	bool text_in;   /* a synthetic address is text as what it is, not as the IPv6 address it stands for */
	unsigned delay; /* ms, RFC 8305's Connection Attempt Delay (5); 0: one attempt after the other */
	char library_file[PATH_MAX];             /* this library's absolute path; "" where unknown */
	char library[PATH_MAX];                  /* as LD_PRELOAD is to name it: the path, or with $LIB */
	const char *variables[CONFIG_VARIABLES]; /* "NAME=value", or NULL when not set */
};

/* Constant once config_load() has returned: any thread and any signal handler may read it. */
extern struct config config;

/* Reads DUALSTACK_DISABLE, _DELAY, _KEY, _LOG and _TEXT and hands each to the file that it is for.
 * Called once, when the library is loaded. A variable whose value is not understood is as if not set:
 * the launcher is where bad values are refused, a running daemon is not. */
void config_load(void);

#endif

/* What the scenarios (scenarios.h) and the sweep (sweep.c) have in common. */
#ifndef TESTS_SWEEP_H
#define TESTS_SWEEP_H

#include <netinet/in.h>
#include <stdbool.h>

#include "inject.h"

struct scenario {
	const char *name;
	void (*run)(void);
	/* "LABEL: OUTCOME", for each that is neither what it is natively nor what it is with the library, and
	 * is as it has to be where a call of the library's fails. */
	const char *also[8];
	bool connects; /* to a name, with several attempts */
};
/* By room, each up to one without a name. */
extern const struct scenario server_scenarios[], client_scenarios[], resolver_scenarios[],
    process_scenarios[], config_scenarios[];

extern struct page *page;
extern const char *self; /* the program's path */
extern in_port_t port;   /* of this run alone, host byte order */

/* A program that is executed by a scenario; ARGS as it gave them. */
int scenario_child(char **args);

/* What is seen is "LABEL: OUTCOME", one line each, no label twice. */
__attribute__((format(printf, 2, 3))) void say(const char *label, const char *format, ...);

/* Around each call of the program's: which row it has, and what came of it, "ok" or the error. Returns
 * whether it went well. */
void begin(enum row own);
bool ended(const char *label, long result);

/* Runs S in a process of its own, and returns its status. What it has seen is in the page. */
int run_in_child(const struct scenario *s);

#endif

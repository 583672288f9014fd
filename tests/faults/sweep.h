/* Shared by the scenarios (scenarios.h) and the sweep (sweep.c). */
#ifndef TESTS_SWEEP_H
#define TESTS_SWEEP_H

#include <netinet/in.h>
#include <stdbool.h>

#include "inject.h"

struct scenario {
	const char *name;
	void (*run)(void);
	/* Further "LABEL: OUTCOME" that are right if a call of the library's fails, though they differ from
	 * those without the library and with it. */
	const char *also[8];
	bool connects; /* to a name, with several attempts */
};
/* By room; each ends with one without a name. */
extern const struct scenario server_scenarios[], client_scenarios[], resolver_scenarios[],
    process_scenarios[], config_scenarios[];

extern struct page *page;
extern const char *self; /* the program's path */
extern in_port_t port;   /* of this run alone; host byte order */

/* The program that a scenario executes, with the ARGS that it gave. */
int scenario_child(char **args);

/* Notes "LABEL: OUTCOME", a line each, no label twice. */
__attribute__((format(printf, 2, 3))) void say(const char *label, const char *format, ...);

/* Before and after each call of the program's: its row, and its outcome, "ok" or the error. Returns whether
 * it has succeeded. */
void begin(enum row own);
bool ended(const char *label, long result);

/* Runs S in a process of its own, and returns its status. The page has what it has seen. */
int run_in_child(const struct scenario *s);

#endif

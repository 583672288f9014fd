/* dualstack-run: the command line, and the functions of its parts. It is an ordinary program: functions may
 * allocate (keep.h), print and exit; they fail with tool_fail(). */
#ifndef DUALSTACK_LAUNCHER_H
#define DUALSTACK_LAUNCHER_H

#include <stdbool.h>
#include <stdio.h>

#include "config/settings.h"
#include "tool/keep.h"

/* The installed directory of library and tool, "" for the launcher's own; and what ld.so(8) expands $LIB to
 * in programs of its word size, "" if there is no $LIB in the library's path. */
extern const char place_directory[], place_lib[];

struct command_line {
	const char *mode; /* "check", "enable" and so on; NULL: run a command */
	bool print, anyway, explain;
	const char *config;      /* --config; NULL if it is not given */
	const char *rules;       /* those of --rule, each with a newline behind it */
	struct texts settings;   /* names of settings given as options; their variables are set */
	struct texts tool;       /* options that the tool understands, as "--NAME" or "--NAME=VALUE" */
	char **words, **options; /* the words behind the options; NULL at the end */
};

void usage_print(FILE *to);

/* PATH itself if it begins with a slash, else below the current directory. PLACE, an option or a variable, is
 * for the error. */
const char *absolute(const char *path, const char *place);

/* The configuration that results from CL, the variables and the file. */
void configuration_load(const struct command_line *cl, struct settings *s);

/* Prints it in the form of the file, each source above its lines. */
void configuration_print(const struct command_line *cl, const struct settings *s);

/* Puts it into DUALSTACK_SETTINGS, after a search for a NAT64 translator if this host needs one. */
void configuration_hand_on(struct settings *s);

/* Sets the paths of program/library.h. Fails if library or tool is not there. */
void command_find_library(void);

/* Executes the tool for CL->mode. */
__attribute__((noreturn)) void command_tool(const struct command_line *cl);

/* Executes CL's command, with the library if ENABLED. Exits with 126 or 127 if that is not possible (env(1)).
 */
__attribute__((noreturn)) void command_run(const struct command_line *cl, bool enabled);

/* Forks. Returns in the child, where the command NAME is to run with a library that logs for --explain. The
 * parent waits for it, prints the summary, and exits with its status. */
void explain_begin(const char *name);

#endif

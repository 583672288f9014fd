/* dualstack-tool implements dualstack-run's options that replace a command. It is an ordinary program, never
 * part of a service: it links the library's inner files (rules, addresses, the mark) and may allocate, print
 * and exit. dualstack-run executes it as "dualstack-tool COMMAND ARG...", without LD_PRELOAD. Its messages
 * are dualstack-run's. */
#ifndef DUALSTACK_TOOL_H
#define DUALSTACK_TOOL_H

/* The exit status if dualstack-run itself fails: bad options, rules, files (env(1), timeout(1)). */
#define TOOL_FAILED 125

/* Prints "dualstack-run: " and the line on standard error and exits with TOOL_FAILED. Control characters are
 * shown as "?", so that it stays one line. */
__attribute__((noreturn, format(printf, 1, 2))) void tool_fail(const char *format, ...);

/* Prints the same line, and returns. */
__attribute__((format(printf, 1, 2))) void tool_warn(const char *format, ...);

/* Exits with STATUS if all that was printed could be written, else fails. */
__attribute__((noreturn)) void tool_exit(int status);

/* The commands. ARGV[0] is the command's name, and its arguments follow. Each returns the exit status. */
int tool_check(int argc, char **argv);
int tool_disable(int argc, char **argv);
int tool_enable(int argc, char **argv);
int tool_probe(int argc, char **argv);
int tool_status(int argc, char **argv);
int tool_translator(int argc, char **argv);
int tool_who(int argc, char **argv);

#endif

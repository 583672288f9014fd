/* The command lines of the tool's commands: options, then words; "--" ends the options. */
#ifndef DUALSTACK_ARGUMENTS_H
#define DUALSTACK_ARGUMENTS_H

struct argument_option {
	const char *name; /* "--json", or with its value behind it "--timeout="; NULL ends a table */
	void *to;         /* a bool that becomes true; with TAKE, whatever that needs */
	void (*take)(void *to, const char *value); /* or NULL; VALUE is "" for an option without one */
};

/* Reads ARGV, which begins with the command's name, into the targets of OPTIONS and up to MOST WORDS. Returns
 * the number of words. Fails with tool_fail(), for an unknown option with EXPECTED in the message. */
int arguments_take(int argc, char **argv, const struct argument_option *options, const char *expected,
		   const char **words, int most);

#endif

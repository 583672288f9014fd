#include "program/script.h"

#include <errno.h>
#include <string.h>

static const char blanks[] = " \t";

/* The kernel hands one argument to env(1). The argument of -S is split into words. Env's other options may
 * change the environment, and are not read. */
static void parse_env(struct script *s, char *argument)
{
	char *rest = NULL, *word = argument;

	if (strncmp(argument, "-S", 2) == 0)
		word = strtok_r(argument + 2, blanks, &rest);
	while (word && word != argument && strchr(word, '=') && !strstr(word, "LD_PRELOAD"))
		word = strtok_r(NULL, blanks, &rest);
	s->options = !word || *word == '-' || (word != argument && strchr(word, '='));
	s->name = s->options ? NULL : word;
}

int script_parse(struct script *s, size_t size)
{
	size_t length;
	const char *base;
	char *rest = NULL;

	s->line[size] = '\0';
	s->interpreter = s->name = NULL;
	s->options = false;
	length = strcspn(s->line, "\n");
	if (!s->line[length] && length < size)
		return -EBADMSG;
	while (length && strchr(" \t\n", s->line[length]))
		s->line[length--] = '\0';
	if (strncmp(s->line, "#!", 2) != 0 || !(s->interpreter = strtok_r(s->line + 2, blanks, &rest)))
		return -ENOEXEC;
	base = strrchr(s->interpreter, '/');
	if (strcmp(base ? base + 1 : s->interpreter, "env") == 0 && rest && rest[strspn(rest, blanks)])
		parse_env(s, rest + strspn(rest, blanks));
	return 0;
}

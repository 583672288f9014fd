#include "tool/check/script.h"

#include <errno.h>
#include <string.h>

static const char blanks[] = " \t";

/* Takes an option of env(1), or an assignment, at WORD; false if it is the command. Those that have to do
 * with LD_PRELOAD take it away. */
static bool take_word(struct script *s, const char *word, char **rest)
{
	static const char *const with_next[] = {"-u", "--unset", "-C", "--chdir"};
	const char *next;

	if (*word != '-' && !strchr(word, '='))
		return false;
	if (strstr(word, "LD_PRELOAD") || strcmp(word, "-") == 0 ||
	    strcmp(word, "--ignore-environment") == 0 ||
	    (word[0] == '-' && word[1 + strspn(word + 1, "v0")] == 'i'))
		s->cleaned = true;
	for (size_t i = 0; i < sizeof with_next / sizeof *with_next; i++)
		if (strcmp(word, with_next[i]) == 0 && (next = strtok_r(NULL, blanks, rest)))
			s->cleaned |= strcmp(next, "LD_PRELOAD") == 0;
	return true;
}

/* What is split by -S may begin in the same word. */
static char *behind_split(char *word)
{
	size_t letters = word[0] == '-' ? 1 + strspn(word + 1, "iv0") : 0;

	return letters && word[letters] == 'S' && !strchr(blanks, word[letters + 1]) ? word + letters + 1
										     : word;
}

/* The kernel hands one argument to env, which splits that of -S into words. */
static void parse_env(struct script *s, char *argument)
{
	char *rest = NULL, *word = argument;

	if (*argument == '-')
		for (word = strtok_r(behind_split(argument), blanks, &rest);
		     word && take_word(s, word, &rest);)
			word = strtok_r(NULL, blanks, &rest);
	s->name = word;
}

int script_parse(struct script *s, size_t size)
{
	size_t length;
	const char *base;
	char *rest = NULL;

	s->line[size] = '\0';
	s->interpreter = s->name = NULL;
	s->cleaned = false;
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

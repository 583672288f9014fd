#define _GNU_SOURCE
#include "tool/check/script.h"

#include <errno.h>
#include <string.h>

static const char blanks[] = " \t";

/* Options of env(1) whose argument is the next word. */
static bool takes_next(const char *option)
{
	return strcmp(option, "-u") == 0 || strcmp(option, "-C") == 0 || strcmp(option, "--unset") == 0 ||
	       strcmp(option, "--chdir") == 0;
}

static bool is_preload(const char *name)
{
	return name && strcmp(name, "LD_PRELOAD") == 0;
}

/* Options and assignments that take the caller's LD_PRELOAD away. */
static bool cleans(const char *word)
{
	static const char *const words[] = {
	    "-", "-i", "--ignore-environment", "-uLD_PRELOAD", "--unset=LD_PRELOAD",
	};
	static const char assigned[] = "LD_PRELOAD=";

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return strncmp(word, assigned, sizeof assigned - 1) == 0;
}

/* Returns where the string of -S, --split-string or a cluster of letters that ends in S begins; NULL if WORD
 * is none of them. */
static char *split_string(char *word)
{
	static const char longer[] = "--split-string";

	if (strncmp(word, longer, sizeof longer - 1) == 0) {
		word += sizeof longer - 1;
		return *word == '=' ? word + 1 : word;
	}
	if (word[0] != '-' || word[1] == '-')
		return NULL;
	word += 1 + strspn(word + 1, "iv0");
	return *word == 'S' ? word + 1 : NULL;
}

/* The kernel hands one argument to env; -S splits it into words. */
static void parse_env(char *argument, struct script *s)
{
	char *split = split_string(argument), *rest = NULL, *word;

	if (!split && argument[0] != '-') {
		memcpy(s->name, argument, strlen(argument) + 1);
		return;
	}
	s->cleaned = split ? memchr(argument, 'i', (size_t)(split - argument)) && argument[1] != '-'
			   : cleans(argument);
	for (word = split ? strtok_r(split, blanks, &rest) : NULL; word;
	     word = strtok_r(NULL, blanks, &rest)) {
		if (takes_next(word))
			s->cleaned |= is_preload(strtok_r(NULL, blanks, &rest));
		else if (cleans(word))
			s->cleaned = true;
		else if (word[0] != '-' && !strchr(word, '='))
			break;
	}
	if (word)
		memcpy(s->name, word, strlen(word) + 1);
}

int script_parse(const char *data, size_t size, struct script *s)
{
	char line[SCRIPT_LINE + 1];
	const char *end, *base;
	char *at, *argument;
	size_t length;

	*s = (struct script){0};
	if (size > SCRIPT_LINE)
		size = SCRIPT_LINE;
	end = memchr(data, '\n', size);
	length = end ? (size_t)(end - data) : size;
	if (memchr(data, '\0', length))
		return -EBADMSG;
	if (length < 2 || data[0] != '#' || data[1] != '!')
		return -ENOEXEC;
	memcpy(line, data, length);
	line[length] = '\0';
	at = line + 2 + strspn(line + 2, blanks);
	/* If a line is cut off, its last byte only tells if the interpreter's name is complete (Linux 5.1).
	 */
	if (!end && length == SCRIPT_LINE) {
		if (!at[strcspn(at, blanks)])
			return -ENOEXEC;
		length--;
	}
	while (length > 2 && strchr(blanks, line[length - 1]))
		length--;
	line[length] = '\0';
	length = strcspn(at, blanks);
	if (length == 0)
		return -ENOEXEC;
	argument = at + length + strspn(at + length, blanks);
	at[length] = '\0';
	memcpy(s->interpreter, at, length + 1);
	base = strrchr(at, '/');
	if (strcmp(base ? base + 1 : at, "env") == 0)
		parse_env(argument, s);
	return 0;
}

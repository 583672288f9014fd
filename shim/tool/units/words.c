#include "tool/units/words.h"

#include "tool/keep.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char BLANK[] = " \t\n\r";

/* How many bytes the escape at AT, behind its backslash, has; 0 if it is none. */
static size_t escape_size(const char *at)
{
	static const struct {
		char letter;
		size_t digits;
	} numbers[] = {{'x', 2}, {'u', 4}, {'U', 8}};

	if (*at && strchr("abfnrtvs\\\"'", *at))
		return 1;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (*at == numbers[i].letter)
			return strspn(at + 1, "0123456789abcdefABCDEF") < numbers[i].digits
				   ? 0
				   : 1 + numbers[i].digits;
	return strspn(at, "01234567") < 3 ? 0 : 3;
}

const char *word_next(const char **at, size_t *size)
{
	const char *word = *at + strspn(*at, BLANK), *end = word;
	char quote = 0;

	*at = word;
	for (; *end && (quote || !strchr(BLANK, *end)); end++) {
		if (*end == '\\') {
			size_t escape = escape_size(end + 1);

			if (!escape)
				return NULL;
			end += escape;
		} else if (quote ? *end == quote : *end == '"' || *end == '\'') {
			quote = quote ? (char)0 : *end;
		}
	}
	if (quote || end == word)
		return NULL;
	*size = (size_t)(end - word);
	*at = end;
	return word;
}

char *word_escaped(const char *text)
{
	char *escaped = keep(4 * strlen(text) + 1), *at = escaped;

	for (; *text; text++) {
		if (iscntrl((unsigned char)*text) || *text == ' ')
			at += sprintf(at, "\\x%02x", (unsigned)(unsigned char)*text);
		else if (strchr("\"'\\", *text))
			at += sprintf(at, "\\%c", *text);
		else
			at += sprintf(at, *text == '%' ? "%%%%" : "%c", *text);
	}
	return escaped;
}

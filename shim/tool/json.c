#include "tool/json.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH = 16 };

static char brackets[DEPTH];
static int depth;
static bool follows; /* what is open has a member already */

/* Returns how many bytes the UTF-8 sequence at TEXT has (RFC 3629, 4); 0 if it is none. */
static size_t sequence(const unsigned char *text)
{
	size_t size = *text < 0x80   ? 1
		      : *text < 0xc2 ? 0
		      : *text < 0xe0 ? 2
		      : *text < 0xf0 ? 3
		      : *text < 0xf5 ? 4
				     : 0;

	for (size_t i = 1; i < size; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xed && text[1] > 0x9f) ||
	    (*text == 0xf0 && text[1] < 0x90) || (*text == 0xf4 && text[1] > 0x8f))
		return 0;
	return size;
}

static void string(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	putchar('"');
	while (*at) {
		size_t size = sequence(at);

		if (*at == '"' || *at == '\\')
			printf("\\%c", *at);
		else if (*at < ' ')
			printf("\\u%04x", (unsigned)*at);
		else if (size)
			(void)fwrite(at, 1, size, stdout);
		else
			printf("\\ufffd");
		at += size ? size : 1;
	}
	putchar('"');
}

static void begin(const char *name)
{
	if (follows)
		putchar(',');
	if (depth)
		printf("\n%*s", 2 * depth, "");
	if (name) {
		string(name);
		printf(": ");
	}
	follows = true;
}

void json_open(const char *name, char bracket)
{
	begin(name);
	putchar(bracket);
	if (depth < DEPTH)
		brackets[depth] = bracket == '{' ? '}' : ']';
	depth++;
	follows = false;
}

void json_close(void)
{
	depth--;
	if (follows)
		printf("\n%*s", 2 * depth, "");
	putchar(brackets[depth]);
	if (!depth)
		putchar('\n');
	follows = depth > 0;
}

void json_text(const char *name, const char *text)
{
	begin(name);
	if (text)
		string(text);
	else
		printf("null");
}

void json_number(const char *name, long long number)
{
	begin(name);
	printf("%lld", number);
}

void json_real(const char *name, double number)
{
	begin(name);
	printf("%.3f", number);
}

void json_bool(const char *name, bool value)
{
	begin(name);
	printf(value ? "true" : "false");
}

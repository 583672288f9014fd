#include "tool/json.h"

#include <stdarg.h>
#include <stdio.h>

enum { DEPTH = 16 };

static char brackets[DEPTH];
static int depth;
static bool follows; /* the open object or array has a member */

/* Bytes that are not ASCII may be no UTF-8, and become U+FFFD. */
static void string(const char *text)
{
	putchar('"');
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			printf("\\ufffd");
		else if (*text < ' ')
			printf("\\u%04x", (unsigned)*text);
		else
			printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
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

void json_number(const char *name, const char *format, ...)
{
	va_list args;

	begin(name);
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
}

void json_bool(const char *name, bool value)
{
	begin(name);
	printf(value ? "true" : "false");
}

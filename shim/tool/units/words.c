#include "tool/units/words.h"

#include "tool/keep.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

static const char BLANK[] = " \t\n\r";

/* The escapes of one letter, and what they mean. */
static const char LETTERS[] = "abfnrtvs\\\"'", MEANINGS[] = "\a\b\f\n\r\t\v \\\"'";

/* How many digits follow which letter; octal ones follow none. */
static const struct {
	char letter;
	int digits;
} numbers[] = {{'x', 2}, {'u', 4}, {'U', 8}};

static int digit(char c, unsigned base)
{
	int value = c >= '0' && c <= '9'   ? c - '0'
		    : c >= 'a' && c <= 'f' ? c - 'a' + 10
		    : c >= 'A' && c <= 'F' ? c - 'A' + 10
					   : -1;

	return value >= 0 && (unsigned)value < base ? value : -1;
}

/* CODE in UTF-8 (RFC 3629, 3). Returns how many bytes; 0 if it is no character. */
static size_t utf8(unsigned long code, char out[4])
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = size - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(lead[size] | code);
	return size;
}

/* The number of DIGITS digits at *AT as what the escape of LETTER (0: octal) stands for. */
static size_t number(const char **at, char letter, int digits, char out[4])
{
	unsigned base = letter ? 16 : 8;
	unsigned long code = 0;

	for (int i = 0; i < digits; i++, (*at)++) {
		if (digit(**at, base) < 0)
			return 0;
		code = code * base + (unsigned long)digit(**at, base);
	}
	if (!code || (letter != 'u' && letter != 'U' && code > 0xff))
		return 0;
	if (letter == 'u' || letter == 'U')
		return utf8(code, out);
	out[0] = (char)code;
	return 1;
}

/* What the escape at *AT, behind its backslash, stands for, in OUT. Returns how many bytes; 0 if it is none.
 */
static size_t escape(const char **at, char out[4])
{
	const char *letter = **at ? strchr(LETTERS, **at) : NULL;

	if (letter) {
		out[0] = MEANINGS[letter - LETTERS];
		(*at)++;
		return 1;
	}
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (**at == numbers[i].letter) {
			(*at)++;
			return number(at, numbers[i].letter, numbers[i].digits, out);
		}
	return number(at, 0, 3, out);
}

char *word_next(const char **at)
{
	char *word, *end, quote = 0;
	size_t size;

	*at += strspn(*at, BLANK);
	if (!**at)
		return NULL;
	/* No escape is shorter than what it stands for. */
	end = word = keep(strlen(*at) + 1);
	for (; **at; end += size) {
		char c = **at;

		size = 0;
		if (!quote && strchr(BLANK, c))
			break;
		(*at)++;
		if (c == '\\') {
			size = escape(at, end);
			if (!size)
				return NULL;
		} else if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? (char)0 : c;
		} else {
			*end = c;
			size = 1;
		}
	}
	*end = '\0';
	return quote ? NULL : word;
}

char *word_quoted(const char *text)
{
	char *quoted = keep(4 * strlen(text) + 3), *at = quoted;

	*at++ = '"';
	for (; *text; text++) {
		if (iscntrl((unsigned char)*text)) {
			static const char hex[] = "0123456789abcdef";

			*at++ = '\\';
			*at++ = 'x';
			*at++ = hex[(unsigned char)*text >> 4];
			*at++ = hex[*text & 15];
			continue;
		}
		if (*text == '"' || *text == '\\')
			*at++ = '\\';
		*at++ = *text;
	}
	*at++ = '"';
	return quoted;
}

char *word_literal(const char *text)
{
	char *literal = keep(2 * strlen(text) + 1), *at = literal;

	for (; *text; text++) {
		if (*text == '%')
			*at++ = '%';
		*at++ = *text;
	}
	return literal;
}

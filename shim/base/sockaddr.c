#include "base/sockaddr.h"

#include <stddef.h>
#include <string.h>

struct sockaddr_in sockaddr_unmapped(const struct sockaddr_in6 *real)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = real->sin6_port};

	memcpy(&in.sin_addr, real->sin6_addr.s6_addr + 12, 4);
	return in;
}

static char *put_number(char *to, unsigned number, unsigned base)
{
	char digits[12];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	while (n)
		*to++ = digits[--n];
	return to;
}

static char *put_in(char *to, const unsigned char *bytes)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*to++ = '.';
		to = put_number(to, bytes[i], 10);
	}
	return to;
}

/* RFC 5952 4.2: the first of the longest runs of two or more zero fields becomes "::". inet_ntop is not
 * used because glibc's calls sprintf, which is not async-signal-safe. */
static char *put_in6(char *to, const unsigned char *bytes)
{
	int from = -1, size = 1;

	for (int i = 0; i < 8; i++) {
		int run = 0;

		while (i + run < 8 && !bytes[2 * (i + run)] && !bytes[2 * (i + run) + 1])
			run++;
		if (run > size) {
			from = i;
			size = run;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == from) {
			*to++ = ':';
			i += size - 1;
			if (i == 7)
				*to++ = ':';
			continue;
		}
		if (i)
			*to++ = ':';
		to = put_number(to, (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1], 16);
	}
	return to;
}

const char *sockaddr_text(const struct sockaddr *addr, char *text)
{
	char *to = text;

	if (sockaddr_family(addr) == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, addr, sizeof in6);
		*to++ = '[';
		to = put_in6(to, in6.sin6_addr.s6_addr);
		if (in6.sin6_scope_id) {
			*to++ = '%';
			to = put_number(to, in6.sin6_scope_id, 10);
		}
		*to++ = ']';
		*to++ = ':';
		to = put_number(to, ntohs(in6.sin6_port), 10);
	} else {
		struct sockaddr_in in;

		memcpy(&in, addr, sizeof in);
		to = put_in(to, (const unsigned char *)&in.sin_addr);
		*to++ = ':';
		to = put_number(to, ntohs(in.sin_port), 10);
	}
	*to = '\0';
	return text;
}

const char *sockaddr_text_either(const struct sockaddr_in6 *addr, char *text)
{
	const struct sockaddr_in in = sockaddr_unmapped(addr);

	return sockaddr_text(IN6_IS_ADDR_V4MAPPED(&addr->sin6_addr) ? (const struct sockaddr *)&in
								    : (const struct sockaddr *)addr,
			     text);
}

static bool parse_in(const char *text, unsigned char *to)
{
	for (int i = 0; i < 4; i++) {
		const char *from = text;
		unsigned number = 0;

		while (*text >= '0' && *text <= '9' && text - from < 3)
			number = number * 10 + (unsigned)(*text++ - '0');
		if (text == from || number > 255 || (*from == '0' && text - from > 1) ||
		    *text++ != (i < 3 ? '.' : '\0'))
			return false;
		to[i] = (unsigned char)number;
	}
	return true;
}

/* Reads up to four hexadecimal digits into NUMBER. Returns where they end. */
static const char *parse_field(const char *text, unsigned *number)
{
	const char *from = text, *digits = "0123456789abcdefABCDEF", *digit;

	*number = 0;
	while (*text && text - from < 4 && (digit = strchr(digits, *text))) {
		*number =
		    *number << 4 | (unsigned)(digit - digits < 16 ? digit - digits : digit - digits - 6);
		text++;
	}
	return text;
}

static bool parse_in6(const char *text, unsigned char *to)
{
	int used = 0, gap = -1;

	memset(to, 0, 16);
	if (*text == ':' && *++text != ':')
		return false;
	while (*text) {
		unsigned number;
		const char *end;

		if (*text == ':') {
			if (gap >= 0)
				return false;
			gap = used;
			text++;
			continue;
		}
		end = parse_field(text, &number);
		if (*end == '.' && used <= 12 && parse_in(text, to + used)) {
			used += 4;
			break;
		}
		if (end == text || used > 14 || (*end == ':' ? !end[1] : *end != '\0'))
			return false;
		to[used++] = (unsigned char)(number >> 8);
		to[used++] = (unsigned char)number;
		text = *end ? end + 1 : end;
	}
	if (gap < 0 || used == 16)
		return gap < 0 && used == 16;
	memmove(to + 16 - (used - gap), to + gap, (size_t)(used - gap));
	memset(to + gap, 0, (size_t)(16 - used));
	return true;
}

bool sockaddr_parse(int family, const char *text, void *addr)
{
	unsigned char bytes[16];

	if (family == AF_INET ? !parse_in(text, bytes) : !parse_in6(text, bytes))
		return false;
	memcpy(addr, bytes, family == AF_INET ? 4 : 16);
	return true;
}

#include "base/sockaddr.h"

#include <string.h>

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

int (*sockaddr_parse)(int family, const char *text, void *addr);

#include "resolver/scope.h"

#include <stddef.h>

#include "resolver/nat64.h"

/* RFC 6890, 2.2.2, and later registrations. The first row that fits decides. */
static const struct {
	unsigned char net[4];
	unsigned char bits;
	enum scope scope;
} in_rows[] = {
    {{0}, 8, SCOPE_NOBODY},
    {{10}, 8, SCOPE_PRIVATE},
    {{100, 64}, 10, SCOPE_PRIVATE},
    {{127}, 8, SCOPE_HOST},
    {{169, 254}, 16, SCOPE_LINK},
    {{172, 16}, 12, SCOPE_PRIVATE},
    {{192, 0, 0}, 24, SCOPE_PRIVATE},
    {{192, 0, 2}, 24, SCOPE_PRIVATE}, /* RFC 5737, as the next two */
    {{198, 51, 100}, 24, SCOPE_PRIVATE},
    {{203, 0, 113}, 24, SCOPE_PRIVATE},
    {{192, 168}, 16, SCOPE_PRIVATE},
    {{198, 18}, 15, SCOPE_PRIVATE},
    {{224}, 4, SCOPE_NOBODY},
    {{255, 255, 255, 255}, 32, SCOPE_NOBODY},
    {{240}, 4, SCOPE_PRIVATE},
    {{0}, 0, SCOPE_GLOBAL},
};

/* RFC 6890, 2.2.3, RFC 4291, 2.4, and later registrations. A row with AT is for addresses that embed an IPv4
 * address at that byte. */
static const struct {
	unsigned char net[16];
	unsigned char bits, at;
	enum scope scope;
} in6_rows[] = {
    {.net = {[15] = 1}, .bits = 128, .scope = SCOPE_HOST},
    {.net = {0}, .bits = 96, .scope = SCOPE_NOBODY},
    {.net = {[8] = 0xff, 0xff}, .bits = 96, .at = 12},                        /* RFC 2765, 2.1 */
    {.net = {0, 0x64, 0xff, 0x9b}, .bits = 96, .at = 12},                     /* RFC 6052, 2.1 */
    {.net = {0, 0x64, 0xff, 0x9b, 0, 1}, .bits = 48, .scope = SCOPE_PRIVATE}, /* RFC 8215 */
    {.net = {0x20, 0x02}, .bits = 16, .at = 2},                               /* RFC 3056, 2 */
    {.net = {0x20, 0x01, 0x0d, 0xb8}, .bits = 32, .scope = SCOPE_PRIVATE},    /* RFC 3849 */
    {.net = {0x3f, 0xff}, .bits = 20, .scope = SCOPE_PRIVATE},                /* RFC 9637 */
    {.net = {0xfc}, .bits = 7, .scope = SCOPE_PRIVATE},
    {.net = {0xfe, 0x80}, .bits = 10, .scope = SCOPE_LINK},
    {.net = {0xfe, 0xc0}, .bits = 10, .scope = SCOPE_PRIVATE}, /* RFC 3879 */
    {.net = {0xff}, .bits = 8, .scope = SCOPE_NOBODY},
    {.net = {0}, .bits = 0, .scope = SCOPE_GLOBAL},
};

/* Every connect() comes here, and the first bytes usually decide, so no function is called for them. */
static bool fits(const unsigned char *addr, const unsigned char *net, unsigned bits)
{
	unsigned at = 0;

	for (; bits >= 8; bits -= 8, at++)
		if (addr[at] != net[at])
			return false;
	return !bits || (addr[at] ^ net[at]) >> (8 - bits) == 0;
}

static enum scope scope_in(const unsigned char *addr)
{
	size_t i = 0;

	while (!fits(addr, in_rows[i].net, in_rows[i].bits))
		i++;
	return in_rows[i].scope;
}

enum scope scope_of(const struct in6_addr *addr)
{
	in_addr_t embedded;
	size_t i = 0;

	if (IN6_IS_ADDR_V4MAPPED(addr))
		return scope_in(addr->s6_addr + 12);
	while (!fits(addr->s6_addr, in6_rows[i].net, in6_rows[i].bits))
		i++;
	if (in6_rows[i].at)
		return scope_in(addr->s6_addr + in6_rows[i].at);
	if (nat64_embedded(addr, &embedded))
		return scope_in((const unsigned char *)&embedded);
	return in6_rows[i].scope;
}

bool scope_permits(const struct in6_addr *asked, const struct in6_addr *other)
{
	const enum scope from = scope_of(asked), to = scope_of(other);

	return to != SCOPE_NOBODY && (from == SCOPE_HOST ? to == from : to >= from);
}

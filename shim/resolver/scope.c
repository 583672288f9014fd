#include "resolver/scope.h"

#include <string.h>

#include "resolver/nat64.h"

/* RFC 6890, 2.2.2 and 2.2.3, what has come since, and RFC 4291, 2.4: the first row that fits. IPv4 addresses
 * are V4MAPPED. A row with AT is for addresses with an IPv4 one in them, there. */
static const struct {
	enum scope scope;
	unsigned char bits, at;
	unsigned char net[16];
} rows[] = {
#define MAPPED(...) .net = {[10] = 0xff, 0xff, __VA_ARGS__}
    {MAPPED(0), .bits = 96 + 8, .scope = SCOPE_NOBODY},
    {MAPPED(10), .bits = 96 + 8, .scope = SCOPE_PRIVATE},
    {MAPPED(100, 64), .bits = 96 + 10, .scope = SCOPE_PRIVATE},
    {MAPPED(127), .bits = 96 + 8, .scope = SCOPE_HOST},
    {MAPPED(169, 254), .bits = 96 + 16, .scope = SCOPE_LINK},
    {MAPPED(172, 16), .bits = 96 + 12, .scope = SCOPE_PRIVATE},
    {MAPPED(192), .bits = 96 + 24, .scope = SCOPE_PRIVATE},
    {MAPPED(192, 0, 2), .bits = 96 + 24, .scope = SCOPE_PRIVATE}, /* RFC 5737, as the next two */
    {MAPPED(198, 51, 100), .bits = 96 + 24, .scope = SCOPE_PRIVATE},
    {MAPPED(203, 0, 113), .bits = 96 + 24, .scope = SCOPE_PRIVATE},
    {MAPPED(192, 168), .bits = 96 + 16, .scope = SCOPE_PRIVATE},
    {MAPPED(198, 18), .bits = 96 + 15, .scope = SCOPE_PRIVATE},
    {MAPPED(224), .bits = 96 + 4, .scope = SCOPE_NOBODY},
    {MAPPED(255, 255, 255, 255), .bits = 128, .scope = SCOPE_NOBODY},
    {MAPPED(240), .bits = 96 + 4, .scope = SCOPE_PRIVATE},
    {MAPPED(0), .bits = 96, .scope = SCOPE_GLOBAL},
#undef MAPPED
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

static bool fits(const unsigned char *addr, const unsigned char *net, unsigned bits)
{
	const unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(addr, net, whole) == 0 && (!rest || (addr[whole] ^ net[whole]) >> (8 - rest) == 0);
}

enum scope scope_of(const struct in6_addr *addr)
{
	struct in6_addr in = {.s6_addr = {[10] = 0xff, 0xff}};
	in_addr_t embedded;
	size_t i = 0;

	while (!fits(addr->s6_addr, rows[i].net, rows[i].bits))
		i++;
	if (rows[i].at)
		memcpy(in.s6_addr + 12, addr->s6_addr + rows[i].at, 4);
	else if (!IN6_IS_ADDR_V4MAPPED(addr) && nat64_embedded(addr, &embedded))
		memcpy(in.s6_addr + 12, &embedded, 4);
	else
		return rows[i].scope;
	return scope_of(&in);
}

bool scope_permits(const struct in6_addr *asked, const struct in6_addr *other)
{
	const enum scope from = scope_of(asked), to = scope_of(other);

	return to != SCOPE_NOBODY && (from == SCOPE_HOST ? to == from : to >= from);
}

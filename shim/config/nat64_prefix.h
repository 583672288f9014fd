/* The prefix of a NAT64 translator (RFC 6052). Pure, async-signal-safe. */
#ifndef DUALSTACK_NAT64_PREFIX_H
#define DUALSTACK_NAT64_PREFIX_H

#include <netinet/in.h>
#include <stdbool.h>

struct nat64_prefix {
	struct in6_addr addr;
	unsigned bits; /* 32, 40, 48, 56, 64 or 96 (RFC 6052, 2.2); 0: none */
};

/* Whether a prefix can be one: of such a length, and nothing set behind it. */
bool nat64_prefix_valid(const struct nat64_prefix *prefix);

/* Where an address with a prefix of BITS has the four bytes of the IPv4 address (RFC 6052, 2.2); NULL: no
 * prefix has that length. And which byte of it is 0. */
const unsigned char *nat64_prefix_places(unsigned bits);
enum { NAT64_PREFIX_RESERVED = 8 };

#endif

/* The prefix of a NAT64 translator (RFC 6052). Pure, async-signal-safe. */
#ifndef DUALSTACK_NAT64_PREFIX_H
#define DUALSTACK_NAT64_PREFIX_H

#include <netinet/in.h>
#include <stdbool.h>

struct nat64_prefix {
	struct in6_addr addr;
	unsigned bits; /* 32, 40, 48, 56, 64 or 96 (RFC 6052, 2.2); 0: none */
};

/* Whether the prefix has such a length, and nothing is set beyond it. */
bool nat64_prefix_valid(const struct nat64_prefix *prefix);

/* The places of the IPv4 address's four bytes in an address with a prefix of BITS (RFC 6052, 2.2), or NULL if
 * no prefix has that length; and the byte that is always 0. */
const unsigned char *nat64_prefix_places(unsigned bits);
enum { NAT64_PREFIX_RESERVED = 8 };

#endif

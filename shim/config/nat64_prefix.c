#include "config/nat64_prefix.h"

#include <stddef.h>

/* RFC 6052, 2.2: the places of the IPv4 address's bytes, by prefix length. Bits 64 to 71 are 0. */
static const struct {
	unsigned bits;
	unsigned char at[4];
} forms[] = {
    {32, {4, 5, 6, 7}},   {40, {5, 6, 7, 9}},    {48, {6, 7, 9, 10}},
    {56, {7, 9, 10, 11}}, {64, {9, 10, 11, 12}}, {96, {12, 13, 14, 15}},
};

const unsigned char *nat64_prefix_places(unsigned bits)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (forms[i].bits == bits)
			return forms[i].at;
	return NULL;
}

bool nat64_prefix_valid(const struct nat64_prefix *prefix)
{
	if (!nat64_prefix_places(prefix->bits) || prefix->addr.s6_addr[NAT64_PREFIX_RESERVED])
		return false;
	for (unsigned i = prefix->bits / 8; i < 16; i++)
		if (prefix->addr.s6_addr[i])
			return false;
	return true;
}

#include "resolver/nat64.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

enum { SLOTS = 8 };

/* A new prefix goes into another slot than those that threads may be reading. */
static struct nat64_prefix slots[SLOTS];
static _Atomic unsigned current; /* the last slot; 0: none */

void nat64_set(const struct nat64_prefix *prefix)
{
	unsigned next = atomic_load(&current) + 1;

	slots[next % SLOTS] = *prefix;
	atomic_store(&current, next);
}

const struct nat64_prefix *nat64_now(void)
{
	unsigned now = atomic_load(&current);

	return now ? &slots[now % SLOTS] : NULL;
}

/* RFC 6890, 2.2.2: networks that no translator reaches, and private ones. */
static bool in_any(uint32_t addr, const uint32_t (*nets)[2], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((addr ^ nets[i][0]) >> (32 - nets[i][1]) == 0)
			return true;
	return false;
}

bool nat64_form(in_addr_t in, struct in6_addr *in6)
{
	static const uint32_t never[][2] = {
	    {0x00000000, 8}, {0x7f000000, 8}, {0xa9fe0000, 16}, {0xe0000000, 3}};
	static const uint32_t private[][2] = {
	    {0x0a000000, 8}, {0x64400000, 10}, {0xac100000, 12}, {0xc0a80000, 16}};
	static const unsigned char shared[12] = {0, 0x64, 0xff, 0x9b};
	const struct nat64_prefix *prefix = nat64_now();
	unsigned char bytes[4];
	const unsigned char *at;

	if (!prefix || in_any(ntohl(in), never, sizeof never / sizeof *never))
		return false;
	if (prefix->bits == 96 && memcmp(&prefix->addr, shared, sizeof shared) == 0 &&
	    in_any(ntohl(in), private, sizeof private / sizeof *private))
		return false;
	*in6 = prefix->addr;
	at = nat64_prefix_places(prefix->bits);
	memcpy(bytes, &in, 4);
	for (int i = 0; i < 4; i++)
		in6->s6_addr[at[i]] = bytes[i];
	return true;
}

bool nat64_embedded(const struct in6_addr *in6, in_addr_t *in)
{
	const struct nat64_prefix *prefix = nat64_now();
	unsigned char bytes[4];
	const unsigned char *at;

	if (!prefix || memcmp(&prefix->addr, in6, prefix->bits / 8) != 0)
		return false;
	at = nat64_prefix_places(prefix->bits);
	for (int i = 0; i < 4; i++)
		bytes[i] = in6->s6_addr[at[i]];
	memcpy(in, bytes, 4);
	return true;
}

bool nat64_inside(const struct in6_addr *in6, in_addr_t *in)
{
	struct in6_addr formed;

	return nat64_embedded(in6, in) && nat64_form(*in, &formed) &&
	       memcmp(&formed, in6, sizeof formed) == 0;
}

bool nat64_learn(const struct in6_addr *answer, struct nat64_prefix *prefix)
{
	int found = 0;

	for (unsigned bits = 32; bits <= 96; bits += 8) {
		const unsigned char *at = nat64_prefix_places(bits), *bytes = answer->s6_addr;

		if (!at || bytes[at[0]] != 192 || bytes[at[1]] != 0 || bytes[at[2]] != 0 ||
		    (bytes[at[3]] != 170 && bytes[at[3]] != 171) ||
		    (bits < 96 && bytes[NAT64_PREFIX_RESERVED] != 0))
			continue;
		*prefix = (struct nat64_prefix){.bits = bits};
		memcpy(&prefix->addr, answer, bits / 8);
		found++;
	}
	return found == 1 && nat64_prefix_valid(prefix);
}

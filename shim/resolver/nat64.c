#include "resolver/nat64.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

/* RFC 6052, 2.2: where an address has the four bytes, by the length of the prefix. Bits 64 to 71 are 0. */
static const struct {
	unsigned bits;
	unsigned char at[4];
} forms[] = {
    {32, {4, 5, 6, 7}},   {40, {5, 6, 7, 9}},    {48, {6, 7, 9, 10}},
    {56, {7, 9, 10, 11}}, {64, {9, 10, 11, 12}}, {96, {12, 13, 14, 15}},
};

enum { FORMS = sizeof forms / sizeof *forms, SLOTS = 8, RESERVED = 8 };

/* A new one is written beside those that somebody may be reading. */
static struct nat64_prefix slots[SLOTS];
static _Atomic unsigned current; /* the last of them; 0: there is none */

static const unsigned char *at_of(unsigned bits)
{
	for (int i = 0; i < FORMS; i++)
		if (forms[i].bits == bits)
			return forms[i].at;
	return NULL;
}

bool nat64_valid(const struct nat64_prefix *prefix)
{
	if (!at_of(prefix->bits) || prefix->addr.s6_addr[RESERVED])
		return false;
	for (unsigned i = prefix->bits / 8; i < 16; i++)
		if (prefix->addr.s6_addr[i])
			return false;
	return true;
}

void nat64_set(const struct nat64_prefix *prefix)
{
	unsigned next = atomic_load(&current) + 1;

	slots[next % SLOTS] = *prefix;
	atomic_store(&current, next);
}

bool nat64_known(void)
{
	return atomic_load_explicit(&current, memory_order_relaxed) != 0;
}

static const struct nat64_prefix *prefix_now(void)
{
	unsigned now = atomic_load(&current);

	return now ? &slots[now % SLOTS] : NULL;
}

bool nat64_now(struct nat64_prefix *prefix)
{
	const struct nat64_prefix *now = prefix_now();

	if (now)
		*prefix = *now;
	return now != NULL;
}

/* RFC 6890, 2.2.2: those that no translator reaches, and those that are private. */
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
	const struct nat64_prefix *prefix = prefix_now();
	unsigned char bytes[4];
	const unsigned char *at;

	if (!prefix || in_any(ntohl(in), never, sizeof never / sizeof *never))
		return false;
	if (prefix->bits == 96 && memcmp(&prefix->addr, shared, sizeof shared) == 0 &&
	    in_any(ntohl(in), private, sizeof private / sizeof *private))
		return false;
	*in6 = prefix->addr;
	at = at_of(prefix->bits);
	memcpy(bytes, &in, 4);
	for (int i = 0; i < 4; i++)
		in6->s6_addr[at[i]] = bytes[i];
	return true;
}

bool nat64_embedded(const struct in6_addr *in6, in_addr_t *in)
{
	const struct nat64_prefix *prefix = prefix_now();
	unsigned char bytes[4];
	const unsigned char *at;

	if (!prefix || memcmp(&prefix->addr, in6, prefix->bits / 8) != 0)
		return false;
	at = at_of(prefix->bits);
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

	for (int i = 0; i < FORMS; i++) {
		const unsigned char *at = forms[i].at, *bytes = answer->s6_addr;

		if (bytes[at[0]] != 192 || bytes[at[1]] != 0 || bytes[at[2]] != 0 ||
		    (bytes[at[3]] != 170 && bytes[at[3]] != 171) ||
		    (forms[i].bits < 96 && bytes[RESERVED] != 0))
			continue;
		*prefix = (struct nat64_prefix){.bits = forms[i].bits};
		memcpy(&prefix->addr, answer, forms[i].bits / 8);
		found++;
	}
	return found == 1 && nat64_valid(prefix);
}

/* Prefixes found in an address (RFC 7050), and addresses formed with one and taken apart again (RFC 6052). */
#include "../fuzz.h"

#include "resolver/nat64.h"

/* With the current prefix. */
static void there_and_back(in_addr_t in)
{
	struct in6_addr in6;
	in_addr_t back;

	/* Bits 64 to 71 are reserved (RFC 6052, 2.2). */
	if (nat64_form(in, &in6))
		assert(!in6.s6_addr[8] && nat64_inside(&in6, &back) && back == in);
}

static void taken_apart(const struct in6_addr *in6)
{
	struct in6_addr again;
	in_addr_t in;

	if (nat64_inside(in6, &in))
		assert(nat64_form(in, &again) && memcmp(&again, in6, sizeof again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned lengths[] = {32, 40, 48, 56, 64, 96, 0, 128};
	struct input in = {data, size};
	struct nat64_prefix prefix, learnt;
	struct in6_addr answer, formed;
	in_addr_t addr;

	prefix.bits = lengths[take8(&in) % 8];
	take(&in, &prefix.addr, sizeof prefix.addr);
	take(&in, &answer, sizeof answer);
	take(&in, &addr, sizeof addr);
	if (nat64_prefix_valid(&prefix)) {
		nat64_set(&prefix);
		assert(memcmp(nat64_now(), &prefix, sizeof prefix) == 0);
		there_and_back(addr);
		taken_apart(&answer);
	}
	if (nat64_learn(&answer, &learnt)) {
		assert(nat64_prefix_valid(&learnt) && memcmp(&learnt.addr, &answer, learnt.bits / 8) == 0);
		nat64_set(&learnt);
		there_and_back(addr);
		taken_apart(&answer);
		assert(nat64_form(htonl(0xc00000aa), &formed));
		/* The expected address, except one bit, without a suffix. */
		for (unsigned i = 0; i < learnt.bits / 8 + (learnt.bits < 96 ? 5u : 4u) && i < 15; i++)
			assert(formed.s6_addr[i] == answer.s6_addr[i] ||
			       (formed.s6_addr[i] == 170 && answer.s6_addr[i] == 171));
	}
	return 0;
}

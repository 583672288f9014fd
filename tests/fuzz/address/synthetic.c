/* Synthetic addresses: one peer's address never leads to another, whoever came, went and was evicted. One
 * that was given out and leads to nobody any more says so. */
#include "address/synthetic.c" /* its table is emptied for each input */

#include "../fuzz.h"

struct config config;

enum { PEERS = 96, SHOWN = 4096 };

/* Addresses in few sets, so that they evict each other: of one /64, of one /48, and others. */
static struct in6_addr addresses[PEERS];

static void find_addresses(void)
{
	unsigned found = 0;

	for (uint32_t n = 1; found < PEERS; n++) {
		struct in6_addr a = {{{0x20, 0x01, 0x0d, 0xb8}}};
		uint32_t part = htonl(n);
		struct peer p;

		/* The byte that differs from the last one decides how near they are. */
		memcpy(a.s6_addr + (found % 3 == 0 ? 12 : found % 3 == 1 ? 4 : 2), &part, 4);
		a.s6_addr[0] = 0x20;
		p = peer_of(&a, 0);
		if ((set_of(hash_of(&p)) & 0xff) < 2)
			addresses[found++] = a;
	}
}

/* The peer of each address that was given out, for ever. */
static struct {
	in_addr_t shown;
	struct in6_addr real;
	uint32_t scope;
} given[SHOWN];
static unsigned given_count;

static void note(in_addr_t shown, const struct in6_addr *real, uint32_t scope)
{
	if (!synthetic_in_pool(shown))
		return; /* by synthetic_stand() */
	for (unsigned i = 0; i < given_count; i++)
		if (given[i].shown == shown) {
			assert(memcmp(&given[i].real, real, sizeof *real) == 0 && given[i].scope == scope);
			return;
		}
	assert(given_count < SHOWN);
	given[given_count].shown = shown;
	given[given_count].real = *real;
	given[given_count++].scope = scope;
}

/* Address number I leads to its peer, or to nobody any more. */
static void belongs_to(unsigned i)
{
	struct in6_addr real;
	uint32_t scope;
	int result = synthetic_real(given[i].shown, &real, &scope);

	assert(result == -ESTALE ||
	       (result == 0 && memcmp(&given[i].real, &real, sizeof real) == 0 && given[i].scope == scope));
}

static void lead_back(in_addr_t shown)
{
	struct in6_addr real;
	uint32_t scope;
	unsigned i = 0;

	while (i < given_count && given[i].shown != shown)
		i++;
	if (i < given_count)
		belongs_to(i);
	else
		assert(synthetic_real(shown, &real, &scope) != 0);
}

static void show(const struct in6_addr *real, uint32_t scope)
{
	in_addr_t shown = synthetic_of(real, scope), known;
	bool is_known = synthetic_known(real, scope, &known);

	assert(!is_known || (known == shown && synthetic_of(real, scope) == shown));
	if (shown == htonl(pool.net)) {
		assert(!is_known);
		return; /* nobody */
	}
	assert(is_known);
	note(shown, real, scope);
	lead_back(shown);
}

static void step(struct input *in)
{
	unsigned what = take8(in), which = take8(in);
	const struct in6_addr *real = &addresses[which % PEERS];

	switch (what % 8) {
	case 0:
		if (what & 8)
			synthetic_stand(real, htonl(0xc0000200 + which));
		break;
	case 1:
		show(real, what >> 6);
		break;
	case 2: /* any address at all, in and out of the pool */
		lead_back(htonl(pool.net ^ (what >> 3) << 20 ^ take16(in) << 4 ^ which >> 4));
		break;
	case 3: /* a walk through a network */
		for (unsigned i = 0; i <= what >> 4; i++)
			show(&addresses[(which + 3 * i) % PEERS], 0);
		break;
	default:
		show(real, 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		uint32_t net;
		unsigned bits;
	} ranges[] = {{POOL_DEFAULT, 4}, {0xfbfc0000, 16}, {0x0a000000, 8}, {0xc6120000, 15}};
	struct input in = {data, size};
	const unsigned range = take8(&in) % 4;

	memset(table, 0, sizeof table);
	memset(past, 0, sizeof past);
	atomic_store(&ticks, 0);
	atomic_store(&begun, (uint64_t)getpid() << 32 | (range == 1 ? size % 64 : 0));
	given_count = 0;
	synthetic_set_pool(ranges[range].net, ranges[range].bits);
	if (IN6_IS_ADDR_UNSPECIFIED(&addresses[0]))
		find_addresses();
	for (unsigned steps = 0; in.left && steps < 100; steps++)
		step(&in);
	for (unsigned i = 0; i < given_count; i++)
		belongs_to(i);
	return 0;
}

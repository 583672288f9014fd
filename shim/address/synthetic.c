/* Slots are read and written as a seqlock: SEQ is even while a slot is at rest and odd while somebody
 * writes it. A writer claims a slot with one compare-and-swap and never waits: a slot that is being
 * written (by another thread, or by the code that a signal handler interrupted, or forever, in the
 * child of a fork that copied it half-written) is passed over. */
#include "address/synthetic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/large.h"

/* The bits behind the prefix, 28 of them in 240.0.0.0/4: 0 and 27 bits of hash, or 1 (NUMBERED), the slot's
 * number and, in the last TURN_BITS, how often it was filled. */
enum { SLOT_BITS = 12 };

static struct {
	uint32_t net, numbered, turns;
	unsigned bits, turn_bits;
} pool = {.net = POOL_DEFAULT, .numbered = 1u << 27, .turns = 1u << 15, .bits = 4, .turn_bits = 15};

struct slot {
	_Atomic uint32_t seq;   /* twice the times filled; odd while being written */
	_Atomic uint32_t shown; /* host byte order */
	_Atomic uint64_t high, low;
	_Atomic uint32_t scope;
	_Atomic uint32_t used; /* the clock when last asked for */
};

/* What a slot holds, read whole. */
struct peer {
	uint32_t shown, scope, used;
	uint64_t high, low;
};

LARGE static struct slot table[SYNTHETIC_SETS * SYNTHETIC_WAYS];
_Static_assert(SYNTHETIC_SETS *SYNTHETIC_WAYS == 1 << SLOT_BITS, "a slot's number has SLOT_BITS");
static _Atomic uint32_t ticks;
static struct hash_key secret;

void synthetic_set_key(const struct hash_key *key)
{
	secret = *key;
}

void synthetic_set_pool(uint32_t net, unsigned bits)
{
	pool.net = net;
	pool.bits = bits;
	pool.numbered = 1u << (31 - bits);
	pool.turn_bits = 31 - bits - SLOT_BITS;
	pool.turns = 1u << pool.turn_bits;
}

bool synthetic_in_pool(in_addr_t addr)
{
	return (ntohl(addr) ^ pool.net) >> (32 - pool.bits) == 0;
}

static struct peer peer_of(const struct in6_addr *real, uint32_t scope)
{
	struct peer p = {.scope = scope};

	memcpy(&p.high, real->s6_addr, 8);
	memcpy(&p.low, real->s6_addr + 8, 8);
	return p;
}

static bool same(const struct peer *a, const struct peer *b)
{
	return a->high == b->high && a->low == b->low && a->scope == b->scope;
}

/* Reads a slot: false when it is empty or changed meanwhile. The acquiring loads keep the second look
 * at SEQ behind them, so a fence (which ThreadSanitizer can't follow) is not needed. */
static bool read_slot(struct slot *s, struct peer *p)
{
	uint32_t seq = atomic_load_explicit(&s->seq, memory_order_acquire);

	if (seq == 0 || seq & 1)
		return false;
	p->shown = atomic_load_explicit(&s->shown, memory_order_acquire);
	p->high = atomic_load_explicit(&s->high, memory_order_acquire);
	p->low = atomic_load_explicit(&s->low, memory_order_acquire);
	p->scope = atomic_load_explicit(&s->scope, memory_order_acquire);
	p->used = atomic_load_explicit(&s->used, memory_order_relaxed);
	return atomic_load_explicit(&s->seq, memory_order_relaxed) == seq;
}

/* Writes a slot that the caller has claimed by making SEQ odd. */
static void write_slot(struct slot *s, uint32_t seq, const struct peer *p)
{
	atomic_store_explicit(&s->shown, p->shown, memory_order_release);
	atomic_store_explicit(&s->high, p->high, memory_order_release);
	atomic_store_explicit(&s->low, p->low, memory_order_release);
	atomic_store_explicit(&s->scope, p->scope, memory_order_release);
	atomic_store_explicit(&s->used, p->used, memory_order_relaxed);
	atomic_store_explicit(&s->seq, seq + 2, memory_order_release);
}

/* How readily CANDIDATE makes room for NEWCOMER: whoever holds a network and walks through it pushes
 * out its own addresses, not other people's. */
static int kinship(const struct peer *candidate, const struct peer *newcomer)
{
	uint64_t differ = candidate->high ^ newcomer->high;
	unsigned char bytes[8];

	if (differ == 0)
		return 2; /* the same /64 */
	memcpy(bytes, &differ, 8);
	for (int i = 0; i < 6; i++)
		if (bytes[i])
			return 0;
	return 1; /* the same /48 */
}

/* How many in SET are of the network of MEMBER, which is one of them. */
static int crowd(struct slot *set, const struct peer *member)
{
	struct peer held;
	int count = 0;

	for (int i = 0; i < SYNTHETIC_WAYS; i++)
		count += read_slot(&set[i], &held) && kinship(&held, member) > 0;
	return count;
}

/* The slot of SET to be filled next, with the SEQ that it had: an empty one, else the nearest kin of P or,
 * where it has none, one of the network that has most, which is whoever floods the table; among those the one
 * that nobody asked for longest. NULL when all are being written or used up. */
static struct slot *choose(struct slot *set, const struct peer *p, uint32_t *seq)
{
	struct slot *best = NULL;
	int best_rank = -1;
	uint32_t best_age = 0, now = atomic_load_explicit(&ticks, memory_order_relaxed);

	for (int i = 0; i < SYNTHETIC_WAYS; i++) {
		uint32_t s = atomic_load_explicit(&set[i].seq, memory_order_acquire);
		struct peer held;

		if (s == 0) {
			*seq = s;
			return &set[i];
		}
		/* s / 2 fillings so far were numbered from 0. */
		if (s & 1 || s / 2 >= pool.turns - 1 || !read_slot(&set[i], &held))
			continue;
		int kin = kinship(&held, p), rank = kin ? SYNTHETIC_WAYS + kin : crowd(set, &held);
		uint32_t age = now - held.used;

		if (!best || rank > best_rank || (rank == best_rank && age > best_age)) {
			best = &set[i];
			best_rank = rank;
			best_age = age;
			*seq = s;
		}
	}
	return best;
}

static bool shown_in(struct slot *set, uint32_t shown)
{
	struct peer held;

	for (int i = 0; i < SYNTHETIC_WAYS; i++)
		if (read_slot(&set[i], &held) && held.shown == shown)
			return true;
	return false;
}

/* The hashed address is free to give while no slot of the set was ever filled twice, because then
 * everybody who ever had it is still there to be seen; an empty slot says just that, since nobody is
 * pushed out while one is left. */
static uint32_t give(struct slot *set, struct slot *slot, uint32_t seq, uint32_t hashed)
{
	uint32_t number = (uint32_t)(slot - table);

	if (seq == 0 && hashed != pool.net && !shown_in(set, hashed))
		return hashed;
	return pool.net | pool.numbered | number << pool.turn_bits | seq / 2;
}

/* The hashed address of P, and with it the set where P is, if it is anywhere. A host that really has an
 * address of the pool's lower half is shown as that if it can be. */
static uint32_t hash_of(const struct peer *p)
{
	uint64_t words[3] = {p->high, p->low, p->scope};
	struct in6_addr real;
	in_addr_t in;

	memcpy(real.s6_addr, words, sizeof real);
	memcpy(&in, real.s6_addr + 12, sizeof in);
	if (IN6_IS_ADDR_V4MAPPED(&real) && synthetic_in_pool(in) && !(ntohl(in) & pool.numbered))
		return ntohl(in);
	return pool.net | (uint32_t)(hash_bytes(&secret, words, sizeof words) & (pool.numbered - 1));
}

static struct slot *set_of(uint32_t hashed)
{
	return &table[hashed % SYNTHETIC_SETS * SYNTHETIC_WAYS];
}

/* The slot of SET that holds P, read into HELD, or NULL. */
static struct slot *find(struct slot *set, const struct peer *p, struct peer *held)
{
	for (int i = 0; i < SYNTHETIC_WAYS; i++)
		if (read_slot(&set[i], held) && same(held, p))
			return &set[i];
	return NULL;
}

bool synthetic_known(const struct in6_addr *real, uint32_t scope)
{
	struct peer p = peer_of(real, scope), held;

	return find(set_of(hash_of(&p)), &p, &held) != NULL;
}

/* Puts P, which is in no slot of SET, into one, shown as P->shown or, if that is 0, as an address that is
 * given now from HASHED. Returns what it is shown as, or the pool's first address. */
static uint32_t insert(struct slot *set, struct peer *p, uint32_t hashed)
{
	uint32_t seq = 0;
	struct slot *slot;

	p->used = atomic_fetch_add_explicit(&ticks, 1, memory_order_relaxed) + 1;
	while ((slot = choose(set, p, &seq))) {
		/* Acquire and release: what is written next must not be seen before SEQ is odd. */
		if (!atomic_compare_exchange_strong_explicit(&slot->seq, &seq, seq | 1, memory_order_acq_rel,
							     memory_order_relaxed))
			continue;
		if (!p->shown)
			p->shown = give(set, slot, seq, hashed);
		write_slot(slot, seq, p);
		return p->shown;
	}
	return pool.net;
}

/* Where it was seen before, as a peer, it keeps the address that the program knows it by. */
void synthetic_stand(const struct in6_addr *real, in_addr_t shown)
{
	struct peer p = peer_of(real, 0), held;
	uint32_t hashed = hash_of(&p);

	p.shown = ntohl(shown);
	if (!find(set_of(hashed), &p, &held))
		(void)insert(set_of(hashed), &p, hashed);
}

in_addr_t synthetic_of(const struct in6_addr *real, uint32_t scope)
{
	struct peer p = peer_of(real, scope), held;
	uint32_t hashed = hash_of(&p);
	struct slot *set = set_of(hashed), *slot = find(set, &p, &held);
	if (slot) {
		atomic_store_explicit(&slot->used, atomic_load_explicit(&ticks, memory_order_relaxed),
				      memory_order_relaxed);
		return htonl(held.shown);
	}
	return htonl(insert(set, &p, hashed));
}

/* Whether SHOWN, which nobody has now, was given out and taken back: a number that the slot has passed; a
 * hash in a set where somebody was pushed out. */
static bool forgotten(struct slot *first, int ways, uint32_t shown)
{
	for (int i = 0; i < ways; i++) {
		uint32_t filled = atomic_load_explicit(&first[i].seq, memory_order_relaxed) / 2;

		if (shown & pool.numbered ? (shown & (pool.turns - 1)) < filled : filled > 1)
			return true;
	}
	return false;
}

int synthetic_real(in_addr_t addr, struct in6_addr *real, uint32_t *scope)
{
	uint32_t shown = ntohl(addr);
	struct slot *first;
	int ways;
	struct peer held;

	if (shown == pool.net)
		return -ESTALE;
	if (shown & pool.numbered) {
		first = &table[(shown & (pool.numbered - 1)) >> pool.turn_bits];
		ways = 1;
	} else {
		first = set_of(shown);
		ways = SYNTHETIC_WAYS;
	}
	for (int i = 0; synthetic_in_pool(addr) && i < ways; i++)
		if (read_slot(&first[i], &held) && held.shown == shown) {
			memcpy(real->s6_addr, &held.high, 8);
			memcpy(real->s6_addr + 8, &held.low, 8);
			*scope = held.scope;
			return 0;
		}
	return synthetic_in_pool(addr) && forgotten(first, ways, shown) ? -ESTALE : -ENOENT;
}

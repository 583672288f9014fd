/* Each slot is a seqlock: SEQ is even while the slot is at rest, and odd while it is written. A writer claims
 * a slot with one compare-and-swap. A reader skips a slot that is being written; insert() looks at it TRIES
 * times before it does. Its writer may be another thread or the code that this signal handler interrupted. In
 * the child of a fork() that copied it half-written, it is skipped for ever. */
#define _GNU_SOURCE
#include "address/synthetic.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/large.h"
#include "config/config.h"

/* An address of the pool, behind its prefix (28 bits in 240.0.0.0/4), is one of
 *   0, the bits of the /64's hash, and HOST_BITS of the whole address's: a hash;
 *   1 (NUMBERED), and a count: a number.
 * Both contain the set where the peer is: the last LOW_BITS, and the bit above HOST_BITS, which comes from
 * the /64. So a /64 fills at most half of the sets, and its numbers are in few /24s. */
enum { SET_BITS = 8, LOW_BITS = SET_BITS - 1, LOW = (1 << LOW_BITS) - 1, OF_64 = 1 << LOW_BITS };
_Static_assert(SYNTHETIC_SETS == 1 << SET_BITS, "a set's number has SET_BITS");

enum { TRIES = 200 };

static struct {
	uint32_t net, numbered, counts; /* COUNTS: of each set, without the broadcast address */
} pool = {.net = POOL_DEFAULT, .numbered = 1u << 27, .counts = (1u << (27 - SET_BITS)) - 1};

struct slot {
	_Atomic uint32_t seq;   /* twice the times filled; odd while being written */
	_Atomic uint32_t shown; /* host byte order */
	_Atomic uint64_t high, low;
	_Atomic uint32_t scope;
	_Atomic uint32_t used; /* the clock when last asked for */
};

/* The data of a slot, read as a whole. */
struct peer {
	uint32_t shown, scope, used;
	uint64_t high, low;
};

/* The addresses that a set has given out and that are not in its slots any more. */
struct past {
	_Atomic uint64_t hashes;  /* a bit for each 64th of all /64s: a peer of one was pushed out */
	_Atomic uint32_t numbers; /* the next number is not below this */
};

LARGE static struct slot table[SYNTHETIC_SETS * SYNTHETIC_WAYS];
LARGE static struct past past[SYNTHETIC_SETS];
static _Atomic uint32_t ticks;
static _Atomic uint64_t begun; /* a process, and its first_count() */

void synthetic_set_pool(uint32_t net, unsigned bits)
{
	pool.net = net;
	pool.numbered = 1u << (31 - bits);
	pool.counts = (pool.numbered >> SET_BITS) - 1;
}

bool synthetic_in_pool(in_addr_t addr)
{
	/* The broadcast address, which is in 240/4, is nobody's. */
	return (ntohl(addr) ^ pool.net) < 2 * pool.numbered && addr != INADDR_BROADCAST;
}

static uint32_t set_of(uint32_t shown)
{
	return (shown & LOW) | (shown >> (SYNTHETIC_HOST_BITS - LOW_BITS) & OF_64);
}

/* The number COUNT of SET: the bits that don't tell the set are the count. */
static uint32_t number_of(uint32_t set, uint32_t count)
{
	const uint32_t low = count & ((1u << (SYNTHETIC_HOST_BITS - LOW_BITS)) - 1);

	return pool.net | pool.numbered | (count - low) << SET_BITS |
	       (set & OF_64) << (SYNTHETIC_HOST_BITS - LOW_BITS) | low << LOW_BITS | (set & LOW);
}

static uint32_t count_of(uint32_t shown)
{
	const uint32_t low = shown >> LOW_BITS & ((1u << (SYNTHETIC_HOST_BITS - LOW_BITS)) - 1);
	const uint32_t high = (shown & (pool.numbered - 1)) >> (SYNTHETIC_HOST_BITS + 1);

	return high << (SYNTHETIC_HOST_BITS - LOW_BITS) | low;
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

/* Reads a slot into P. Returns false if it is empty or changes meanwhile. Acquiring loads keep the second
 * load of SEQ behind them: ThreadSanitizer does not understand fences. */
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

/* Writes a slot whose SEQ the caller has made odd. */
static void write_slot(struct slot *s, uint32_t seq, const struct peer *p)
{
	atomic_store_explicit(&s->shown, p->shown, memory_order_release);
	atomic_store_explicit(&s->high, p->high, memory_order_release);
	atomic_store_explicit(&s->low, p->low, memory_order_release);
	atomic_store_explicit(&s->scope, p->scope, memory_order_release);
	atomic_store_explicit(&s->used, p->used, memory_order_relaxed);
	atomic_store_explicit(&s->seq, seq + 2, memory_order_release);
}

/* How readily CANDIDATE makes room for NEWCOMER. A host with many addresses pushes out its own ones, not
 * those of others. */
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

/* How many peers of SET are of the network of MEMBER, itself included. */
static int crowd(struct slot *set, const struct peer *member)
{
	struct peer held;
	int count = 0;

	for (int i = 0; i < SYNTHETIC_WAYS; i++)
		count += read_slot(&set[i], &held) && kinship(&held, member) > 0;
	return count;
}

/* Chooses the slot of SET to fill next. SEQ is the slot's at that moment, HELD the peer that is pushed out,
 * if any, or P itself, if another thread has put it there. An empty slot comes first, then the nearest kin of
 * P. Without kin, it is a peer of the network with the most peers, which floods the table. Among equals, it
 * is the one not asked for longest. NULL: a slot is being written, perhaps for P, and PATIENT; or all are. */
static struct slot *choose(struct slot *set, const struct peer *p, bool patient, uint32_t *seq,
			   struct peer *held)
{
	struct slot *best = NULL;
	int best_rank = -1;
	uint32_t best_age = 0, now = atomic_load_explicit(&ticks, memory_order_relaxed);

	for (int i = 0; i < SYNTHETIC_WAYS; i++) {
		uint32_t s = atomic_load_explicit(&set[i].seq, memory_order_acquire);
		struct peer one;

		if (s == 0) {
			*seq = s;
			return &set[i];
		}
		if (!read_slot(&set[i], &one)) {
			if (patient)
				return NULL;
			continue;
		}
		if (same(&one, p)) {
			*seq = s;
			*held = one;
			return &set[i];
		}
		int kin = kinship(&one, p), rank = kin ? SYNTHETIC_WAYS + kin : crowd(set, &one);
		uint32_t age = now - one.used;

		if (!best || rank > best_rank || (rank == best_rank && age > best_age)) {
			best = &set[i];
			best_rank = rank;
			best_age = age;
			*seq = s;
			*held = one;
		}
	}
	return best;
}

/* The bit of a hash in struct past. */
static uint64_t bit_of(uint32_t hashed)
{
	return (uint64_t)1 << (hashed >> (SYNTHETIC_HOST_BITS + 1) & 63);
}

static bool is_hash(uint32_t shown)
{
	return synthetic_in_pool(htonl(shown)) && !(shown & pool.numbered);
}

/* Whether no peer has HASHED, neither in SET nor among those that were pushed out. The caller has claimed
 * MINE. Another claimed slot may be about to hold HASHED, so it counts as taken. If two threads look at the
 * same time, at least one sees that the other has claimed a slot, by the order of sequentially consistent
 * operations. */
static bool is_free(uint32_t set, const struct slot *mine, uint32_t hashed)
{
	struct slot *slots = &table[set * SYNTHETIC_WAYS];
	struct peer held;

	for (int i = 0; i < SYNTHETIC_WAYS; i++) {
		if (&slots[i] == mine || atomic_load(&slots[i].seq) == 0)
			continue;
		if (!read_slot(&slots[i], &held) || held.shown == hashed)
			return false;
	}
	return hashed != pool.net && !(atomic_load(&past[set].hashes) & bit_of(hashed));
}

/* The number at which this process begins to count. It is in the second quarter of the numbers that its
 * parent has left: usually behind all that the parent has given out, and away from its siblings'. fork()
 * handlers can't set it, as _Fork() and clone() do not call them. */
static uint32_t first_count(void)
{
	uint64_t had = atomic_load(&begun), pid = (uint32_t)getpid(), first = (uint32_t)had;
	uint64_t place;
	struct timespec now = {.tv_sec = 0};
	int saved = errno;

	if (had >> 32 == pid)
		return (uint32_t)first;
	/* The kernel reuses process IDs. */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	errno = saved;
	place =
	    hash_words(&config.key, (uint64_t[]){pid, (uint64_t)now.tv_sec, (uint64_t)now.tv_nsec}).all >> 43;
	/* Siblings have neighbouring process IDs, so the last bits of the ID come first. */
	for (int bit = 0; bit < 10; bit++)
		place |= (pid >> bit & 1) << (30 - bit);
	first += ((pool.counts - first) / 2 + 1) * (1ULL << 31 | place) >> 32;
	return atomic_compare_exchange_strong(&begun, &had, pid << 32 | first) ? (uint32_t)first
									       : (uint32_t)had;
}

/* A number of SET that was never given, or 0 if there is none. */
static uint32_t next_number(uint32_t set)
{
	uint32_t first = first_count(), next = atomic_load(&past[set].numbers), count;

	do {
		count = next > first ? next : first;
		if (count >= pool.counts)
			return 0;
	} while (!atomic_compare_exchange_weak(&past[set].numbers, &next, count + 1));
	return number_of(set, count);
}

/* The hashed address of P, which also tells the set where P can be. A host that really has an address of the
 * pool's lower half is shown as that if possible. */
static uint32_t hash_of(const struct peer *p)
{
	/* Numbers, so that machines of either byte order agree. */
	const uint64_t words[3] = {le64toh(p->high), le64toh(p->low), p->scope};
	const uint32_t hosts = (1u << SYNTHETIC_HOST_BITS) - 1;
	struct in6_addr real;
	struct hash_pair hash;
	in_addr_t in;

	memcpy(real.s6_addr, &p->high, 8);
	memcpy(real.s6_addr + 8, &p->low, 8);
	in = real.s6_addr32[3];
	if (IN6_IS_ADDR_V4MAPPED(&real) && is_hash(ntohl(in)))
		return ntohl(in);
	hash = hash_words(&config.key, words);
	return pool.net | ((uint32_t)hash.first & (pool.numbered - 1) & ~hosts) |
	       ((uint32_t)hash.all & hosts);
}

/* The slot that holds P, whose hash is HASHED, read into HELD; NULL if there is none. */
static struct slot *find(uint32_t hashed, const struct peer *p, struct peer *held)
{
	struct slot *set = &table[set_of(hashed) * SYNTHETIC_WAYS];

	for (int i = 0; i < SYNTHETIC_WAYS; i++)
		if (read_slot(&set[i], held) && same(held, p))
			return &set[i];
	return NULL;
}

bool synthetic_known(const struct in6_addr *real, uint32_t scope, in_addr_t *shown)
{
	struct peer p = peer_of(real, scope), held;

	if (!find(hash_of(&p), &p, &held))
		return false;
	*shown = htonl(held.shown);
	return true;
}

/* Puts P, which was in no slot, into one. It is shown as P->shown or, if that is 0, as HASHED or a new
 * number. Returns the address that it is shown as, or the pool's first address. Threads often see a new peer
 * at the same time, so each lets the other finish. The tries are limited, as the writer may be the code that
 * this signal handler has interrupted. */
static uint32_t insert(struct peer *p, uint32_t hashed)
{
	const uint32_t set = set_of(hashed);
	uint32_t seq = 0;
	struct peer held = {.shown = 0};
	struct slot *slot;

	p->used = atomic_fetch_add_explicit(&ticks, 1, memory_order_relaxed) + 1;
	for (int tries = 0;
	     (slot = choose(&table[set * SYNTHETIC_WAYS], p, tries < TRIES, &seq, &held)) || tries < TRIES;
	     tries++) {
		if (!slot)
			continue;
		if (seq && same(&held, p))
			return held.shown;
		/* Must be set before the slot changes. */
		if (seq && is_hash(held.shown))
			atomic_fetch_or(&past[set].hashes, bit_of(held.shown));
		if (!atomic_compare_exchange_strong(&slot->seq, &seq, seq | 1))
			continue;
		if (!p->shown)
			p->shown = is_free(set, slot, hashed) ? hashed : next_number(set);
		if (p->shown) {
			write_slot(slot, seq, p);
			return p->shown;
		}
		/* Nothing was written. */
		atomic_store(&slot->seq, seq);
		break;
	}
	return pool.net;
}

/* A peer that was seen before keeps the address by which the program knows it. */
void synthetic_stand(const struct in6_addr *real, in_addr_t shown)
{
	struct peer p = peer_of(real, 0), held;
	uint32_t hashed = hash_of(&p);

	p.shown = ntohl(shown);
	if (!find(hashed, &p, &held))
		(void)insert(&p, hashed);
}

in_addr_t synthetic_of(const struct in6_addr *real, uint32_t scope)
{
	struct peer p = peer_of(real, scope), held;
	uint32_t hashed = hash_of(&p);
	struct slot *slot = find(hashed, &p, &held);

	if (slot) {
		atomic_store_explicit(&slot->used, atomic_load_explicit(&ticks, memory_order_relaxed),
				      memory_order_relaxed);
		return htonl(held.shown);
	}
	return htonl(insert(&p, hashed));
}

/* Whether SHOWN, which no peer in SET has now, was or may have been given out before. */
static bool forgotten(uint32_t set, uint32_t shown)
{
	if (shown & pool.numbered)
		return count_of(shown) < atomic_load(&past[set].numbers);
	return shown == pool.net || atomic_load(&past[set].hashes) & bit_of(shown);
}

int synthetic_real(in_addr_t addr, struct in6_addr *real, uint32_t *scope)
{
	const uint32_t shown = ntohl(addr), set = set_of(shown);
	struct slot *slots = &table[set * SYNTHETIC_WAYS];
	struct peer held;

	if (!synthetic_in_pool(addr))
		return -ENOENT;
	for (int i = 0; i < SYNTHETIC_WAYS; i++)
		if (read_slot(&slots[i], &held) && held.shown == shown) {
			memcpy(real->s6_addr, &held.high, 8);
			memcpy(real->s6_addr + 8, &held.low, 8);
			*scope = held.scope;
			return 0;
		}
	return forgotten(set, shown) ? -ESTALE : -ENOENT;
}

/* Each entry is a seqlock, as the slots in synthetic.c: SEQ is even while the entry is at rest, and odd while
 * it is written. A writer claims it with one compare-and-swap and never waits. */
#define _GNU_SOURCE
#include "resolver/known_names.h"

#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/large.h"
#include "resolver/scope.h"

/* The data of an entry, read and written as a whole. */
struct answer {
	uint64_t name;     /* the name's hash; 0: never used */
	uint32_t when;     /* seconds, when the answer came */
	uint32_t in6_when; /* the same for the IPv6 addresses, which can be from an earlier answer */
	uint32_t order;    /* how many answers came before: many can come in a second */
	uint32_t unused;
	struct names_list list;
};

enum { WORDS = sizeof(struct answer) / 8, NUMBERS = 4, READS = 20, WRITES = 4 };
_Static_assert(sizeof(struct answer) % 8 == 0, "an entry is read by words");

struct entry {
	_Atomic uint32_t seq;
	_Atomic bool knows_in6;  /* names_connected_in6() */
	_Atomic uint64_t filter; /* a bit for each address, see bit_of() */
	_Atomic uint64_t words[WORDS];
};

LARGE static struct entry table[NAMES_ENTRIES];
static _Atomic uint32_t answers;

/* The numbers that this thread asked for last. Initial-exec puts them into the static block, which a
 * preloaded library may use, so that the first access allocates nothing. */
static __thread struct names_address numbers[NUMBERS] __attribute__((tls_model("initial-exec")));
static __thread unsigned next_number __attribute__((tls_model("initial-exec")));

static uint32_t now(void)
{
	return (uint32_t)(clock_coarse_ms() / 1000);
}

/* Entries that can't have an address are skipped without being read. */
static uint64_t bit_of(const struct in6_addr *addr)
{
	uint64_t low;

	memcpy(&low, addr->s6_addr + 8, 8);
	return UINT64_C(1) << (low * UINT64_C(0x9e3779b97f4a7c15) >> 58);
}

/* DNS names have no case (RFC 4343). Colliding names do no harm, as the text is compared. */
static uint64_t hash_of(const char *name)
{
	static const struct hash_key key = {0x6475616c, 0x737461636b};
	char folded[NAMES_TEXT - 1];
	size_t size = 0;

	for (; size < sizeof folded && name[size]; size++)
		folded[size] =
		    (char)(name[size] >= 'A' && name[size] <= 'Z' ? name[size] - 'A' + 'a' : name[size]);
	return hash_bytes(&key, folded, size) | 1;
}

/* Reads the words of A from FROM to before byte END. */
static void read_words(struct entry *e, struct answer *a, size_t from, size_t end)
{
	for (size_t i = from; i < WORDS && i * 8 < end; i++) {
		uint64_t word = atomic_load_explicit(&e->words[i], memory_order_acquire);

		memcpy((char *)a + i * 8, &word, sizeof word);
	}
}

/* Reads only the addresses that it has. */
static bool read_once(struct entry *e, struct answer *a)
{
	const size_t head = offsetof(struct answer, list.addresses);
	uint32_t seq = atomic_load_explicit(&e->seq, memory_order_acquire);

	if (seq == 0 || seq & 1)
		return false;
	read_words(e, a, 0, head);
	read_words(e, a, (head + 7) / 8, head + a->list.count * sizeof a->list.addresses[0]);
	a->list.knows_in6 = atomic_load_explicit(&e->knows_in6, memory_order_relaxed);
	return atomic_load_explicit(&e->seq, memory_order_relaxed) == seq;
}

/* A name that is often asked for must not be missed because its answer is being written. The tries are
 * limited, as the writer may be the code that this signal handler has interrupted. */
static bool read_entry(struct entry *e, struct answer *a)
{
	for (int tries = 0; tries < READS; tries++) {
		if (read_once(e, a))
			return true;
		if (atomic_load_explicit(&e->seq, memory_order_relaxed) == 0)
			return false;
		(void)sched_yield();
	}
	return false;
}

/* False if another thread has E. */
static bool write_entry(struct entry *e, const struct answer *a)
{
	uint32_t seq = atomic_load_explicit(&e->seq, memory_order_relaxed);
	uint64_t words[WORDS] = {0}, filter = 0;

	if (seq & 1 || !atomic_compare_exchange_strong(&e->seq, &seq, seq + 1))
		return false;
	memcpy(words, a, sizeof *a);
	for (uint32_t i = 0; i < a->list.count; i++)
		filter |= bit_of(&a->list.addresses[i].addr);
	for (int i = 0; i < WORDS; i++)
		atomic_store_explicit(&e->words[i], words[i], memory_order_release);
	atomic_store_explicit(&e->filter, filter, memory_order_release);
	atomic_store_explicit(&e->knows_in6, false, memory_order_relaxed);
	/* 0 stands for an entry never used. */
	atomic_store_explicit(&e->seq, seq + 2 ? seq + 2 : 2, memory_order_release);
	return true;
}

bool names_same(const struct names_address *a, const struct names_address *b)
{
	return memcmp(&a->addr, &b->addr, sizeof a->addr) == 0 && a->scope == b->scope;
}

struct names_address names_address(const struct sockaddr_in6 *addr)
{
	return (struct names_address){.addr = addr->sin6_addr,
				      .scope =
					  IN6_IS_ADDR_LINKLOCAL(&addr->sin6_addr) ? addr->sin6_scope_id : 0};
}

bool names_holds(const struct names_list *list, const struct names_address *addr)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (names_same(&list->addresses[i], addr))
			return true;
	return false;
}

static uint32_t count_of(const struct names_list *list, bool in)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < list->count; i++)
		count += (bool)IN6_IS_ADDR_V4MAPPED(&list->addresses[i].addr) == in;
	return count;
}

void names_add(struct names_list *list, const struct in6_addr *addr, uint32_t scope)
{
	const struct names_address added = {*addr, IN6_IS_ADDR_LINKLOCAL(addr) ? scope : 0};

	if (count_of(list, IN6_IS_ADDR_V4MAPPED(addr)) < NAMES_OF_FAMILY && !names_holds(list, &added) &&
	    scope_of(addr) != SCOPE_NOBODY)
		list->addresses[list->count++] = added;
}

static bool is_named(const struct answer *a, uint64_t hash, const char *name)
{
	return a->name == hash && strncasecmp(a->list.name, name, NAMES_TEXT - 1) == 0;
}

/* The name's entry if it has one, else the entry written longest ago; OLD is its data. */
static struct entry *entry_for(const char *name, uint64_t hash, struct answer *old)
{
	struct entry *oldest = &table[0];
	uint32_t age = 0, order = atomic_load_explicit(&answers, memory_order_relaxed);

	for (int i = 0; i < NAMES_ENTRIES; i++) {
		if (!read_entry(&table[i], old)) {
			/* The entry is being written, or was never used, and then the rest was not either. */
			if (atomic_load_explicit(&table[i].seq, memory_order_relaxed) != 0)
				continue;
			oldest = &table[i];
			break;
		}
		if (is_named(old, hash, name))
			return &table[i];
		if (order - old->order >= age) {
			age = order - old->order;
			oldest = &table[i];
		}
	}
	memset(old, 0, sizeof *old);
	return oldest;
}

/* An address that the thread got for a name is no number any more. */
static void forget_numbers(const struct names_list *list)
{
	for (int i = 0; i < NUMBERS; i++)
		if (names_holds(list, &numbers[i]))
			memset(&numbers[i], 0, sizeof numbers[i]);
}

void names_note_number(const struct names_address *addr)
{
	numbers[next_number++ % NUMBERS] = *addr;
}

/* Whether NEWER can be of the same hosts as OLDER: it has one of its IPv4 addresses, or none. */
static bool are_same_hosts(const struct names_list *older, const struct names_list *newer)
{
	uint32_t in = 0;

	for (uint32_t i = 0; i < newer->count; i++) {
		if (!IN6_IS_ADDR_V4MAPPED(&newer->addresses[i].addr))
			continue;
		if (names_holds(older, &newer->addresses[i]))
			return true;
		in++;
	}
	return in == 0;
}

/* Returns whether NAME's entry, or a new one, was written. */
static bool note(const char *name, struct names_list *list)
{
	struct answer a = {.name = hash_of(name), .when = now()}, old;
	struct entry *e = entry_for(name, a.name, &old);

	a.in6_when = a.when;
	a.order = atomic_fetch_add_explicit(&answers, 1, memory_order_relaxed);
	strncpy(a.list.name, name, NAMES_TEXT - 1);
	if (count_of(list, false) == 0 && old.name && a.when - old.in6_when < NAMES_LIFE &&
	    are_same_hosts(&old.list, list)) {
		a.in6_when = old.in6_when;
		for (uint32_t i = 0; i < old.list.count; i++)
			if (!IN6_IS_ADDR_V4MAPPED(&old.list.addresses[i].addr))
				names_add(&a.list, &old.list.addresses[i].addr, old.list.addresses[i].scope);
	}
	for (uint32_t i = 0; i < list->count; i++)
		names_add(&a.list, &list->addresses[i].addr, list->addresses[i].scope);
	forget_numbers(&a.list);
	if (!write_entry(e, &a))
		return false;
	if (a.list.count > list->count)
		*list = a.list;
	return true;
}

void names_note(const char *name, struct names_list *list)
{
	/* Threads that ask for new names at the same time choose the same entry. */
	for (int tries = 0; tries < WRITES && !note(name, list); tries++)
		(void)sched_yield();
}

static bool is_expired(const struct answer *a)
{
	return now() - a->when >= NAMES_LIFE;
}

/* The first entry from FROM on that has ADDR, with its data in A; NULL: none. */
static struct entry *next(struct entry *from, const struct names_address *addr, struct answer *a)
{
	for (struct entry *e = from; e < table + NAMES_ENTRIES; e++) {
		if (atomic_load_explicit(&e->seq, memory_order_relaxed) == 0)
			break;
		if (atomic_load_explicit(&e->filter, memory_order_relaxed) & bit_of(&addr->addr) &&
		    read_entry(e, a) && names_holds(&a->list, addr))
			return e;
	}
	return NULL;
}

void names_each(const struct names_address *addr, void (*visit)(const struct names_list *list, void *arg),
		void *arg)
{
	struct answer a;
	bool fresh = false, expired = false;

	for (int i = 0; i < NUMBERS; i++)
		if (names_same(&numbers[i], addr))
			return;
	for (struct entry *e = table; (e = next(e, addr, &a)) != NULL; e++)
		if (is_expired(&a)) {
			expired = true;
		} else {
			visit(&a.list, arg);
			fresh = true;
		}
	/* The program may still hold the address of a name that has expired. */
	for (struct entry *e = table; fresh && expired && (e = next(e, addr, &a)) != NULL; e++)
		if (is_expired(&a))
			visit(&a.list, arg);
}

void names_connected_in6(const struct names_address *addr)
{
	struct answer a;

	for (struct entry *e = table; (e = next(e, addr, &a)) != NULL; e++)
		atomic_store_explicit(&e->knows_in6, true, memory_order_relaxed);
}

bool names_known(const char *name, struct names_list *list)
{
	struct answer a;

	(void)entry_for(name, hash_of(name), &a);
	if (!a.name || is_expired(&a))
		return false;
	*list = a.list;
	return true;
}

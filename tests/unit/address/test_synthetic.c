/* The table of synthetic addresses: agreement, collisions, eviction, and that no address ever stands for two
 * peers. The table can't be emptied, so each test has addresses of its own. */
#include "../unit.h"

#include <endian.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "address/synthetic.h"
#include "base/hash.h"
#include "config/config.h"

static const struct hash_key key = {0x1122334455667788, 0x99aabbccddeeff00};

/* The address of HOST in NETWORK, a /64. */
static struct in6_addr peer(uint64_t network, uint64_t host)
{
	struct in6_addr a;

	for (int i = 0; i < 8; i++) {
		a.s6_addr[i] = (uint8_t)(network >> (56 - 8 * i));
		a.s6_addr[8 + i] = (uint8_t)(host >> (56 - 8 * i));
	}
	return a;
}

/* The 27 bits of the hash that synthetic.c uses. */
static uint32_t hashed(const struct in6_addr *a)
{
	uint64_t words[3] = {0, 0, 0};
	struct hash_pair hash;

	memcpy(words, a, 16);
	words[0] = le64toh(words[0]);
	words[1] = le64toh(words[1]);
	hash = hash_words(&key, words);
	return ((uint32_t)hash.first & 0x07fff800) | ((uint32_t)hash.all & 0x7ff);
}

/* The set that a hash leads to. */
static uint32_t set_of(uint32_t hash)
{
	return (hash & 0x7f) | (hash >> 4 & 0x80);
}

static void assert_known(in_addr_t shown, const struct in6_addr *a)
{
	struct in6_addr back;
	uint32_t scope = 77;

	assert_int_equal(synthetic_real(shown, &back, &scope), 0);
	assert_memory_equal(&back, a, sizeof back);
	assert_int_equal(scope, 0);
}

/* All processes with the same key show a peer as the same address, which depends on nothing else. */
static void agreement(void **state)
{
	struct in6_addr a = peer(0x20010db800000001, 1);
	in_addr_t shown = synthetic_of(&a, 0);

	(void)state;
	assert_int_equal(ntohl(shown), 0xf0000000 | hashed(&a));
	/* SipHash-1-3 as others compute it, so that libraries of different versions and machines agree. */
	assert_int_equal(shown, inet_addr("246.146.124.126"));
	assert_int_equal(synthetic_of(&a, 0), shown);
	assert_known(shown, &a);
}

static void pool(void **state)
{
	(void)state;
	assert_true(synthetic_in_pool(inet_addr("240.0.0.0")));
	assert_true(synthetic_in_pool(inet_addr("255.255.255.254")));
	assert_false(synthetic_in_pool(inet_addr("239.255.255.255")));
	assert_false(synthetic_in_pool(inet_addr("127.0.0.1")));
	assert_false(synthetic_in_pool(inet_addr("0.0.0.0")));
}

/* Hosts that really have addresses of the pool keep them, unless another peer is shown as one. */
static void of_the_pool(void **state)
{
	struct in6_addr six = peer(0x20010db800020000, 77), four = in6_at("::ffff:240.7.7.7", 0).sin6_addr,
			late;
	struct in6_addr high = in6_at("::ffff:250.7.7.7", 0).sin6_addr;
	in_addr_t shown = synthetic_of(&six, 0), other;

	(void)state;
	assert_int_equal(synthetic_of(&four, 0), inet_addr("240.7.7.7"));
	assert_known(inet_addr("240.7.7.7"), &four);
	/* In the upper half, it might have been given to another. */
	assert_true(synthetic_in_pool(synthetic_of(&high, 0)));
	assert_int_not_equal(synthetic_of(&high, 0), inet_addr("250.7.7.7"));
	assert_known(synthetic_of(&high, 0), &high);
	late = in6_at("::ffff:0.0.0.0", 0).sin6_addr;
	memcpy(late.s6_addr + 12, &shown, 4);
	other = synthetic_of(&late, 0);
	assert_int_not_equal(other, shown);
	assert_known(other, &late);
	assert_known(shown, &six);
}

/* The first hosts of a network: some have the same hash (the birthday problem), and each an address of
 * its own. */
static void collisions(void **state)
{
	enum { COUNT = 200 };
	const uint64_t network = 0x20010db8000c0000;
	in_addr_t shown[COUNT];
	int numbers = 0;

	(void)state;
	for (uint64_t i = 0; i < COUNT; i++) {
		struct in6_addr a = peer(network, i);

		shown[i] = synthetic_of(&a, 0);
		numbers += (ntohl(shown[i]) & 1u << 27) != 0;
		for (uint64_t j = 0; j < i; j++)
			assert_int_not_equal(shown[i], shown[j]);
	}
	for (uint64_t i = 0; i < COUNT; i++) {
		struct in6_addr a = peer(network, i);

		assert_known(shown[i], &a);
		assert_int_equal(synthetic_of(&a, 0), shown[i]);
	}
	assert_in_range(numbers, 1, 30);
}

/* Whether one of the COUNT addresses in SHOWN is in the same /24 as A. */
static bool near(in_addr_t a, const in_addr_t *shown, int count)
{
	for (int i = 0; i < count; i++)
		if ((ntohl(a) ^ ntohl(shown[i])) >> 8 == 0)
			return true;
	return false;
}

/* A thousand hosts of one /64 are in few /24s, and hosts of other networks are in none of these. */
static void networks(void **state)
{
	enum { COUNT = 1000 };
	in_addr_t shown[COUNT];
	int nets = 0;

	(void)state;
	for (uint64_t i = 0; i < COUNT; i++) {
		struct in6_addr a = peer(0x20010db800ab0000, i << 32 | i * 77777);

		shown[i] = synthetic_of(&a, 0);
		nets += !near(shown[i], shown, (int)i);
	}
	assert_in_range(nets, 1, 16);
	for (uint64_t i = 0; i < 100; i++) {
		struct in6_addr a = peer(0x2a010db800000000 | i << 17, 1);

		assert_false(near(synthetic_of(&a, 0), shown, COUNT));
	}
}

enum { WORKERS = 8, PEERS = 5000 };

/* PEERS peers of as many networks, from FIRST on, in an order of the worker's own; what each is shown as. */
static void work(unsigned worker, in_addr_t shown[PEERS])
{
	static const unsigned steps[WORKERS] = {1, 3, 7, 9, 11, 13, 17, 19};

	for (unsigned i = 0; i < PEERS; i++) {
		unsigned n = (i * steps[worker] + worker * 611) % PEERS;
		struct in6_addr a = peer(0x2600000000000000 | (uint64_t)n * 0x9e3779b97f4a, n * 0x10001u);

		shown[n] = synthetic_of(&a, 0);
	}
}

/* Whom an address stands for, in whatever process. */
static int by_address(const void *a, const void *b)
{
	uint32_t x = (uint32_t)(*(const uint64_t *)a >> 32), y = (uint32_t)(*(const uint64_t *)b >> 32);

	return (x > y) - (x < y);
}

/* A fork() that no handler hears of. On s390, clone(2) has the stack first. */
static pid_t fork_unheard(void)
{
#ifdef __s390__
	return (pid_t)syscall(SYS_clone, 0, (long)SIGCHLD, 0, 0, 0);
#else
	return (pid_t)syscall(SYS_clone, (long)SIGCHLD, 0, 0, 0, 0);
#endif
}

/* Workers of a service, with the same key and the same peers: no address of one stands for another peer in
 * another. Half of them are children that no handler of fork() hears of. */
static void workers(void **state)
{
	const size_t bytes = sizeof(in_addr_t[WORKERS][PEERS]);
	in_addr_t(*shown)[PEERS] =
	    mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t *all = malloc(sizeof *all * WORKERS * PEERS);
	int status, agreed = 0;

	(void)state;
	assert_true((void *)shown != MAP_FAILED);
	assert_non_null(all);
	for (unsigned w = 0; w < WORKERS; w++) {
		pid_t child = w % 2 ? fork() : fork_unheard();

		if (child == 0) {
			work(w, shown[w]);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	for (unsigned w = 0; w < WORKERS; w++)
		for (unsigned n = 0; n < PEERS; n++)
			all[w * PEERS + n] = (uint64_t)ntohl(shown[w][n]) << 32 | n;
	qsort(all, WORKERS * PEERS, sizeof *all, by_address);
	for (unsigned i = 1; i < WORKERS * PEERS; i++)
		if (all[i] >> 32 == all[i - 1] >> 32)
			assert_int_equal((uint32_t)all[i], (uint32_t)all[i - 1]);
	for (unsigned n = 0; n < PEERS; n++)
		agreed += shown[0][n] == shown[1][n];
	/* More than there is room for in the table at a time. */
	assert_in_range(agreed, PEERS - 250, PEERS);
	munmap(shown, bytes);
	free(all);
}

/* A walk through a /64: every address ever shown stands for one peer or for none, and a regular peer, who
 * comes now and then, keeps its address. */
static void flood(void **state)
{
	enum { COUNT = 1000000 };
	struct in6_addr regular = peer(0x20010db8aaaa0001, 42), a, back;
	in_addr_t regular_shown = synthetic_of(&regular, 0), *shown = malloc(COUNT * sizeof *shown);
	uint32_t scope;
	unsigned char *seen = calloc(1 << 28, 1); /* every address of the pool */
	int known = 0;

	(void)state;
	assert_non_null(shown);
	assert_non_null(seen);
	for (uint64_t i = 0; i < COUNT; i++) {
		a = peer(0x20010db8bbbb0001, i);
		shown[i] = synthetic_of(&a, 0);
		assert_true(synthetic_in_pool(shown[i]));
		assert_int_not_equal(ntohl(shown[i]), POOL_DEFAULT);
		assert_int_equal(seen[ntohl(shown[i]) & 0x0fffffff]++, 0);
		if (i % 1000 == 0)
			assert_int_equal(synthetic_of(&regular, 0), regular_shown);
	}
	for (uint64_t i = 0; i < COUNT; i++) {
		a = peer(0x20010db8bbbb0001, i);
		int known_now = synthetic_real(shown[i], &back, &scope);

		/* The table knows that a peer was evicted. */
		assert_true(known_now == 0 || known_now == -ESTALE);
		if (known_now == 0) {
			assert_memory_equal(&back, &a, sizeof back);
			known++;
		}
	}
	assert_in_range(known, SYNTHETIC_SETS, SYNTHETIC_SETS * SYNTHETIC_WAYS);
	/* An evicted peer that comes back gets another address. */
	a = peer(0x20010db8bbbb0001, 0);
	assert_int_not_equal(synthetic_of(&a, 0), shown[0]);
	free(shown);
	free(seen);
}

/* With the key and many networks, an attacker can evict peers, but never be taken for one. */
static void pushed_out_on_purpose(void **state)
{
	const uint64_t networks = 0x20010e0000000000;
	struct in6_addr victim = peer(0x20010db899990000, 1), bystander = peer(0x20010db899980000, 2), a;
	in_addr_t shown = synthetic_of(&victim, 0), bystander_shown = synthetic_of(&bystander, 0), shown_now;
	uint32_t scope;

	(void)state;
	assert_int_not_equal(set_of(hashed(&bystander)), set_of(hashed(&victim)));
	for (uint64_t i = 0, pushed = 0; pushed < 1000; i++) {
		a = peer(networks | i << 16, 1);
		if (set_of(hashed(&a)) != set_of(hashed(&victim)))
			continue;
		assert_int_not_equal(synthetic_of(&a, 0), shown);
		pushed++;
	}
	assert_false(synthetic_known(&victim, 0, &shown_now));
	assert_int_equal(synthetic_real(shown, &a, &scope), -ESTALE);
	assert_int_not_equal(synthetic_of(&victim, 0), shown);
	assert_known(bystander_shown, &bystander);
}

/* While that /64 is walked through, others come once each: they evict the flood's addresses, not each
 * other's. */
static void newcomers(void **state)
{
	enum { COUNT = 200, BETWEEN = 5000 };
	in_addr_t shown[COUNT];

	(void)state;
	for (uint64_t i = 0; i < COUNT; i++) {
		struct in6_addr a = peer(0x2a00000000000001 | i << 16, 1);

		shown[i] = synthetic_of(&a, 0);
		for (uint64_t j = 0; j < BETWEEN; j++) {
			a = peer(0x20010db8bbbb0001, 1000000 + i * BETWEEN + j);
			(void)synthetic_of(&a, 0);
		}
	}
	for (uint64_t i = 0; i < COUNT; i++) {
		struct in6_addr a = peer(0x2a00000000000001 | i << 16, 1);

		assert_known(shown[i], &a);
	}
}

/* A set whose numbers are used up gives out no more, and its last ones stay valid: also the last set, to
 * which the broadcast address belongs. */
static void exhaustion(void **state)
{
	enum { PER_SET = (1 << 19) + 64 }; /* numbers, and hashes of some that nobody else had */
	const uint64_t network =
	    0x20010db8dddd0001; /* half of the sets are its own, and the last is among them */
	const uint32_t set = SYNTHETIC_SETS - 1;
	struct in6_addr a = peer(network, 0);
	in_addr_t shown = 0;
	uint64_t host = 0;

	(void)state;
	assert_true(set_of(hashed(&a)) & 0x80);
	for (int given = 0; given <= PER_SET; host++) {
		a = peer(network, host);
		if (set_of(hashed(&a)) != set)
			continue;
		shown = synthetic_of(&a, 0);
		given++;
		if (ntohl(shown) == POOL_DEFAULT)
			break;
		assert_known(shown, &a);
	}
	assert_int_equal(ntohl(shown), POOL_DEFAULT);
	assert_int_not_equal(synthetic_real(shown, &a, &(uint32_t){0}), 0);
}

/* The child starts with the parent's table, and then has its own. */
static void after_fork(void **state)
{
	struct in6_addr before = peer(0x20010db8eeee0001, 5), after = peer(0x20010db8eeee0001, 6);
	in_addr_t shown = synthetic_of(&before, 0);
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct in6_addr back;
		uint32_t scope;

		if (synthetic_real(shown, &back, &scope) != 0 || memcmp(&back, &before, 16) != 0)
			_exit(1);
		_exit(synthetic_real(synthetic_of(&after, 0), &back, &scope) != 0 ||
		      memcmp(&back, &after, 16) != 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_known(shown, &before);
}

/* A translator's address is shown as the IPv4 address behind it, and takes nobody's place. */
static void stands_for(void **state)
{
	const struct in6_addr translated = in6_at("64:ff9b::192.0.2.1", 0).sin6_addr,
			      seen = in6_at("64:ff9b::192.0.2.2", 0).sin6_addr;
	const in_addr_t in = in_at("192.0.2.1", 0).sin_addr.s_addr;
	struct in6_addr back;
	uint32_t scope;

	(void)state;
	synthetic_stand(&translated, in);
	assert_int_equal(synthetic_of(&translated, 0), in);
	assert_int_equal(synthetic_real(in, &back, &scope), -ENOENT);
	/* If it came as a peer before, it keeps the address that it was shown as. */
	in_addr_t synthetic = synthetic_of(&seen, 0);
	assert_true(synthetic_in_pool(synthetic));
	synthetic_stand(&seen, in_at("192.0.2.2", 0).sin_addr.s_addr);
	assert_int_equal(synthetic_of(&seen, 0), synthetic);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stands_for),
	    cmocka_unit_test(agreement),
	    cmocka_unit_test(pool),
	    cmocka_unit_test(of_the_pool),
	    cmocka_unit_test(pushed_out_on_purpose),
	    cmocka_unit_test(collisions),
	    cmocka_unit_test(networks),
	    cmocka_unit_test(workers),
	    cmocka_unit_test(after_fork),
	    cmocka_unit_test(flood),
	    cmocka_unit_test(newcomers),
	    cmocka_unit_test(exhaustion),
	};

	config.key = key;
	return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}

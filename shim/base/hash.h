/* SipHash-2-4 (Aumasson and Bernstein, 2012): a hash that can't be predicted without its key. */
#ifndef DUALSTACK_HASH_H
#define DUALSTACK_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t k0, k1;
};

/* The hash of SIZE bytes at DATA. Async-signal-safe. */
uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t size);

/* Two hashes for little more than the cost of one: of the first of three words, and of all three. SipHash-1-3
 * does half the work, and is not known to be predictable either. Async-signal-safe. */
struct hash_pair {
	uint64_t first, all;
};
struct hash_pair hash_words(const struct hash_key *key, const uint64_t words[3]);

#endif

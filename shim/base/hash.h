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

#endif

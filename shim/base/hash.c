#include "base/hash.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void rounds(struct state *s, int count)
{
	while (count--) {
		s->v0 += s->v1;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v2 = rotate(s->v2, 32);
	}
}

static inline void absorb(struct state *s, uint64_t word, int count)
{
	s->v3 ^= word;
	rounds(s, count);
	s->v0 ^= word;
}

static inline uint64_t finish(struct state s, int count)
{
	s.v2 ^= 0xff;
	rounds(&s, count);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

static inline struct state start(const struct hash_key *key)
{
	return (struct state){
	    .v0 = key->k0 ^ 0x736f6d6570736575,
	    .v1 = key->k1 ^ 0x646f72616e646f6d,
	    .v2 = key->k0 ^ 0x6c7967656e657261,
	    .v3 = key->k1 ^ 0x7465646279746573,
	};
}

/* Up to eight bytes as a little-endian number, so that the hash is the same on every machine. */
static uint64_t word_at(const unsigned char *bytes, size_t size)
{
	uint64_t word = 0;

	for (size_t i = 0; i < size; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t size)
{
	const unsigned char *bytes = data;
	size_t rest = size % 8;
	struct state s = start(key);

	for (size_t i = 0; i + 8 <= size; i += 8)
		absorb(&s, word_at(bytes + i, 8), 2);
	absorb(&s, word_at(bytes + size - rest, rest) | (uint64_t)size << 56, 2);
	return finish(s, 4);
}

struct hash_pair hash_words(const struct hash_key *key, const uint64_t words[3])
{
	struct state s = start(key);
	struct hash_pair result;

	absorb(&s, words[0], 1);
	result.first = finish(s, 3);
	absorb(&s, words[1], 1);
	absorb(&s, words[2], 1);
	result.all = finish(s, 3);
	return result;
}

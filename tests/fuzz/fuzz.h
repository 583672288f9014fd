/* What every fuzz target needs. A target is one function, which takes any bytes and asserts what must be true
 * of them: clang's libFuzzer calls it with inputs that it makes up (make fuzz), replay.c with those that are
 * kept in corpus/ (make check). Each input is taken alone: what one leaves in a table, the next does not see.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is left of an input from which numbers are taken. Behind its end they are 0. */
struct input {
	const uint8_t *at;
	size_t left;
};

static inline void take(struct input *in, void *to, size_t size)
{
	size_t have = size < in->left ? size : in->left;

	memset(to, 0, size);
	if (have)
		memcpy(to, in->at, have);
	in->at += have;
	in->left -= have;
}

static inline unsigned take8(struct input *in)
{
	uint8_t byte;

	take(in, &byte, sizeof byte);
	return byte;
}

static inline unsigned take16(struct input *in)
{
	unsigned high = take8(in);

	return high << 8 | take8(in);
}

/* SIZE bytes that begin SHIFT bytes behind an aligned address, with nothing behind them that may be touched,
 * in *MEMORY, which is to be freed. */
static inline void *exactly(size_t size, unsigned shift, void **memory)
{
	*memory = malloc(size + shift);
	assert(*memory || size + shift == 0);
	return *memory ? (char *)*memory + shift : NULL;
}

#endif

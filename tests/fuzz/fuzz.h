/* Shared by the fuzz targets. A target is one function, which takes any bytes and asserts what must be true
 * of them. clang's libFuzzer calls it with inputs that it makes up (make fuzz), replay.c with those kept in
 * corpus/ (make check). Inputs are independent: none sees what another left in a table. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The rest of an input, from which numbers are taken. After its end they are 0. */
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

/* SIZE bytes, SHIFT bytes behind an aligned address, with inaccessible memory behind them, in *MEMORY, which
 * the caller frees. */
static inline void *exactly(size_t size, unsigned shift, void **memory)
{
	*memory = malloc(size + shift);
	assert(*memory || size + shift == 0);
	return *memory ? (char *)*memory + shift : NULL;
}

#endif

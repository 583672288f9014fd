/* SipHash-2-4 gives its authors' test vectors: key 00 01 .. 0f, input 00 01 02 .. */
#include "../unit.h"

#include "base/hash.h"

static void vectors(void **state)
{
	static const struct {
		size_t size;
		uint64_t hash;
	} expected[] = {
	    {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},
	    {8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5},
	};
	const struct hash_key key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
	unsigned char input[16];

	(void)state;
	for (unsigned char i = 0; i < sizeof input; i++)
		input[i] = i;
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		assert_int_equal(hash_bytes(&key, input, expected[i].size), expected[i].hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(vectors)};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}

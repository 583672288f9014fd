/* NAT64: the examples of RFC 6052, 2.4; addresses that are left alone; prefixes from ipv4only.arpa. */
#include "../unit.h"

#include "resolver/nat64.h"

static struct nat64_prefix prefix_at(const char *addr, unsigned bits)
{
	return (struct nat64_prefix){.addr = in6_at(addr, 0).sin6_addr, .bits = bits};
}

static const struct {
	const char *prefix;
	unsigned bits;
	const char *formed;
} examples[] = {
    /* Of 192.0.2.33. */
    {"2001:db8::", 32, "2001:db8:c000:221::"},
    {"2001:db8:100::", 40, "2001:db8:1c0:2:21::"},
    {"2001:db8:122::", 48, "2001:db8:122:c000:2:2100::"},
    {"2001:db8:122:300::", 56, "2001:db8:122:3c0:0:221::"},
    {"2001:db8:122:344::", 64, "2001:db8:122:344:c0:2:2100::"},
    {"2001:db8:122:344::", 96, "2001:db8:122:344::192.0.2.33"},
    {"64:ff9b::", 96, "64:ff9b::192.0.2.33"},
};

static void there_and_back(void **state)
{
	const in_addr_t in = in_at("192.0.2.33", 0).sin_addr.s_addr;

	(void)state;
	assert_null(nat64_now());
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		struct nat64_prefix prefix = prefix_at(examples[i].prefix, examples[i].bits);
		struct in6_addr expected = in6_at(examples[i].formed, 0).sin6_addr, formed;
		in_addr_t back = 0;

		assert_true(nat64_prefix_valid(&prefix));
		nat64_set(&prefix);
		assert_memory_equal(nat64_now(), &prefix, sizeof prefix);
		assert_true(nat64_form(in, &formed));
		assert_memory_equal(&formed, &expected, sizeof formed);
		assert_true(nat64_inside(&formed, &back));
		assert_int_equal(back, in);
		/* The suffix is 0 (2.2). */
		formed.s6_addr[15] = (unsigned char)(formed.s6_addr[15] ^ (examples[i].bits < 96));
		assert_int_equal(nat64_inside(&formed, &back), examples[i].bits == 96);
		formed.s6_addr[0] ^= 1;
		assert_false(nat64_inside(&formed, &back));
	}
}

static void left_alone(void **state)
{
	static const char *const never[] = {"0.0.0.0",   "127.0.0.1", "169.254.1.1",
					    "224.0.0.1", "240.0.0.1", "255.255.255.255"};
	static const char *const private[] = {"10.0.0.1", "100.64.0.1", "172.31.0.1", "192.168.1.1"};
	struct nat64_prefix shared = prefix_at("64:ff9b::", 96), own = prefix_at("2001:db8:64::", 96);
	struct in6_addr formed;

	(void)state;
	nat64_set(&shared);
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		assert_false(nat64_form(in_at(never[i], 0).sin_addr.s_addr, &formed));
	for (size_t i = 0; i < sizeof private / sizeof *private; i++)
		assert_false(nat64_form(in_at(private[i], 0).sin_addr.s_addr, &formed));
	nat64_set(&own);
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		assert_false(nat64_form(in_at(never[i], 0).sin_addr.s_addr, &formed));
	for (size_t i = 0; i < sizeof private / sizeof *private; i++)
		assert_true(nat64_form(in_at(private[i], 0).sin_addr.s_addr, &formed));
	/* Such a form stands for no address. */
	formed = in6_at("2001:db8:64::127.0.0.1", 0).sin6_addr;
	assert_false(nat64_inside(&formed, &(in_addr_t){0}));
}

static void invalid(void **state)
{
	static const struct {
		const char *addr;
		unsigned bits;
	} bad[] = {{"2001:db8::", 33},  {"2001:db8::", 0},      {"2001:db8::", 128},
		   {"2001:db8::1", 96}, {"2001:db8:0:1::", 48}, {"64:ff9b:0:0:100::", 96}};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct nat64_prefix prefix = prefix_at(bad[i].addr, bad[i].bits);

		assert_false(nat64_prefix_valid(&prefix));
	}
}

static void learnt(void **state)
{
	static const struct {
		const char *answer, *prefix; /* "": none */
		unsigned bits;
	} cases[] = {
	    {"64:ff9b::192.0.0.170", "64:ff9b::", 96},
	    {"64:ff9b::192.0.0.171", "64:ff9b::", 96},
	    {"2001:db8:c000:aa::", "2001:db8::", 32},
	    {"2001:db8:122:344:c0:0:aa00::", "2001:db8:122:344::", 64},
	    {"64:ff9b::192.0.0.172", "", 0},
	    {"2001:db8::1", "", 0},
	    /* In two places (RFC 7050, 3). */
	    {"2001:db8:c000:aa::192.0.0.170", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct in6_addr answer = in6_at(cases[i].answer, 0).sin6_addr;
		struct nat64_prefix prefix, expected;

		assert_int_equal(nat64_learn(&answer, &prefix), *cases[i].prefix != '\0');
		if (!*cases[i].prefix)
			continue;
		expected = prefix_at(cases[i].prefix, cases[i].bits);
		assert_memory_equal(&prefix, &expected, sizeof prefix);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(there_and_back),
	    cmocka_unit_test(left_alone),
	    cmocka_unit_test(invalid),
	    cmocka_unit_test(learnt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The scope of addresses, and which address may replace another. */
#include "../unit.h"

#include "resolver/nat64.h"
#include "resolver/scope.h"

static enum scope of(const char *text)
{
	const struct sockaddr_in6 in6 = in6_at(text, 0);

	return scope_of(&in6.sin6_addr);
}

static void scopes(void **state)
{
	/* The first and last address of each network, and its neighbours. */
	static const struct {
		enum scope scope;
		const char *addresses[16];
	} cases[] = {
	    {SCOPE_NOBODY,
	     {"::", "::2", "::127.0.0.1", "::255.255.255.255", "::ffff:0.0.0.0", "::ffff:0.255.255.255",
	      "::ffff:224.0.0.1", "::ffff:239.255.255.255", "::ffff:255.255.255.255", "ff02::1",
	      "64:ff9b::"}},
	    {SCOPE_HOST,
	     {"::1", "::ffff:127.0.0.1", "::ffff:127.255.255.255", "64:ff9b::7f00:1", "2002:7f00:1::1",
	      "::ffff:0:127.0.0.1"}},
	    {SCOPE_LINK,
	     {"fe80::", "febf:ffff::1", "::ffff:169.254.0.0", "::ffff:169.254.255.255", "64:ff9b::a9fe:a9fe",
	      "2002:a9fe:a9fe::"}},
	    {SCOPE_PRIVATE,
	     {"fc00::", "fdff:ffff::1", "fec0::1", "64:ff9b:1::1", "::ffff:10.0.0.0", "::ffff:10.255.255.255",
	      "::ffff:100.64.0.0", "::ffff:172.31.255.255", "::ffff:192.168.0.1", "64:ff9b::10.0.0.1",
	      "2002:c0a8:1::"}},
	    {SCOPE_PRIVATE,
	     {"::ffff:198.18.0.1", "::ffff:198.19.255.255", "::ffff:240.0.0.1", "::ffff:192.0.0.1",
	      "::ffff:192.0.2.1", "::ffff:198.51.100.255", "::ffff:203.0.113.0",
	      "2001:db8::", "2001:db8:ffff::", "3fff:fff::"}},
	    {SCOPE_GLOBAL,
	     {"2620:fe::9", "2001:db7:ffff::", "2001:db9::", "fbff::1", "fe00::1", "2003::1",
	      "64:ff9b::9.9.9.9", "64:ff9b:2::1", "::ffff:9.255.255.255", "::ffff:11.0.0.0",
	      "::ffff:126.255.255.255", "::ffff:128.0.0.0", "::ffff:172.32.0.0"}},
	    {SCOPE_GLOBAL,
	     {"::ffff:100.63.255.255", "::ffff:100.128.0.0", "::ffff:192.169.0.0", "::ffff:192.0.1.0",
	      "::ffff:223.255.255.255", "2002:909:909::1", "::1:0:0:0"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (size_t j = 0; j < 16 && cases[i].addresses[j]; j++)
			if (of(cases[i].addresses[j]) != cases[i].scope)
				fail_msg("%s is %d", cases[i].addresses[j], (int)of(cases[i].addresses[j]));
}

/* Networks use a prefix of their own for it, which may be private. */
static void by_a_translator(void **state)
{
	const struct nat64_prefix prefix = {.addr = in6_at("fd00:64::", 0).sin6_addr, .bits = 96};

	(void)state;
	assert_int_equal(of("fd00:64::9.9.9.9"), SCOPE_PRIVATE);
	nat64_set(&prefix);
	assert_int_equal(of("fd00:64::9.9.9.9"), SCOPE_GLOBAL);
	assert_int_equal(of("fd00:64::10.0.0.1"), SCOPE_PRIVATE);
	assert_int_equal(of("fd00:64::127.0.0.1"), SCOPE_HOST);
	assert_int_equal(of("::ffff:9.9.9.9"), SCOPE_GLOBAL);
}

static bool permits(const char *asked, const char *other)
{
	const struct sockaddr_in6 from = in6_at(asked, 0), to = in6_at(other, 0);

	return scope_permits(&from.sin6_addr, &to.sin6_addr);
}

static void not_nearer(void **state)
{
	(void)state;
	/* A name with both families: on the Internet, in a network, and with translation at the network's
	 * edge. */
	assert_true(permits("::ffff:9.9.9.9", "2620:fe::9"));
	assert_true(permits("::ffff:10.0.0.1", "fd00::1"));
	assert_true(permits("::ffff:10.0.0.1", "2620:fe::9"));
	assert_true(permits("::ffff:127.0.0.1", "::1"));
	assert_true(permits("::1", "::ffff:127.0.0.1"));
	assert_false(permits("::ffff:9.9.9.9", "::1"));
	assert_false(permits("::ffff:9.9.9.9", "fe80::1"));
	assert_false(permits("::ffff:9.9.9.9", "fd00::1"));
	assert_false(permits("::ffff:9.9.9.9", "::ffff:10.0.0.1"));
	assert_false(permits("2620:fe::9", "::ffff:127.0.0.1"));
	assert_false(permits("::ffff:10.0.0.1", "fe80::1"));
	assert_false(permits("::ffff:169.254.1.1", "::1"));
	/* An address of the host itself never takes another's place. */
	assert_false(permits("::ffff:127.0.0.1", "2620:fe::9"));
	assert_false(permits("::ffff:127.0.0.1", "::"));
	assert_false(permits("::ffff:9.9.9.9", "ff0e::1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scopes),
	    cmocka_unit_test(not_nearer),
	    cmocka_unit_test(by_a_translator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Addresses as the program sees them. */
#include "../unit.h"

#include "address/synthetic.h"
#include "address/translate.h"

static void shown(void **state)
{
	static const struct {
		const char *real, *shown;
	} cases[] = {
	    {"::ffff:192.0.2.7", "192.0.2.7"},
	    {"::ffff:127.0.0.1", "127.0.0.1"},
	    {"::", "0.0.0.0"},
	    {"::1", "127.0.0.1"},
	    {"::ffff:0.0.0.0", "0.0.0.0"},
	};
	/* Addresses that an access list might trust if they were cut or reinterpreted. */
	static const char *const foreign[] = {
	    "::127.0.0.1", "::10.0.0.1",     "2001:db8::1",        "fe80::1",
	    "::2",         "64:ff9b::a00:1", "::ffff:0:127.0.0.1", "2002:7f00:1::"};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sockaddr_in6 real = in6_at(cases[i].real, 25);
		struct sockaddr_in got = translate_shown(&real, MARK_STREAM),
				   want = in_at(cases[i].shown, 25);

		assert_memory_equal(&got, &want, sizeof got);
	}
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
		struct sockaddr_in6 real = in6_at(foreign[i], 25);
		struct sockaddr_in got = translate_shown(&real, MARK_STREAM);
		struct sockaddr_in6 back = translate_real(&got);

		assert_int_equal(got.sin_family, AF_INET);
		assert_true(synthetic_in_pool(got.sin_addr.s_addr));
		assert_memory_equal(&back.sin6_addr, &real.sin6_addr, 16);
	}
}

/* The answer to a datagram from ::1 goes to ::1, not 127.0.0.1. */
static void datagrams(void **state)
{
	struct sockaddr_in6 loopback = in6_at("::1", 53), mapped = in6_at("::ffff:127.0.0.1", 53), back;
	struct sockaddr_in shown = translate_shown(&loopback, MARK_DATAGRAM), local = in_at("127.0.0.1", 53);

	(void)state;
	assert_true(synthetic_in_pool(shown.sin_addr.s_addr));
	back = translate_real(&shown);
	assert_memory_equal(&back, &loopback, sizeof back);
	shown = translate_shown(&mapped, MARK_DATAGRAM);
	assert_memory_equal(&shown, &local, sizeof shown);
}

/* The same address on two links: two peers, each found again. */
static void scopes(void **state)
{
	struct sockaddr_in6 one = in6_at("fe80::5", 1), two = in6_at("fe80::5", 1);
	struct sockaddr_in shown_one, shown_two;

	(void)state;
	one.sin6_scope_id = 3;
	two.sin6_scope_id = 4;
	shown_one = translate_shown(&one, MARK_STREAM);
	shown_two = translate_shown(&two, MARK_STREAM);
	assert_int_not_equal(shown_one.sin_addr.s_addr, shown_two.sin_addr.s_addr);
	assert_int_equal(translate_real(&shown_one).sin6_scope_id, 3);
	assert_int_equal(translate_real(&shown_two).sin6_scope_id, 4);
}

static void real_of_plain(void **state)
{
	struct sockaddr_in plain = in_at("198.51.100.9", 443);
	struct sockaddr_in6 want = in6_at("::ffff:198.51.100.9", 443), got = translate_real(&plain);

	(void)state;
	assert_memory_equal(&got, &want, sizeof got);
}

/* This one was never given out: it is taken as it is. */
static void synthetic_unknown(void **state)
{
	struct sockaddr_in unknown = in_at("241.2.3.4", 1), nobody = in_at("240.0.0.0", 1);
	struct sockaddr_in6 got;

	(void)state;
	assert_false(translate_synthetic((struct sockaddr *)&unknown, sizeof unknown, &got));
	assert_false(translate_synthetic((struct sockaddr *)&nobody, sizeof nobody, &got));
	assert_false(translate_forgotten((struct sockaddr *)&unknown, sizeof unknown));
	assert_true(translate_forgotten((struct sockaddr *)&nobody, sizeof nobody));
	assert_true(translate_nobodys((struct sockaddr *)&unknown, sizeof unknown));
	assert_true(translate_nobodys((struct sockaddr *)&nobody, sizeof nobody));
}

/* Some programs keep IPv4 addresses so. */
static void synthetic_mapped(void **state)
{
	struct sockaddr_in6 real = in6_at("2001:db8::77", 20), mapped = in6_at("::ffff:0.0.0.0", 20), got;
	struct sockaddr_in6 nobody = in6_at("::ffff:240.0.0.0", 1), plain = in6_at("::ffff:192.0.2.1", 1);
	struct sockaddr_in shown = translate_shown(&real, MARK_STREAM);

	(void)state;
	memcpy(mapped.sin6_addr.s6_addr + 12, &shown.sin_addr, 4);
	assert_true(translate_synthetic((struct sockaddr *)&mapped, sizeof mapped, &got));
	assert_memory_equal(&got, &real, sizeof got);
	assert_true(translate_in6((struct sockaddr *)&mapped, SIN6_LEN_RFC2133, &got));
	assert_memory_equal(&got, &real, sizeof got);
	assert_false(translate_synthetic((struct sockaddr *)&plain, sizeof plain, &got));
	assert_true(translate_in6((struct sockaddr *)&plain, sizeof plain, &got));
	assert_memory_equal(&got, &plain, sizeof got);
	assert_true(translate_nobodys((struct sockaddr *)&nobody, sizeof nobody));
	assert_false(translate_nobodys((struct sockaddr *)&real, sizeof real));
}

static void binding(void **state)
{
	struct sockaddr_in any = in_at("0.0.0.0", 143), local = in_at("127.0.0.1", 143);
	struct sockaddr_in6 real = in6_at("2001:db8::7", 20), got;
	struct sockaddr_in given;

	(void)state;
	assert_true(translate_bind((struct sockaddr *)&any, sizeof any, &got));
	assert_true(IN6_IS_ADDR_UNSPECIFIED(&got.sin6_addr));
	assert_int_equal(got.sin6_port, htons(143));
	any.sin_family = AF_UNSPEC;
	assert_true(translate_bind((struct sockaddr *)&any, sizeof any, &got));
	any.sin_family = AF_UNIX;
	assert_false(translate_bind((struct sockaddr *)&any, sizeof any, &got));
	assert_false(translate_bind((struct sockaddr *)&local, sizeof local, &got));
	local.sin_family = AF_UNSPEC;
	assert_false(translate_bind((struct sockaddr *)&local, sizeof local, &got));
	any.sin_family = AF_INET;
	assert_false(translate_bind((struct sockaddr *)&any, sizeof any - 1, &got));
	assert_false(translate_bind(NULL, sizeof any, &got));
	given = translate_shown(&real, MARK_STREAM);
	assert_true(translate_bind((struct sockaddr *)&given, sizeof given, &got));
	assert_memory_equal(&got, &real, sizeof got);
}

static void beside_wildcard(void **state)
{
	struct sockaddr_in6 any = in6_at("::", 1), one = in6_at("2001:db8::1", 1),
			    mapped = in6_at("::ffff:0.0.0.0", 1);

	(void)state;
	assert_true(translate_beside_wildcard(&any, true));
	assert_false(translate_beside_wildcard(&any, false));
	assert_true(translate_beside_wildcard(&one, false));
	assert_false(translate_beside_wildcard(&mapped, false));
}

/* accept(2): "the returned address is truncated if the buffer provided is too small; in this case,
 * addrlen will return a value greater than was supplied to the call". */
static void truncation(void **state)
{
	union sockaddr_any from = {.in = in_at("192.0.2.1", 99)};
	unsigned char to[64];

	(void)state;
	for (socklen_t room = 0; room <= sizeof to; room++) {
		socklen_t len = room, cut = room < 16 ? room : 16;

		memset(to, 0xee, sizeof to);
		translate_give(&from, sizeof from.in, MARK_NONE, (struct sockaddr *)to, &len);
		assert_int_equal(len, 16);
		assert_memory_equal(to, &from, cut);
		for (socklen_t i = cut; i < sizeof to; i++)
			assert_int_equal(to[i], 0xee);
	}
}

static void text(void **state)
{
	static const char *const addresses[] = {
	    "::",    "::1",          "2001:db8::1", "1::", "1:0:0:2::3", "1:2:3:4:5:6:7:8", "1:0:2:3:4:5:6:7",
	    "0:1::", "1::2:0:0:3:4", "fe80::ffff:1"};
	char buffer[SOCKADDR_TEXT], want[SOCKADDR_TEXT + 8], canonical[INET6_ADDRSTRLEN];
	struct sockaddr_in in = in_at("192.0.2.255", 65535);

	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		struct sockaddr_in6 a = in6_at(addresses[i], 993);

		inet_ntop(AF_INET6, &a.sin6_addr, canonical, sizeof canonical);
		strcpy(want, "[");
		strcat(want, canonical);
		strcat(want, "]:993");
		assert_string_equal(sockaddr_text((struct sockaddr *)&a, buffer), want);
	}
	assert_string_equal(sockaddr_text((struct sockaddr *)&in, buffer), "192.0.2.255:65535");

	struct sockaddr_in6 longest = in6_at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535);

	longest.sin6_scope_id = UINT32_MAX;
	assert_in_range(strlen(sockaddr_text((struct sockaddr *)&longest, buffer)), 1, SOCKADDR_TEXT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(datagrams),         cmocka_unit_test(shown),   cmocka_unit_test(scopes),
	    cmocka_unit_test(real_of_plain),     cmocka_unit_test(binding), cmocka_unit_test(beside_wildcard),
	    cmocka_unit_test(synthetic_unknown), cmocka_unit_test(text),    cmocka_unit_test(truncation),
	    cmocka_unit_test(synthetic_mapped),
	};

	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}

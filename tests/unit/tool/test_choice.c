/* The choice among addresses whose outcomes are known: order, Connection Attempt Delay, failures. */
#include "../unit.h"

#include "resolver/known_names.h"
#include "tool/probe/choice.h"

#define ANSWERS(family, time)                                      \
	{                                                          \
		.ipv6 = (family) == 6, true, CHOICE_ANSWERED, time \
	}
#define FAILS(family, time)                                      \
	{                                                        \
		.ipv6 = (family) == 6, true, CHOICE_FAILED, time \
	}
#define SILENT(family)                                        \
	{                                                     \
		.ipv6 = (family) == 6, true, CHOICE_SILENT, 0 \
	}

enum { MOST = NAMES_ADDRESSES + 4 };

static int chosen(const struct choice_address *addresses, size_t count, enum rules_action action,
		  unsigned delay)
{
	size_t order[MOST], used = choice_order(addresses, count, action, order);

	return choice_stream(addresses, order, used, delay);
}

static void stream(void **state)
{
	static const struct {
		struct choice_address addresses[4];
		size_t count;
		unsigned delay;
		int chosen;
	} cases[] = {
	    {{ANSWERS(6, 1), ANSWERS(4, 0.5)}, 2, 250, 0},
	    /* slower than the delay, and than the other's answer after it */
	    {{ANSWERS(6, 249), ANSWERS(4, 1)}, 2, 250, 0},
	    {{ANSWERS(6, 252), ANSWERS(4, 1)}, 2, 250, 1},
	    {{ANSWERS(6, 260), ANSWERS(4, 20)}, 2, 250, 0},
	    {{ANSWERS(6, 260), ANSWERS(4, 1)}, 2, 300, 0},
	    {{SILENT(6), ANSWERS(4, 900)}, 2, 250, 1},
	    /* a failure brings the next one at once, whoever's it is */
	    {{FAILS(6, 10), ANSWERS(4, 200), ANSWERS(4, 1)}, 3, 250, 1},
	    {{FAILS(6, 10), ANSWERS(4, 300), ANSWERS(4, 1)}, 3, 250, 2},
	    {{FAILS(6, 300), ANSWERS(4, 200), ANSWERS(4, 100)}, 3, 250, 2},
	    {{SILENT(6), FAILS(6, 1), FAILS(4, 1), ANSWERS(4, 1)}, 4, 250, 3},
	    {{SILENT(6), SILENT(6), ANSWERS(4, 1), ANSWERS(6, 1)}, 4, 10, 2},
	    {{FAILS(6, 0), FAILS(6, 0), FAILS(4, 0), ANSWERS(4, 0)}, 4, 250, 3},
	    /* one after the other */
	    {{ANSWERS(6, 5000), ANSWERS(4, 1)}, 2, 0, 0},
	    {{FAILS(6, 5000), ANSWERS(4, 1)}, 2, 0, 1},
	    {{SILENT(6), ANSWERS(4, 1)}, 2, 0, -1},
	    /* nobody */
	    {{FAILS(6, 1), FAILS(4, 1)}, 2, 250, -1},
	    {{FAILS(6, 1), SILENT(4)}, 2, 250, -1},
	    {{SILENT(6)}, 1, 250, -1},
	    {{SILENT(6)}, 0, 250, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		print_message("case %zu\n", i);
		assert_int_equal(chosen(cases[i].addresses, cases[i].count, RULES_DEFAULT, cases[i].delay),
				 cases[i].chosen);
	}
}

static void order(void **state)
{
	static const struct choice_address addresses[] = {SILENT(6), SILENT(6), SILENT(6), SILENT(4),
							  SILENT(4)};
	static const struct {
		enum rules_action action;
		size_t order[5], count;
	} cases[] = {
	    {RULES_DEFAULT, {0, 3, 1, 4, 2}, 5},
	    {RULES_AUTO, {0, 3, 1, 4, 2}, 5},
	    {RULES_IPV6, {0, 1, 2}, 3},
	    {RULES_IPV4, {3, 4}, 2},
	    {RULES_IPV6_FIRST, {0, 1, 2, 3, 4}, 5},
	    {RULES_IPV4_FIRST, {3, 4, 0, 1, 2}, 5},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t got[5];

		assert_int_equal(choice_order(addresses, 5, cases[i].action, got), cases[i].count);
		assert_memory_equal(got, cases[i].order, cases[i].count * sizeof *got);
	}
}

static void rules(void **state)
{
	static const struct choice_address both[] = {ANSWERS(6, 1), ANSWERS(4, 1)};
	static const struct choice_address one[] = {ANSWERS(6, 1), FAILS(4, 1)};

	(void)state;
	assert_int_equal(chosen(both, 2, RULES_IPV4_FIRST, 250), 1);
	assert_int_equal(chosen(one, 2, RULES_IPV4_FIRST, 250), 0);
	assert_int_equal(chosen(one, 2, RULES_IPV4, 250), -1);
	assert_int_equal(chosen(both, 2, RULES_IPV6, 250), 0);
}

/* The library remembers so many addresses of a name, and tries no others. */
static void many(void **state)
{
	struct choice_address addresses[MOST];
	size_t got[MOST];

	(void)state;
	for (size_t i = 0; i < MOST; i++)
		addresses[i] = (struct choice_address)FAILS(6, 1);
	addresses[NAMES_ADDRESSES] = (struct choice_address)ANSWERS(4, 1);
	assert_int_equal(choice_order(addresses, MOST, RULES_DEFAULT, got), NAMES_ADDRESSES);
	assert_int_equal(chosen(addresses, MOST, RULES_DEFAULT, 250), -1);
	addresses[NAMES_ADDRESSES - 1] = (struct choice_address)ANSWERS(4, 1);
	assert_int_equal(chosen(addresses, MOST, RULES_DEFAULT, 250), NAMES_ADDRESSES - 1);
}

static void datagram(void **state)
{
	struct choice_address addresses[] = {SILENT(6), SILENT(4), ANSWERS(4, 1), ANSWERS(6, 1)};
	static const size_t as_they_are[] = {0, 1, 2, 3};

	(void)state;
	assert_int_equal(choice_datagram(addresses, as_they_are, 4, false), 1);
	assert_int_equal(choice_datagram(addresses, as_they_are, 4, true), 0);
	addresses[1].routed = false;
	assert_int_equal(choice_datagram(addresses, as_they_are, 4, false), 2);
	addresses[2].routed = false;
	assert_int_equal(choice_datagram(addresses, as_they_are, 4, false), 0);
	addresses[0].routed = addresses[3].routed = false;
	assert_int_equal(choice_datagram(addresses, as_they_are, 4, true), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stream), cmocka_unit_test(order),    cmocka_unit_test(rules),
	    cmocka_unit_test(many),   cmocka_unit_test(datagram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

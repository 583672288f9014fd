/* The table of names: the name found for an address, when it is unambiguous, and for how long. */
#define _GNU_SOURCE
#include "../unit.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "resolver/known_names.h"

static time_t seconds = 1000;

int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	(void)clock;
	*t = (struct timespec){.tv_sec = seconds};
	return 0;
}

static struct in6_addr addr(const char *text)
{
	return in6_at(text, 0).sin6_addr;
}

/* Notes NAME with addresses, separated by spaces. */
static void note(const char *name, const char *addresses)
{
	struct names_list list = {.count = 0};
	char copy[512], *rest = copy, *one;

	snprintf(copy, sizeof copy, "%s", addresses);
	while ((one = strsep(&rest, " ")) != NULL) {
		struct in6_addr a = addr(one);

		names_add(&list, &a, 0);
	}
	names_note(name, &list);
}

/* The name found for the address TEXT, or "". */
static const char *found(const char *text, struct names_list *list)
{
	struct names_address a = {.addr = addr(text)};

	return names_find(&a, list) ? list->name : "";
}

static void finds_all_addresses_in_order(void **state)
{
	const struct in6_addr first = addr("2001:db8::1"), third = addr("::ffff:192.0.2.1");
	struct names_list list;

	(void)state;
	note("both.example", "2001:db8::1 2001:db8::2 ::ffff:192.0.2.1");
	assert_string_equal(found("::ffff:192.0.2.1", &list), "both.example");
	assert_int_equal(list.count, 3);
	assert_memory_equal(&list.addresses[0].addr, &first, sizeof first);
	assert_memory_equal(&list.addresses[2].addr, &third, sizeof third);
	assert_string_equal(found("2001:db8::2", &list), "both.example");
	assert_string_equal(found("::ffff:192.0.2.2", &list), "");
}

static void leaves_out_what_is_no_host(void **state)
{
	struct names_list list;

	(void)state;
	note("odd.example", ":: ff02::1 ::ffff:0.0.0.0 ::ffff:224.0.0.1 ::ffff:192.0.2.3 ::ffff:192.0.2.3");
	assert_string_equal(found("::ffff:192.0.2.3", &list), "odd.example");
	assert_int_equal(list.count, 1);
}

static void an_answer_replaces_the_one_before(void **state)
{
	struct names_list list;

	(void)state;
	note("Moves.Example", "2001:db8::10 ::ffff:192.0.2.10");
	note("moves.example", "2001:db8::11 ::ffff:192.0.2.11");
	assert_string_equal(found("::ffff:192.0.2.10", &list), "");
	assert_string_equal(found("::ffff:192.0.2.11", &list), "moves.example");
	assert_int_equal(list.count, 2);
}

/* A look-up without IPv6 addresses does not erase a known one before it expires. */
static void keeps_in6_for_its_time(void **state)
{
	struct names_list list;

	(void)state;
	note("kept.example", "2001:db8::20 ::ffff:192.0.2.20");
	seconds += NAMES_LIFE - 1;
	note("kept.example", "::ffff:192.0.2.20");
	assert_string_equal(found("::ffff:192.0.2.20", &list), "kept.example");
	assert_int_equal(list.count, 2);
	assert_true(names_known("KEPT.example", &list));
	assert_int_equal(list.count, 2);
	assert_false(names_known("unknown.example", &list));
	seconds += 2;
	note("kept.example", "::ffff:192.0.2.20");
	assert_true(names_known("kept.example", &list));
	assert_int_equal(list.count, 1);
	assert_string_equal(found("::ffff:192.0.2.20", &list), "kept.example");
	assert_int_equal(list.count, 1);
}

static void expires(void **state)
{
	struct names_list list;

	(void)state;
	note("old.example", "2001:db8::30 ::ffff:192.0.2.30");
	seconds += NAMES_LIFE - 1;
	assert_string_equal(found("::ffff:192.0.2.30", &list), "old.example");
	seconds += 1;
	assert_string_equal(found("::ffff:192.0.2.30", &list), "");
	assert_false(names_known("old.example", &list));
}

static void *find_in_thread(void *arg)
{
	struct names_list list;

	return (void *)(intptr_t)(*found(arg, &list) != '\0');
}

static int in_thread(void *(*what)(void *), void *arg)
{
	pthread_t thread;
	void *result;

	assert_int_equal(pthread_create(&thread, NULL, what, arg), 0);
	pthread_join(thread, &result);
	return (int)(intptr_t)result;
}

static void the_one_that_the_thread_asked_for_last(void **state)
{
	struct names_list list;

	(void)state;
	note("a.example", "2001:db8::a ::ffff:192.0.2.40");
	note("b.example", "2001:db8::b ::ffff:192.0.2.40");
	assert_string_equal(found("::ffff:192.0.2.40", &list), "b.example");
	note("a.example", "2001:db8::a ::ffff:192.0.2.40");
	assert_string_equal(found("::ffff:192.0.2.40", &list), "a.example");
	/* For a thread that asked for neither, it is ambiguous. */
	assert_false(in_thread(find_in_thread, (char *)"::ffff:192.0.2.40"));
	/* Unless both have the same addresses. */
	note("b.example", "2001:db8::a ::ffff:192.0.2.40");
	assert_true(in_thread(find_in_thread, (char *)"::ffff:192.0.2.40"));
}

/* fe80::1 on another interface is another host. */
static void link_local_ones_by_interface(void **state)
{
	const struct in6_addr local = addr("fe80::1"), in = addr("::ffff:192.0.2.50");
	struct names_list list = {.count = 0}, other = {.count = 0};
	struct names_address to = {.addr = local, .scope = 2}, mapped = {.addr = in};

	(void)state;
	names_add(&list, &local, 2);
	names_add(&list, &local, 3);
	names_add(&list, &in, 0);
	assert_int_equal(list.count, 3);
	names_note("local.example", &list);
	assert_true(names_find(&to, &list));
	to.scope = 4;
	assert_false(names_find(&to, &list));
	/* Two names with one IPv4 address, and link-local ones on different interfaces. */
	names_add(&other, &local, 2);
	names_add(&other, &local, 4);
	names_add(&other, &in, 0);
	names_note("other.example", &other);
	assert_true(names_find(&mapped, &list));
	for (int i = 0; i < 4; i++)
		note((const char *[]){"n1.example", "n2.example", "n3.example", "n4.example"}[i],
		     "2001:db8::50");
	assert_false(names_find(&mapped, &list));
}

static void is_bounded(void **state)
{
	struct names_list list;
	char name[300], addresses[64];

	(void)state;
	for (int i = 0; i < 3 * NAMES_ENTRIES; i++) {
		seconds++;
		snprintf(name, sizeof name, "%0280d.example", i);
		snprintf(addresses, sizeof addresses, "2001:db8:1::%x ::ffff:10.0.%d.%d", i, i / 256,
			 i % 256);
		note(name, addresses);
	}
	assert_string_equal(found("::ffff:10.0.0.1", &list), "");
	snprintf(addresses, sizeof addresses, "::ffff:10.0.%d.%d", (3 * NAMES_ENTRIES - 1) / 256, 255);
	assert_int_equal(strlen(found(addresses, &list)), NAMES_TEXT - 1);
	/* And a name may have any number of addresses. */
	note(
	    "many.example",
	    "2001:db8::1 2001:db8::2 2001:db8::3 2001:db8::4 2001:db8::5 2001:db8::6 2001:db8::7 2001:db8::8 "
	    "2001:db8::9 2001:db8::10 2001:db8::11 2001:db8::12 2001:db8::13 2001:db8::14 2001:db8::15 "
	    "2001:db8::16 2001:db8::17 2001:db8::18");
	assert_string_equal(found("2001:db8::16", &list), "many.example");
	assert_int_equal(list.count, NAMES_ADDRESSES);
	assert_string_equal(found("2001:db8::17", &list), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_all_addresses_in_order),
	    cmocka_unit_test(leaves_out_what_is_no_host),
	    cmocka_unit_test(an_answer_replaces_the_one_before),
	    cmocka_unit_test(keeps_in6_for_its_time),
	    cmocka_unit_test(expires),
	    cmocka_unit_test(the_one_that_the_thread_asked_for_last),
	    cmocka_unit_test(link_local_ones_by_interface),
	    cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

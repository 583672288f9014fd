/* The table of names: the names that an address has, and for how long. */
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

struct visited {
	struct names_list *last;
	unsigned count;
};

static void visit(const struct names_list *list, void *arg)
{
	struct visited *v = arg;

	*v->last = *list;
	v->count++;
}

/* How many names have the address A; the last of them is left in LIST. */
static unsigned names_of(const struct names_address *a, struct names_list *list)
{
	struct visited v = {.last = list};

	names_each(a, visit, &v);
	return v.count;
}

static unsigned names_at(const char *text)
{
	struct names_address a = {.addr = addr(text)};
	struct names_list list;

	return names_of(&a, &list);
}

/* The name of the address TEXT, which has at most one, or "". */
static const char *found(const char *text, struct names_list *list)
{
	struct names_address a = {.addr = addr(text)};
	unsigned count = names_of(&a, list);

	assert_true(count <= 1);
	return count ? list->name : "";
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

/* The IPv6 addresses of before are those of the hosts of before. */
static void a_name_that_has_moved_loses_in6(void **state)
{
	struct names_list list;

	(void)state;
	note("gone.example", "2001:db8::21 ::ffff:192.0.2.21 ::ffff:192.0.2.22");
	note("gone.example", "::ffff:192.0.2.22 ::ffff:192.0.2.23");
	assert_string_equal(found("::ffff:192.0.2.23", &list), "gone.example");
	assert_int_equal(list.count, 3);
	note("gone.example", "::ffff:192.0.2.24");
	assert_string_equal(found("::ffff:192.0.2.24", &list), "gone.example");
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

/* The program may still mean the name that has expired. */
static void expired_names_count_beside_others(void **state)
{
	struct names_address shared = {.addr = addr("::ffff:192.0.2.35")};
	struct names_list list;

	(void)state;
	note("before.example", "2001:db8::35 ::ffff:192.0.2.35");
	seconds += NAMES_LIFE;
	assert_int_equal(names_of(&shared, &list), 0);
	note("after.example", "2001:db8::36 ::ffff:192.0.2.35");
	assert_int_equal(names_of(&shared, &list), 2);
	assert_string_equal(list.name, "before.example");
	seconds += NAMES_LIFE;
	assert_int_equal(names_of(&shared, &list), 0);
}

/* Several names with one address: all of them, in any order. */
static void every_name_of_an_address(void **state)
{
	struct names_list list;

	(void)state;
	note("a.example", "2001:db8::a ::ffff:192.0.2.40");
	note("b.example", "2001:db8::b ::ffff:192.0.2.40");
	note("c.example", "2001:db8::c ::ffff:192.0.2.41");
	assert_int_equal(names_at("::ffff:192.0.2.40"), 2);
	assert_string_equal(found("2001:db8::a", &list), "a.example");
	assert_string_equal(found("2001:db8::b", &list), "b.example");
	note("b.example", "2001:db8::b ::ffff:192.0.2.42");
	assert_string_equal(found("::ffff:192.0.2.40", &list), "a.example");
}

static void *count_in_thread(void *arg)
{
	return (void *)(intptr_t)names_at(arg);
}

static unsigned in_thread(const char *text)
{
	char copy[64];
	pthread_t thread;
	void *result;

	snprintf(copy, sizeof copy, "%s", text);
	assert_int_equal(pthread_create(&thread, NULL, count_in_thread, copy), 0);
	pthread_join(thread, &result);
	return (unsigned)(intptr_t)result;
}

/* What a thread has asked for as a number has no name in that thread, until it asks for one that has it. */
static void a_number_is_a_number(void **state)
{
	const struct names_address number = {.addr = addr("::ffff:192.0.2.60")};
	struct names_address other = {.addr = addr("::ffff:192.0.2.61")};

	(void)state;
	note("number.example", "2001:db8::60 ::ffff:192.0.2.60");
	assert_int_equal(names_at("::ffff:192.0.2.60"), 1);
	names_note_number(&number);
	assert_int_equal(names_at("::ffff:192.0.2.60"), 0);
	assert_int_equal(in_thread("::ffff:192.0.2.60"), 1);
	/* The name's other address was not asked for as a number. */
	assert_int_equal(names_at("2001:db8::60"), 1);
	note("elsewhere.example", "2001:db8::62 ::ffff:192.0.2.62");
	assert_int_equal(names_at("::ffff:192.0.2.60"), 0);
	note("number.example", "2001:db8::60 ::ffff:192.0.2.60");
	assert_int_equal(names_at("::ffff:192.0.2.60"), 1);
	/* Numbers of no name don't push it out at once. */
	names_note_number(&number);
	names_note_number(&other);
	assert_int_equal(names_at("::ffff:192.0.2.60"), 0);
}

/* A program that has connected in AF_INET6 is left to itself for all names with the address, until it asks
 * again. */
static void who_has_connected_in_in6(void **state)
{
	const struct names_address in6 = {.addr = addr("2001:db8::70")};
	struct names_list list;

	(void)state;
	note("knows.example", "2001:db8::70 ::ffff:192.0.2.70");
	note("other.example", "2001:db8::71 ::ffff:192.0.2.71");
	assert_string_equal(found("::ffff:192.0.2.70", &list), "knows.example");
	assert_false(list.knows_in6);
	names_connected_in6(&in6);
	assert_string_equal(found("::ffff:192.0.2.70", &list), "knows.example");
	assert_true(list.knows_in6);
	assert_string_equal(found("::ffff:192.0.2.71", &list), "other.example");
	assert_false(list.knows_in6);
	note("knows.example", "2001:db8::70 ::ffff:192.0.2.70");
	assert_string_equal(found("::ffff:192.0.2.70", &list), "knows.example");
	assert_false(list.knows_in6);
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
	assert_int_equal(names_of(&to, &list), 1);
	to.scope = 4;
	assert_int_equal(names_of(&to, &list), 0);
	names_add(&other, &local, 2);
	names_add(&other, &local, 4);
	names_add(&other, &in, 0);
	names_note("other.example", &other);
	assert_int_equal(names_of(&mapped, &list), 2);
	assert_int_equal(names_of(&to, &list), 1);
	assert_string_equal(list.name, "other.example");
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
}

/* All in one second: the oldest go. */
static void the_oldest_make_room(void **state)
{
	struct names_list list;
	char name[32], address[32];

	(void)state;
	for (int i = 0; i < 2 * NAMES_ENTRIES; i++) {
		snprintf(name, sizeof name, "n%d.example", i);
		snprintf(address, sizeof address, "::ffff:10.1.%d.%d", i / 256, i % 256);
		note(name, address);
	}
	for (int i = 0; i < 2 * NAMES_ENTRIES; i++) {
		snprintf(name, sizeof name, "n%d.example", i);
		assert_int_equal(names_known(name, &list), i >= NAMES_ENTRIES);
	}
}

/* A name may have any number of addresses: so many of each family are kept, the first ones. One family's do
 * not push out the other's. */
static void keeps_some_of_each_family(void **state)
{
	struct names_list list = {.count = 0};

	(void)state;
	for (int i = 1; i <= NAMES_OF_FAMILY + 2; i++) {
		char text[64];
		struct in6_addr a;

		snprintf(text, sizeof text, "2001:db8:2::%x", i);
		a = addr(text);
		names_add(&list, &a, 0);
	}
	assert_int_equal(list.count, NAMES_OF_FAMILY);
	for (int i = 1; i <= NAMES_OF_FAMILY + 2; i++) {
		char text[64];
		struct in6_addr a;

		snprintf(text, sizeof text, "::ffff:203.0.113.%d", i);
		a = addr(text);
		names_add(&list, &a, 0);
	}
	assert_int_equal(list.count, NAMES_ADDRESSES);
	names_note("many.example", &list);
	assert_string_equal(found("2001:db8:2::10", &list), "many.example");
	assert_int_equal(list.count, NAMES_ADDRESSES);
	assert_string_equal(found("2001:db8:2::11", &list), "");
	assert_string_equal(found("::ffff:203.0.113.16", &list), "many.example");
	assert_string_equal(found("::ffff:203.0.113.17", &list), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_all_addresses_in_order),
	    cmocka_unit_test(leaves_out_what_is_no_host),
	    cmocka_unit_test(an_answer_replaces_the_one_before),
	    cmocka_unit_test(keeps_in6_for_its_time),
	    cmocka_unit_test(a_name_that_has_moved_loses_in6),
	    cmocka_unit_test(expires),
	    cmocka_unit_test(expired_names_count_beside_others),
	    cmocka_unit_test(every_name_of_an_address),
	    cmocka_unit_test(a_number_is_a_number),
	    cmocka_unit_test(who_has_connected_in_in6),
	    cmocka_unit_test(link_local_ones_by_interface),
	    cmocka_unit_test(is_bounded),
	    cmocka_unit_test(the_oldest_make_room),
	    cmocka_unit_test(keeps_some_of_each_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

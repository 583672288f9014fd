/* The table of names: an address is found under each name that was noted with it, with that name's addresses
 * and no others; not after it has expired; and not at all if the thread has asked for it as a number since.
 */
#define _GNU_SOURCE
#include <time.h>

static time_t seconds;

static int stopped_clock(clockid_t id, struct timespec *t)
{
	(void)id;
	*t = (struct timespec){.tv_sec = seconds};
	return 0;
}

#define clock_gettime stopped_clock
#include "resolver/known_names.c" /* its table is emptied for each input */

#include "../fuzz.h"

#include <stdio.h>
#include <strings.h>

enum { NAMES = 12, ADDRESSES = 32 };

/* What each name is known with, as long as none was evicted. */
static struct model {
	struct names_list list;
	time_t when, in6_when;
	bool noted, surely, knows_in6;
} models[NAMES];
static struct names_address asked[NUMBERS]; /* as numbers, by this thread */
static unsigned next_asked;
static bool flooded; /* more names than fit */

static const char *name_of(unsigned i, bool upper)
{
	static char name[300];

	/* One is as long as a name can be, one longer. */
	(void)snprintf(name, sizeof name, upper ? "%c%0*d.EXAMPLE" : "%c%0*d.example", upper ? 'N' : 'n',
		       i == 0   ? 280
		       : i == 1 ? 246
				: 1,
		       (int)i);
	return name;
}

/* Addresses of both families, link-local ones, and some of no host. */
static struct names_address address(unsigned i)
{
	struct names_address a = {.scope = 0};

	if (i % 2) {
		a.addr.s6_addr[10] = a.addr.s6_addr[11] = 0xff;
		a.addr.s6_addr[12] = i == 31 ? 224 : i == 29 ? 0 : 192;
	} else {
		a.addr.s6_addr[0] = i == 30 ? 0xff : i >= 26 ? 0xfe : i == 24 ? 0 : 0x20;
		a.addr.s6_addr[1] = i >= 26 && i < 30 ? 0x80 : 0;
		a.scope = i >= 26 ? i : 0;
	}
	/* 26 and 28 differ in the scope alone. */
	a.addr.s6_addr[15] = (uint8_t)(i == 24 ? 0 : i == 28 ? 27 : i + 1);
	return a;
}

static bool is_host(unsigned i)
{
	return i != 31 && i != 29 && i != 30 && i != 24;
}

/* Without the tested code. The last byte tells nearly all apart. */
static bool lists(const struct names_list *list, const struct names_address *a)
{
	for (uint32_t i = 0; i < list->count; i++) {
		const struct names_address *b = &list->addresses[i];

		if (a->addr.s6_addr[15] == b->addr.s6_addr[15] && memcmp(a, b, sizeof *a) == 0)
			return true;
	}
	return false;
}

static bool has_in6(const struct names_list *list)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (!IN6_IS_ADDR_V4MAPPED(&list->addresses[i].addr))
			return true;
	return false;
}

static void model_note(struct model *m, const struct names_list *given)
{
	struct names_list old = m->list;
	bool fresh = m->noted && seconds - m->in6_when < NAMES_LIFE && !has_in6(given);

	m->list.count = 0;
	for (uint32_t i = 0; fresh && i < old.count; i++)
		if (!IN6_IS_ADDR_V4MAPPED(&old.addresses[i].addr))
			m->list.addresses[m->list.count++] = old.addresses[i];
	for (uint32_t i = 0; i < given->count && m->list.count < NAMES_ADDRESSES; i++)
		if (!lists(&m->list, &given->addresses[i]))
			m->list.addresses[m->list.count++] = given->addresses[i];
	m->when = seconds;
	if (!fresh)
		m->in6_when = seconds;
	m->surely |= !m->noted && !flooded;
	m->noted = true;
	m->knows_in6 = false;
	for (int i = 0; i < NUMBERS; i++)
		if (lists(&m->list, &asked[i]))
			memset(&asked[i], 0, sizeof asked[i]);
}

static bool lives(const struct model *m)
{
	return m->noted && seconds - m->when < NAMES_LIFE;
}

/* LIST has what the model has of the name; less if it may have been evicted meanwhile. Returns its number. */
static unsigned agrees(const struct names_list *list)
{
	unsigned i = 0;

	while (i < NAMES && strncasecmp(list->name, name_of(i, false), NAMES_TEXT - 1) != 0)
		i++;
	assert(i < NAMES && lives(&models[i]));
	assert(list->count <= NAMES_ADDRESSES);
	assert(!models[i].surely ||
	       (list->count == models[i].list.count && (bool)list->knows_in6 == models[i].knows_in6));
	for (uint32_t n = 0; n < list->count; n++) {
		assert(lists(&models[i].list, &list->addresses[n]));
		assert(!models[i].surely || memcmp(&list->addresses[n], &models[i].list.addresses[n],
						   sizeof *list->addresses) == 0);
	}
	return i;
}

struct found {
	const struct names_address *addr;
	bool names[NAMES];
};

static void take_name(const struct names_list *list, void *arg)
{
	struct found *f = arg;
	unsigned i = agrees(list);

	assert(lists(list, f->addr) && !f->names[i]);
	f->names[i] = true;
}

static bool is_number(const struct names_address *addr)
{
	for (int i = 0; i < NUMBERS; i++)
		if (memcmp(&asked[i], addr, sizeof *addr) == 0)
			return true;
	return false;
}

static void find(const struct names_address *addr)
{
	struct found f = {.addr = addr};

	names_each(addr, take_name, &f);
	for (unsigned i = 0; i < NAMES; i++) {
		const struct model *m = &models[i];
		bool expected = lives(m) && lists(&m->list, addr) && !is_number(addr);

		assert(f.names[i] == expected || (!f.names[i] && !m->surely));
	}
}

static void connected_in6(const struct names_address *addr)
{
	names_connected_in6(addr);
	for (struct model *m = models; m < models + NAMES; m++)
		m->knows_in6 |= lives(m) && lists(&m->list, addr);
}

static void note_name(struct input *in, unsigned which)
{
	struct names_list list = {.count = 0};
	unsigned i = which % NAMES, count = take8(in) % 24;

	while (count--) {
		unsigned n = take8(in) % ADDRESSES;
		struct names_address a = address(n);
		uint32_t before = list.count;
		bool had = lists(&list, &a);

		names_add(&list, &a.addr, a.scope ? a.scope : n);
		if (!had && is_host(n) && before < NAMES_ADDRESSES)
			assert(list.count == before + 1 &&
			       memcmp(&list.addresses[before], &a, sizeof a) == 0);
		else
			assert(list.count == before);
	}
	model_note(&models[i], &list);
	names_note(name_of(i, which & 64), &list);
	if (models[i].list.count) {
		find(&models[i].list.addresses[0]);
		find(&models[i].list.addresses[models[i].list.count - 1]);
	}
}

/* As many other names as fit, after the first FROM entries, as if asked for by another thread. */
static void flood(unsigned from)
{
	struct answer a = {.when = now(), .in6_when = now(), .list = {.count = 1}};

	for (unsigned i = from; i < NAMES_ENTRIES; i++) {
		a.name = hash_of(name_of(NAMES + i, false));
		a.list.addresses[0].addr = (struct in6_addr){{{0xfc, (uint8_t)i, [15] = 1}}};
		write_entry(&table[i], &a);
	}
	for (unsigned i = 0; i < NAMES; i++)
		models[i].surely = false;
	flooded = true;
}

/* One that has asked for nothing yet. */
static void another_thread(void)
{
	memset(numbers, 0, sizeof numbers);
	memset(asked, 0, sizeof asked);
	next_number = next_asked = 0;
}

static void step(struct input *in)
{
	unsigned what = take8(in), which = take8(in);
	struct names_address a = address(which % ADDRESSES);
	struct names_list list;
	bool known;

	switch (what % 8) {
	case 0:
		seconds += what & 8 ? NAMES_LIFE - 1 : which;
		break;
	case 1:
		if (what & 8)
			connected_in6(&a);
		find(&a);
		break;
	case 2:
		known = names_known(name_of(which % NAMES, which & 64), &list);
		if (known)
			(void)agrees(&list);
		assert(known == lives(&models[which % NAMES]) || !models[which % NAMES].surely);
		break;
	case 3:
		if (what & 8) {
			names_note_number(&a);
			asked[next_asked++ % NUMBERS] = a;
			find(&a);
		} else {
			another_thread();
		}
		break;
	case 4:
		if (!flooded)
			flood(which % 32);
		break;
	default:
		note_name(in, which);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};

	memset(table, 0, sizeof table);
	memset(models, 0, sizeof models);
	another_thread();
	flooded = false;
	seconds = 100000;
	for (unsigned steps = 0; in.left && steps < 50; steps++)
		step(&in);
	return 0;
}

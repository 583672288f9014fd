#include "client/destinations.h"

#include <string.h>

#include "address/synthetic.h"
#include "base/sockaddr.h"
#include "config/config.h"
#include "resolver/connect_rules.h"
#include "resolver/nat64.h"
#include "resolver/route.h"
#include "resolver/scope.h"

bool destination_nat64(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *to)
{
	struct sockaddr_in in;

	if (!nat64_now() || !sockaddr_is_in(addr, len))
		return false;
	memcpy(&in, addr, sizeof in);
	*to = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = in.sin_port};
	return !synthetic_in_pool(in.sin_addr.s_addr) && nat64_form(in.sin_addr.s_addr, &to->sin6_addr);
}

void destination_find(struct destination *d, int fd)
{
	d->action = connect_rules_find(fd, &d->to, &d->list, &d->names);
}

static bool is_in(const struct names_address *a)
{
	return IN6_IS_ADDR_V4MAPPED(&a->addr);
}

/* Adds to LIST the address at a translator of IN, an IPv4 address in LIST, if there is no route to IN (RFC
 * 6052). */
static void add_way(struct names_list *list, const struct in6_addr *in)
{
	const struct sockaddr_in from = {
	    .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = in->s6_addr32[3]};
	struct sockaddr_in6 by;

	if (!destination_nat64((const struct sockaddr *)&from, sizeof from, &by) ||
	    route_known((const struct sockaddr *)&from, sizeof from))
		return;
	names_add(list, &by.sin6_addr, 0);
	synthetic_stand(&by.sin6_addr, from.sin_addr.s_addr);
}

/* Adds the translator's addresses for the IPv4 addresses that may be tried for TO: for TO alone, or for all
 * if it is IPv6. Addresses from DNS64 (RFC 6147) are there already, and stand for IPv4 addresses, too. */
static void add_nat64(struct names_list *list, const struct names_address *to)
{
	const uint32_t count = list->count;
	in_addr_t in;

	for (uint32_t i = 0; i < count; i++) {
		const struct names_address *a = &list->addresses[i];

		if (nat64_inside(&a->addr, &in))
			synthetic_stand(&a->addr, in);
		else if (is_in(a) && (!is_in(to) || names_same(a, to)))
			add_way(list, &a->addr);
	}
}

/* The addresses of one family in the order of the attempts: from *FROM on to the last, then from the first
 * on. */
struct family {
	struct names_address addresses[NAMES_ADDRESSES];
	uint32_t count, from;
};

/* Sorts the addresses of LIST that may be tried for TO by family: none that is nearer (scope_permits()), and
 * none that ACTION leaves out. With ONLY, TO is the only one of its family, as the program goes through the
 * others by itself. */
static void sort(const struct names_list *list, const struct names_address *to, bool only,
		 enum rules_action action, struct family *own, struct family *other)
{
	uint32_t before = 0;

	own->count = other->count = own->from = other->from = 0;
	for (uint32_t i = 0; i < list->count; i++) {
		const struct names_address *a = &list->addresses[i];
		struct family *f = is_in(a) == is_in(to) ? own : other;
		const bool same = names_same(a, to);

		if (same) {
			own->from = own->count;
			/* The k-th IPv4 address begins with the k-th IPv6 one. */
			other->from = before;
		}
		before += f == own;
		if ((same || (!(only && f == own) && scope_permits(&to->addr, &a->addr))) &&
		    connect_rules_allows(action, &a->addr))
			f->addresses[f->count++] = *a;
	}
}

static void put_next(struct names_list *list, const struct family *f, uint32_t number)
{
	if (number < f->count && list->count < DESTINATIONS_MOST)
		list->addresses[list->count++] = f->addresses[(f->from + number) % f->count];
}

/* Lists the families in turn (RFC 8305, 4), so that the second family begins after one delay, however many
 * addresses of the first don't answer. Or one family after the other, if a rule says so. */
static void merge(struct names_list *list, const struct family *first, const struct family *then,
		  bool in_turn)
{
	list->count = 0;
	for (uint32_t i = 0; i < first->count + then->count; i++) {
		put_next(list, first, i);
		put_next(list, then, in_turn ? i : i - first->count);
	}
}

/* Whether TO's family comes second. TO stays first if it belongs to several names, as it is not clear which
 * one is meant, or if it is an address of this machine. */
static bool other_first(const struct destination *d, const struct names_address *to)
{
	if (is_in(to) && to->addr.s6_addr[12] == 127)
		return false;
	if (d->action == RULES_IPV6_FIRST || d->action == RULES_IPV4_FIRST)
		return is_in(to) == (d->action == RULES_IPV6_FIRST);
	return is_in(to) && config.settings.prefer_in6 && d->names == 1;
}

bool destination_order(struct destination *d, int family)
{
	const struct names_address to = names_address(&d->to);
	const bool in_turn = d->action == RULES_DEFAULT || d->action == RULES_AUTO;
	struct family own, other;

	if (nat64_now())
		add_nat64(&d->list, &to);
	sort(&d->list, &to, family == AF_INET && is_in(&to), d->action, &own, &other);
	if (other_first(d, &to))
		merge(&d->list, &other, &own, in_turn);
	else
		merge(&d->list, &own, &other, in_turn);
	d->family = family;
	d->asked = 0;
	while (d->asked < d->list.count && !names_same(&d->list.addresses[d->asked], &to))
		d->asked++;
	d->own_first = d->asked == 0 && d->list.count > 0 && (family == AF_INET6 || is_in(&to));
	return d->list.count > 1 || (d->list.count == 1 && d->asked != 0);
}

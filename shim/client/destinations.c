#include "client/destinations.h"

#include <stddef.h>
#include <string.h>

#include "address/synthetic.h"
#include "base/sockaddr.h"
#include "resolver/connect_rules.h"
#include "resolver/nat64.h"
#include "resolver/route.h"
#include "resolver/scope.h"

bool destinations_nat64(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *to)
{
	struct sockaddr_in in;

	if (!nat64_known() || !sockaddr_is_in(addr, len))
		return false;
	memcpy(&in, addr, sizeof in);
	*to = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = in.sin_port};
	return !synthetic_in_pool(in.sin_addr.s_addr) && nat64_form(in.sin_addr.s_addr, &to->sin6_addr);
}

void destinations_add_nat64(struct names_list *list)
{
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons(9)};
	const struct sockaddr *to = (const struct sockaddr *)&from;
	struct sockaddr_in6 by;
	const uint32_t count = list->count;
	in_addr_t in;

	for (uint32_t i = 0; nat64_known() && i < count; i++) {
		const struct in6_addr *addr = &list->addresses[i].addr;

		if (IN6_IS_ADDR_V4MAPPED(addr)) {
			memcpy(&from.sin_addr, addr->s6_addr + 12, sizeof from.sin_addr);
			if (destinations_nat64(to, sizeof from, &by) && !route_known(to, sizeof from)) {
				names_add(list, &by.sin6_addr, 0);
				synthetic_stand(&by.sin6_addr, from.sin_addr.s_addr);
			}
		} else if (nat64_inside(addr, &in)) {
			synthetic_stand(addr, in);
		}
	}
}

static void put_first(struct names_list *list, uint32_t number, uint32_t place)
{
	struct names_address a = list->addresses[number];

	for (; number > place; number--)
		list->addresses[number] = list->addresses[number - 1];
	list->addresses[place] = a;
}

/* Leaves in LIST what a socket as in PLAN can connect to, and a program that has looked at TO and gone there
 * may be taken to, with TO before the others of its family. A program that knows IPv6 has said what it wants
 * first, and so has one that asked for its own machine. Returns where TO is. */
static uint32_t arrange(struct names_list *list, const struct attempt_plan *plan,
			const struct names_address *to)
{
	bool mapped = IN6_IS_ADDR_V4MAPPED(&to->addr);
	uint32_t count = 0, at = 0, place = 0;

	for (uint32_t i = 0; i < list->count; i++)
		if (attempt_possible(plan, &list->addresses[i].addr) &&
		    scope_permits(&to->addr, &list->addresses[i].addr))
			list->addresses[count++] = list->addresses[i];
	list->count = count;
	while (at < count && !names_same(&list->addresses[at], to))
		at++;
	if (at == count)
		return at;
	if (!plan->in6 && !(mapped && to->addr.s6_addr[12] == 127))
		while (IN6_IS_ADDR_V4MAPPED(&list->addresses[place].addr) != mapped)
			place++;
	put_first(list, at, place);
	return place;
}

/* The families in turn, beginning with that of the first, as long as there are both (RFC 8305, 4): however
 * many addresses of one don't answer, the other's first begins after one delay. ASKED as below. */
static void interleave(struct names_list *list, uint32_t *asked)
{
	const struct names_list from = *list;
	const uint32_t before = *asked;
	bool in = IN6_IS_ADDR_V4MAPPED(&from.addresses[0].addr);
	uint32_t next[2] = {0, 0};

	for (list->count = 0; list->count < from.count; in = !in) {
		uint32_t *i = &next[in];

		while (*i < from.count && (bool)IN6_IS_ADDR_V4MAPPED(&from.addresses[*i].addr) != in)
			++*i;
		if (*i == from.count)
			continue;
		if (*i == before)
			*asked = list->count;
		list->addresses[list->count++] = from.addresses[(*i)++];
	}
}

/* Leaves the families in LIST that a rule leaves, in the order that it wants. ASKED is where what the program
 * asked for is; it is changed to where that is afterwards. Returns whether it is there still. */
static bool order(struct names_list *list, enum rules_action action, uint32_t *asked)
{
	const bool in_first = action == RULES_IPV4_FIRST;
	const struct names_list from = *list;
	bool there = false;

	if (action == RULES_DEFAULT || action == RULES_AUTO) {
		interleave(list, asked);
		return true;
	}
	list->count = 0;
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < from.count; i++) {
			const struct in6_addr *addr = &from.addresses[i].addr;

			if (IN6_IS_ADDR_V4MAPPED(addr) != (pass == 0 ? in_first : !in_first) ||
			    !connect_rules_allows(action, addr))
				continue;
			if (i == *asked && !there) {
				*asked = list->count;
				there = true;
			}
			list->addresses[list->count++] = from.addresses[i];
		}
	if (!there)
		*asked = 0;
	return there;
}

bool destinations_order(struct names_list *list, const struct attempt_plan *plan,
			const struct names_address *to, enum rules_action action, uint32_t *asked)
{
	*asked = arrange(list, plan, to);
	if (*asked == list->count)
		return false;
	if (!order(list, action, asked))
		return list->count > 0;
	return list->count > 1 || !attempt_own(plan, &to->addr);
}

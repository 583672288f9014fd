#include "tool/probe/choice.h"

#include "resolver/known_names.h"

/* The families that are tried first; OTHERS: the others are tried after them. */
struct preference {
	bool ipv6, ipv4, others;
};

static struct preference preference_of(enum rules_action action)
{
	switch (action) {
	case RULES_IPV4:
		return (struct preference){.ipv4 = true};
	case RULES_IPV6:
		return (struct preference){.ipv6 = true};
	case RULES_IPV4_FIRST:
		return (struct preference){.ipv4 = true, .others = true};
	case RULES_IPV6_FIRST:
		return (struct preference){.ipv6 = true, .others = true};
	default:
		return (struct preference){.ipv4 = true, .ipv6 = true};
	}
}

static bool is_first(const struct preference *p, const struct choice_address *address)
{
	return address->ipv6 ? p->ipv6 : p->ipv4;
}

/* Takes the families in turn as the library does (RFC 8305, 4), beginning with the first address's. */
static size_t in_turn(const struct choice_address *addresses, size_t count, size_t *order)
{
	size_t used = 0, next[2] = {0, 0};

	for (bool ipv6 = count && addresses[0].ipv6; used < count; ipv6 = !ipv6) {
		size_t *i = &next[ipv6];

		while (*i < count && addresses[*i].ipv6 != ipv6)
			++*i;
		if (*i < count)
			order[used++] = (*i)++;
	}
	return used;
}

size_t choice_order(const struct choice_address *addresses, size_t count, enum rules_action action,
		    size_t *order)
{
	const struct preference p = preference_of(action);
	size_t known = count < NAMES_ADDRESSES ? count : NAMES_ADDRESSES, used = 0;

	if (p.ipv4 && p.ipv6)
		return in_turn(addresses, known, order);
	for (size_t i = 0; i < known; i++)
		if (is_first(&p, &addresses[i]))
			order[used++] = i;
	for (size_t i = 0; p.others && i < known; i++)
		if (!is_first(&p, &addresses[i]))
			order[used++] = i;
	return used;
}

/* An attempt that has begun. */
struct attempt {
	double end;
	bool over;
};

/* Returns the attempt that ends first; COUNT if none ends. */
static size_t first_to_end(const struct attempt *attempts, size_t begun, size_t count)
{
	size_t first = count;

	for (size_t i = 0; i < begun; i++)
		if (!attempts[i].over && (first == count || attempts[i].end < attempts[first].end))
			first = i;
	return first;
}

int choice_stream(const struct choice_address *addresses, const size_t *order, size_t count, unsigned delay)
{
	struct attempt attempts[NAMES_ADDRESSES];
	double now = 0, due = 0;
	size_t begun = 0;
	bool must = true;

	for (;;) {
		size_t end;

		if (begun < count && (must || (delay && now >= due))) {
			const struct choice_address *a = &addresses[order[begun]];

			attempts[begun++] = (struct attempt){now + a->ms, a->outcome == CHOICE_SILENT};
			due = now + delay;
		}
		must = false;
		end = first_to_end(attempts, begun, count);
		if (delay && begun < count && (end == count || due < attempts[end].end)) {
			now = due;
			continue;
		}
		if (end == count)
			return -1;
		if (addresses[order[end]].outcome == CHOICE_ANSWERED)
			return (int)order[end];
		now = attempts[end].end;
		attempts[end].over = must = true;
	}
}

int choice_datagram(const struct choice_address *addresses, const size_t *order, size_t count, bool ipv6)
{
	int other = -1;

	for (size_t i = 0; i < count; i++) {
		const struct choice_address *a = &addresses[order[i]];

		if (!a->routed)
			continue;
		if (a->ipv6 == ipv6)
			return (int)order[i];
		if (other < 0)
			other = (int)order[i];
	}
	return other;
}

/* --probe: tries each address of a name, and tells which one the library would choose. */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "client/destinations.h"
#include "config/config.h"
#include "config/rules.h"
#include "resolver/nat64.h"
#include "resolver/route.h"
#include "tool/keep.h"
#include "tool/probe/probe.h"
#include "tool/tool.h"

/* Adds the addresses through a translator behind all others, as the library does (dualstack(7), IPv6-only
 * hosts). */
static void add_nat64(struct probe_answer *a)
{
	const size_t count = a->count;

	for (size_t i = 0; i < count; i++) {
		const struct reach_target *from = &a->targets[i];
		struct reach_target *to = &a->targets[a->count];

		to->len = sizeof to->addr.in6;
		if (!route_known(&from->addr.any, from->len) &&
		    destination_nat64(&from->addr.any, from->len, &to->addr.in6))
			a->count++;
	}
}

/* Looks the name up and takes each address once; /etc/hosts may have it twice. Returns 0 or an error of
 * getaddrinfo(3). */
static int look_up(const struct probe_request *r, struct probe_answer *a)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
				       .ai_socktype = r->udp ? SOCK_DGRAM : SOCK_STREAM};
	struct addrinfo *list;
	char port[8];
	size_t room = 0;
	int error;

	(void)snprintf(port, sizeof port, "%d", r->port);
	error = getaddrinfo(r->host, port, &hints, &list);
	if (error)
		return error;
	for (const struct addrinfo *i = list; i; i = i->ai_next)
		room++;
	a->targets = keep((2 * room + 1) * sizeof *a->targets);
	a->tried = keep((2 * room + 1) * sizeof *a->tried);
	for (const struct addrinfo *i = list; i; i = i->ai_next) {
		struct reach_target *t = &a->targets[a->count];
		bool twice = false;

		memcpy(&t->addr, i->ai_addr, i->ai_addrlen);
		t->len = i->ai_addrlen;
		for (size_t j = 0; j < a->count; j++)
			twice |=
			    a->targets[j].len == t->len && memcmp(&a->targets[j].addr, &t->addr, t->len) == 0;
		a->count += !twice;
	}
	freeaddrinfo(list);
	add_nat64(a);
	return 0;
}

static struct sockaddr_in6 in6_of(const struct reach_target *t)
{
	if (t->addr.any.sa_family == AF_INET6)
		return t->addr.in6;
	return (struct sockaddr_in6){.sin6_family = AF_INET6,
				     .sin6_port = t->addr.in.sin_port,
				     .sin6_addr = sockaddr_mapped(t->addr.in.sin_addr.s_addr)};
}

/* The addresses that the library tries for an IPv4-only program's connect to TO, in their order. */
static void find_order(const struct probe_request *r, struct probe_answer *a, const struct reach_target *to,
		       struct reach_target **order, size_t *count)
{
	struct in_addr in;
	bool named = inet_pton(AF_INET, r->host, &in) != 1 && !strchr(r->host, ':');
	struct destination d = {.to = in6_of(to), .names = 1};

	d.action = rules_ask(&(struct rules_facts){.call = RULES_CONNECT,
						   .protocol = r->udp ? IPPROTO_UDP : IPPROTO_TCP,
						   .address = &d.to.sin6_addr,
						   .port = r->port,
						   .name = named ? r->host : NULL});
	a->ruled |= d.action != RULES_DEFAULT;
	for (size_t i = 0; i < a->count; i++) {
		const struct sockaddr_in6 in6 = in6_of(&a->targets[i]);

		names_add(&d.list, &in6.sin6_addr, in6.sin6_scope_id);
	}
	(void)destination_order(&d, AF_INET);
	*count = 0;
	for (uint32_t i = 0; i < d.list.count; i++)
		for (size_t j = 0; j < a->count; j++) {
			const struct sockaddr_in6 in6 = in6_of(&a->targets[j]);
			const struct names_address address = names_address(&in6);

			if (names_same(&d.list.addresses[i], &address)) {
				order[(*count)++] = &a->targets[j];
				a->tried[j] = true;
			}
		}
}

/* The one of COUNT attempts that would connect a stream (RFC 8305, 5); NULL if none. Each begins when another
 * has failed, or the delay after the previous one; the first to answer wins. A silent address counts as
 * silent for ever: the kernel gives up only after two minutes. */
static struct reach_target *choose_stream(struct reach_target **order, size_t count)
{
	struct reach_target *best = NULL;
	double begins = 0, answered = INFINITY, ends[NAMES_ADDRESSES];

	for (size_t i = 0; i < count && begins < answered; i++) {
		double next = config.settings.delay ? begins + config.settings.delay : INFINITY;

		ends[i] = begins + order[i]->ms;
		if (order[i]->worked && ends[i] < answered) {
			answered = ends[i];
			best = order[i];
		}
		/* A failure at this time has begun this attempt; a later one begins the next. */
		for (size_t j = 0; j <= i; j++)
			if (order[j]->error && ends[j] < next && (ends[j] > begins || j == i))
				next = ends[j];
		begins = next;
	}
	return best;
}

/* Datagrams are not tried in turn. */
static struct reach_target *choose_datagram(struct reach_target **order, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (order[i]->routed)
			return order[i];
	return NULL;
}

/* The program connects to its IPv4 addresses, one after the other, until it is connected. If it has none, it
 * connects to the synthetic address of the first IPv6 address. */
static void choose(const struct probe_request *r, struct probe_answer *a)
{
	struct reach_target *order[NAMES_ADDRESSES], *chosen = NULL, *found;
	bool ipv4 = false;
	size_t count;

	for (size_t i = 0; i < a->count; i++)
		ipv4 |= !reach_is_ipv6(&a->targets[i]);
	for (size_t i = 0; i < a->count; i++) {
		if (ipv4 ? reach_is_ipv6(&a->targets[i]) : i > 0)
			continue;
		find_order(r, a, &a->targets[i], order, &count);
		found = (r->udp ? choose_datagram : choose_stream)(order, count);
		chosen = chosen ? chosen : found;
	}
	a->chosen = chosen ? (int)(chosen - a->targets) : -1;
}

int tool_probe(int argc, char **argv)
{
	static struct probe_request r = {.seconds = 5};
	struct probe_answer a = {.chosen = -1};
	bool worked = false;
	int error;

	probe_parse(&r, argc, argv);
	config_load();
	if (config.settings.nat64_prefix.bits)
		nat64_set(&config.settings.nat64_prefix);
	error = look_up(&r, &a);
	if (error) {
		tool_warn("--probe: %s: %s", r.host,
			  error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
		return 1;
	}
	reach_all(a.targets, a.count, r.udp ? &r.datagram : NULL, r.seconds);
	if (config.active)
		choose(&r, &a);
	probe_print(&r, &a);
	for (size_t i = 0; i < a.count; i++)
		worked |= a.targets[i].worked;
	return worked ? 0 : 1;
}

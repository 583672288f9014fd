/* --probe: tries each address of a name, and tells which one the library would end up with. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/rules.h"
#include "resolver/nat64.h"
#include "resolver/route.h"
#include "tool/keep.h"
#include "tool/probe/answer.h"
#include "tool/probe/choice.h"
#include "tool/tool.h"

/* Adds the addresses through a translator behind all others, as the library does (dualstack(7), IPv6-only
 * hosts). */
static void add_nat64(struct probe_answer *a, int port)
{
	const size_t count = a->count;

	for (size_t i = 0; i < count; i++) {
		const struct reach_target *from = &a->targets[i];
		struct reach_target *to = &a->targets[a->count];

		to->addr.in6 =
		    (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port)};
		to->len = sizeof to->addr.in6;
		if (from->addr.any.sa_family == AF_INET && !route_known(&from->addr.any, from->len) &&
		    nat64_form(from->addr.in.sin_addr.s_addr, &to->addr.in6.sin6_addr))
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
	add_nat64(a, r->port);
	return 0;
}

static struct in6_addr in6_of(const struct reach_target *t)
{
	struct in6_addr in6 = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

	if (t->addr.any.sa_family == AF_INET6)
		return t->addr.in6.sin6_addr;
	memcpy(&in6.s6_addr[12], &t->addr.in.sin_addr, 4);
	return in6;
}

/* Returns the rule for the connect() of an IPv4-only program: to the name's first IPv4 address, or to the
 * synthetic one if the name has IPv6 addresses only. */
static enum rules_action rule_for(const struct probe_request *r, const struct probe_answer *a)
{
	size_t first = 0;
	struct in6_addr address, literal;
	bool named = inet_pton(AF_INET, r->host, &literal) != 1 && !strchr(r->host, ':');

	while (first < a->count && reach_is_ipv6(&a->targets[first]))
		first++;
	address = in6_of(&a->targets[first < a->count ? first : 0]);
	return rules_ask(&(struct rules_facts){.call = RULES_CONNECT,
					       .protocol = r->udp ? IPPROTO_UDP : IPPROTO_TCP,
					       .address = &address,
					       .port = r->port,
					       .name = named ? r->host : NULL});
}

static void choose(const struct probe_request *r, struct probe_answer *a)
{
	struct choice_address *addresses = keep((a->count + 1) * sizeof *addresses);
	size_t *order = keep((a->count + 1) * sizeof *order), used;
	enum rules_action rule = rule_for(r, a);

	for (size_t i = 0; i < a->count; i++) {
		const struct reach_target *t = &a->targets[i];

		addresses[i] = (struct choice_address){
		    .ipv6 = reach_is_ipv6(t),
		    .routed = t->routed,
		    .outcome = t->worked  ? CHOICE_ANSWERED
			       : t->error ? CHOICE_FAILED
					  : CHOICE_SILENT,
		    .ms = t->ms,
		};
	}
	used = choice_order(addresses, a->count, rule, order);
	for (size_t i = 0; i < used; i++)
		a->tried[order[i]] = true;
	if (r->udp)
		a->chosen =
		    choice_datagram(addresses, order, used, rule == RULES_IPV6 || rule == RULES_IPV6_FIRST);
	else
		a->chosen = choice_stream(addresses, order, used, config.delay);
}

int tool_probe(int argc, char **argv)
{
	static struct probe_request r = {.seconds = 5};
	struct probe_answer a = {.chosen = -1};
	bool worked = false;
	int error;

	probe_parse(&r, argc, argv);
	config_load();
	if (config.nat64_prefix.bits)
		nat64_set(&config.nat64_prefix);
	error = look_up(&r, &a);
	if (error) {
		(void)fprintf(stderr, "dualstack-run: --probe: %s: %s\n", r.host,
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

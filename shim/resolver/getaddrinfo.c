#define _GNU_SOURCE
#include "resolver/getaddrinfo.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "base/sockaddr.h"
#include "config/config.h"
#include "config/rule.h"
#include "resolver/answers.h"
#include "resolver/connect_rules.h"
#include "resolver/known_names.h"
#include "resolver/nat64.h"
#include "resolver/nat64_discovery.h"
#include "resolver/route.h"
#include "resolver/second_question.h"

/* Of an answer with both families the IPv6 addresses, each with a synthetic address in its place: a
 * sockaddr_in is the shorter one. The rest is freed, but for the canonical name, which the first one has. */
static struct addrinfo *as_in(const char *node, struct addrinfo *list)
{
	struct addrinfo *first = NULL, **end = &first, *next;
	char *canonical = list->ai_canonname;

	list->ai_canonname = NULL;
	for (; list; list = next) {
		struct sockaddr_in6 in6;
		struct sockaddr_in shown;

		next = list->ai_next;
		list->ai_next = NULL;
		if (list->ai_family != AF_INET6) {
			freeaddrinfo(list);
			continue;
		}
		memcpy(&in6, list->ai_addr, sizeof in6);
		shown = answers_shown(node, &in6);
		memcpy(list->ai_addr, &shown, sizeof shown);
		list->ai_family = AF_INET;
		list->ai_addrlen = sizeof shown;
		*end = list;
		end = &list->ai_next;
	}
	if (first)
		first->ai_canonname = canonical;
	return first;
}

static bool no_address(int error)
{
	return error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY;
}

/* The real one's answer, without what stands for a peer, unless the program itself has said so. */
static int ask_really(const char *node, const char *service, const struct addrinfo *hints,
		      struct addrinfo **result)
{
	int error = real.getaddrinfo(node, service, hints, result);

	if (error || !node || answers_literal(node))
		return error;
	*result = answers_of_others(*result);
	return *result ? 0 : EAI_NONAME;
}

/* Numbers only, or a number for bind(): a program that knows both families finds out which one it has. */
static bool is_asking(const char *node, const struct addrinfo *hints)
{
	struct in6_addr literal;

	return hints->ai_flags & AI_NUMERICHOST ||
	       (hints->ai_flags & AI_PASSIVE && sockaddr_parse(AF_INET6, node, &literal));
}

static void note(const char *node, bool both, const struct addrinfo *own, const struct addrinfo *other)
{
	struct names_list list = {.both = both};

	lookup_add(&list, other);
	lookup_add(&list, own);
	names_note(node, &list);
}

/* Where there is no way to the IPv4 addresses of LIST. */
static void look_for_translator(const struct addrinfo *list)
{
	if (config.nat64_auto && answers_has(list, AF_INET) && !answers_routed(list, AF_INET))
		nat64_discover();
}

/* Whether an answer with both families (OTHER) is to be given in the place of what the program's question in
 * AF_INET gave. */
static bool prefer_in6(enum rules_action action, int error, const struct addrinfo *own,
		       const struct addrinfo *other)
{
	if (action == RULES_IPV4 || !answers_has(other, AF_INET6))
		return false;
	if (!error && connect_rules_wants_in6(action))
		return answers_native(other);
	return error ? no_address(error) : !answers_routed(own, AF_INET) && answers_native(other);
}

/* The program's own question, and at the same time BOTH, the one for both families, whose answer it returns,
 * or NULL. ERROR and errno are those of the program's. */
static struct addrinfo *ask(const char *node, const char *service, const struct addrinfo *hints,
			    const struct addrinfo *both, struct addrinfo **result, int *error)
{
	struct lookup *lookup = answers_literal(node) ? NULL : lookup_start(node, service, both);
	struct names_list own = {.count = 0};
	struct addrinfo *other = NULL;
	int saved;

	*error = ask_really(node, service, hints, result);
	saved = errno;
	if (*error == 0)
		lookup_add(&own, *result);
	if (lookup)
		other = lookup_finish(lookup, *error != 0, &own);
	else if (no_address(*error) && real.getaddrinfo(node, service, both, &other) != 0)
		other = NULL;
	other = answers_of_hosts(other);
	if (!answers_literal(node))
		note(node, false, *error ? NULL : *result, other);
	errno = saved;
	return other;
}

/* What the rules say of NODE; a stream's connect() sees to the order by itself. */
static enum rules_action action_of(const char *node, const char *service, const struct addrinfo *hints)
{
	size_t digits = service ? strspn(service, "0123456789") : 0;
	int port = digits && digits < 6 && !service[digits] ? (int)strtol(service, NULL, 10) : -1;
	enum rules_action action =
	    answers_literal(node) ? RULES_DEFAULT : connect_rules_name(node, hints->ai_socktype, port);

	return hints->ai_family == AF_INET && hints->ai_socktype == SOCK_STREAM &&
		       connect_rules_wants_in6(action)
		   ? RULES_DEFAULT
		   : action;
}

/* The IPv6 addresses of NODE from an earlier answer, for a program whose question now gave OWN; NULL if none
 * is known. A stream's connect() finds them by itself, a datagram has but the address that it is sent to. */
static struct addrinfo *known_in6(const char *node, const char *service, const struct addrinfo *hints,
				  const struct addrinfo *own)
{
	struct addrinfo numeric = *hints, *first = NULL, **end = &first;
	char text[INET6_ADDRSTRLEN];
	struct names_list list;
	int saved = errno;

	numeric.ai_family = AF_INET6;
	numeric.ai_flags = AI_NUMERICHOST | (hints->ai_flags & AI_NUMERICSERV);
	if (!names_known(node, &list))
		return NULL;
	for (uint32_t i = 0; i < list.count; i++) {
		const struct names_address *known = &list.addresses[i];

		if (IN6_IS_ADDR_V4MAPPED(&known->addr) || known->scope ||
		    !real.inet_ntop(AF_INET6, &known->addr, text, sizeof text) ||
		    real.getaddrinfo(text, service, &numeric, end) != 0)
			continue;
		while (*end)
			end = &(*end)->ai_next;
	}
	if (first && own->ai_canonname)
		first->ai_canonname = strdup(own->ai_canonname);
	errno = saved;
	return first;
}

static int ask_in(const char *node, const char *service, const struct addrinfo *hints,
		  struct addrinfo **result)
{
	struct addrinfo both = *hints, *other;
	int error;

	both.ai_family = AF_UNSPEC;
	both.ai_flags &= ~(AI_V4MAPPED | AI_ALL);
	other = ask(node, service, hints, &both, result, &error);
	if (error == 0)
		look_for_translator(*result);
	if (error == 0 && !answers_literal(node) && !answers_has(other, AF_INET6)) {
		if (other)
			freeaddrinfo(other);
		other = known_in6(node, service, hints, *result);
	}
	if (other && prefer_in6(action_of(node, service, hints), error, error ? NULL : *result, other)) {
		if (error == 0)
			freeaddrinfo(*result);
		*result = as_in(node, other);
		return 0;
	}
	if (other)
		freeaddrinfo(other);
	return error;
}

/* The resolver maps by itself when told to. */
static int ask_in6(const char *node, const char *service, const struct addrinfo *hints,
		   struct addrinfo **result)
{
	struct addrinfo both = *hints, *other;
	int error;

	if (answers_literal(node))
		return real.getaddrinfo(node, service, hints, result);
	both.ai_flags |= AI_V4MAPPED | AI_ALL;
	other = ask(node, service, hints, &both, result, &error);
	/* For bind() an IPv4 address would be another one; noted it is, as socat connects with AI_PASSIVE. */
	if (no_address(error) && other && !(hints->ai_flags & AI_PASSIVE) &&
	    action_of(node, service, hints) != RULES_IPV6) {
		*result = other;
		return 0;
	}
	if (other)
		freeaddrinfo(other);
	return error;
}

static int getaddrinfo_by_family(const char *node, const char *service, const struct addrinfo *hints,
				 struct addrinfo **result)
{
	int error;

	if (node && hints && !is_asking(node, hints) && hints->ai_family == AF_INET)
		return ask_in(node, service, hints, result);
	if (node && hints && !is_asking(node, hints) && hints->ai_family == AF_INET6)
		return ask_in6(node, service, hints, result);
	error = ask_really(node, service, hints, result);
	if (error == 0 && node && !answers_literal(node))
		note(node, true, *result, NULL);
	if (error == 0 && node && !(hints && hints->ai_flags & AI_PASSIVE))
		look_for_translator(*result);
	return error;
}

/* Whether this host has no way to IPv4 addresses; the one asked for is a.root-servers.net's, and nothing is
 * sent. */
static bool without_in(void)
{
	const struct sockaddr_in root = {
	    .sin_family = AF_INET, .sin_port = htons(53), .sin_addr = {htonl(0xc6290004)}};

	return !route_known((const struct sockaddr *)&root, sizeof root);
}

/* What ERROR, the answer to a question with AI_ADDRCONFIG, becomes where a translator is the way to IPv4
 * addresses: the C library says that there can be none, also of a number. */
static int in_by_translator(int error, const char *node, const char *service, const struct addrinfo *hints,
			    struct addrinfo **result)
{
	struct addrinfo plain = *hints;

	if (!(hints->ai_flags & AI_ADDRCONFIG) || hints->ai_flags & AI_PASSIVE ||
	    hints->ai_family == AF_INET6 || !no_address(error) || !without_in())
		return error;
	if (config.nat64_auto)
		nat64_discover();
	plain.ai_family = AF_INET;
	plain.ai_flags &= ~AI_ADDRCONFIG;
	if (!nat64_known() || ask_really(node, service, &plain, result) != 0)
		return error;
	if (!answers_literal(node))
		note(node, hints->ai_family == AF_UNSPEC, *result, NULL);
	return 0;
}

int resolve_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
			struct addrinfo **result)
{
	int error = getaddrinfo_by_family(node, service, hints, result);

	if (error && node && hints)
		error = in_by_translator(error, node, service, hints, result);
	return error;
}

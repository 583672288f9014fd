#define _GNU_SOURCE
#include "resolver/getaddrinfo.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "config/config.h"
#include "config/rule.h"
#include "resolver/answers.h"
#include "resolver/connect_rules.h"
#include "resolver/known_names.h"
#include "resolver/nat64.h"
#include "resolver/nat64_discovery.h"
#include "resolver/question.h"
#include "resolver/route.h"

/* Notes the addresses of NODE, and leaves them in LIST (names_note()). */
static void note(const char *node, const struct addrinfo *own, const struct addrinfo *other,
		 struct names_list *list)
{
	list->count = 0;
	answers_add(list, other);
	answers_add(list, own);
	names_note(node, list);
}

/* The addresses of FAMILY in LIST, as the C library's answers to numbers; it also makes V4MAPPED ones. NULL
 * if there are none. */
static struct addrinfo *answer_of(const struct names_list *list, bool mapped, const struct question *q)
{
	struct addrinfo numeric = *q->hints, *first = NULL, **end = &first;
	char text[INET6_ADDRSTRLEN];

	numeric.ai_family = AF_INET6;
	numeric.ai_flags = AI_NUMERICHOST | (q->hints->ai_flags & AI_NUMERICSERV);
	for (uint32_t i = 0; i < list->count; i++) {
		const struct names_address *known = &list->addresses[i];

		if ((bool)IN6_IS_ADDR_V4MAPPED(&known->addr) != mapped || known->scope ||
		    !real.inet_ntop(AF_INET6, &known->addr, text, sizeof text) ||
		    real.getaddrinfo(text, q->service, &numeric, end) != 0)
			continue;
		for (; *end; end = &(*end)->ai_next)
			(*end)->ai_flags = q->hints->ai_flags;
	}
	return first;
}

/* Gives FIRST the canonical name of the answer FROM, if there is one. False if no memory is left. */
static bool name_as(struct addrinfo *first, const struct addrinfo *from)
{
	if (!first || !from || !from->ai_canonname || first->ai_canonname)
		return true;
	first->ai_canonname = strdup(from->ai_canonname);
	return first->ai_canonname != NULL;
}

/* The rules' action for the name. A stream's connect() orders the addresses itself. */
static enum rules_action action_of(const struct question *q)
{
	size_t digits = q->service ? strspn(q->service, "0123456789") : 0;
	int port = digits && digits < 6 && !q->service[digits] ? (int)strtol(q->service, NULL, 10) : -1;
	enum rules_action action = connect_rules_name(q->node, q->hints->ai_socktype, port);

	return q->hints->ai_family == AF_INET && q->hints->ai_socktype == SOCK_STREAM &&
		       connect_rules_wants_in6(action)
		   ? RULES_DEFAULT
		   : action;
}

/* Adds the peers in OTHER to ANSWER, at the end. */
static void add_peers(const struct question *q, struct addrinfo *answer, const struct addrinfo *other)
{
	struct in_addr peers[NAMES_OF_FAMILY];
	const size_t count = answers_peers(other, peers, NAMES_OF_FAMILY);
	struct addrinfo numeric = *q->hints;
	char text[INET_ADDRSTRLEN];

	numeric.ai_flags = AI_NUMERICHOST | (q->hints->ai_flags & AI_NUMERICSERV);
	while (answer->ai_next)
		answer = answer->ai_next;
	for (size_t i = 0; i < count; i++) {
		if (!real.inet_ntop(AF_INET, &peers[i], text, sizeof text) ||
		    real.getaddrinfo(text, q->service, &numeric, &answer->ai_next) != 0)
			answer->ai_next = NULL;
		for (; answer->ai_next; answer = answer->ai_next)
			answer->ai_next->ai_flags = q->hints->ai_flags;
	}
}

/* The IPv6 addresses that the program is given, as IPv4 ones, instead of its own answer OWN, or of ERROR:
 * they are taken out of *OTHER. NULL if it keeps its own answer, to which the peers in *OTHER are added. */
static struct addrinfo *instead_of_in(const struct question *q, int error, struct addrinfo *own,
				      const struct names_list *list, struct addrinfo **other)
{
	enum rules_action action = action_of(q);
	struct addrinfo *in6;
	bool unrouted;

	/* Those of an earlier answer. A stream's connect() finds them itself; a datagram has only the address
	 * that it is sent to. */
	if (error == 0 && !*other)
		*other = answer_of(list, false, q);
	/* A stream's connect() finds that out itself. */
	unrouted = error == 0 &&
		   (*other ? q->hints->ai_socktype != SOCK_STREAM : config.settings.nat64_found) &&
		   answers_unrouted(list);
	if (unrouted && config.settings.nat64_found)
		nat64_discover();
	in6 = *other;
	if (answers_has(in6, AF_INET6) && action != RULES_IPV4 &&
	    (error ? question_no_address(error)
		   : (connect_rules_wants_in6(action) || unrouted) && answers_native(in6)) &&
	    name_as(in6, own)) {
		*other = NULL;
		return answers_as_in(q->node, in6);
	}
	if (error == 0)
		add_peers(q, own, in6);
	return NULL;
}

/* The IPv4 addresses in LIST, which the program is given V4MAPPED instead of ERROR, or NULL. bind() must not
 * get them. They are noted all the same, as socat connects with AI_PASSIVE. */
static struct addrinfo *instead_of_in6(const struct question *q, int error, const struct names_list *list,
				       const struct addrinfo *other)
{
	struct addrinfo *mapped;

	if (!question_no_address(error) || !other || q->hints->ai_flags & AI_PASSIVE ||
	    action_of(q) == RULES_IPV6)
		return NULL;
	mapped = answer_of(list, true, q);
	if (name_as(mapped, other))
		return mapped;
	freeaddrinfo(mapped);
	return NULL;
}

static int ask_family(const struct question *q, struct addrinfo **result)
{
	const bool in = q->hints->ai_family == AF_INET;
	/* With both flags, the answer has all addresses. */
	const int all = AI_V4MAPPED | AI_ALL;
	struct addrinfo *other = NULL, *instead;
	struct names_list list;
	int error, saved;

	if (!in && (q->hints->ai_flags & all) == all)
		error = question_ask_plainly(q, result);
	else
		error = question_ask(q, result, &other);
	saved = errno;
	note(q->node, error ? NULL : *result, other, &list);
	instead =
	    in ? instead_of_in(q, error, *result, &list, &other) : instead_of_in6(q, error, &list, other);
	if (instead) {
		if (error == 0)
			freeaddrinfo(*result);
		*result = instead;
		error = 0;
	} else if (error && other) {
		/* Gets the native error, if the program's own question was not asked. */
		error = question_ask_plainly(q, result);
	}
	if (other)
		freeaddrinfo(other);
	errno = saved;
	return error;
}

/* Appends synthetic addresses to ANSWER, whose IPv6 addresses are in LIST, for a name without IPv4 ones, for
 * programs that ask for both families but use only IPv4 addresses. */
static void add_synthetic(const struct question *q, struct addrinfo *answer, const struct names_list *list)
{
	static const struct addrinfo any = {.ai_family = AF_UNSPEC};
	const struct question numeric = {q->node, q->service, q->hints ? q->hints : &any};
	struct addrinfo *more = answer_of(list, false, &numeric);

	while (answer->ai_next)
		answer = answer->ai_next;
	answer->ai_next = more ? answers_as_in(q->node, more) : NULL;
}

/* Looks for a translator if the IPv4 addresses in LIST have no route. */
static void discover_for(const struct names_list *list)
{
	if (config.settings.nat64_found && answers_unrouted(list))
		nat64_discover();
}

static int ask_unspec(const struct question *q, struct addrinfo **result)
{
	struct names_list list;
	int error = question_ask_plainly(q, result);

	if (error)
		return error;
	note(q->node, *result, NULL, &list);
	if (config.settings.synthetic_always && !answers_has(*result, AF_INET))
		add_synthetic(q, *result, &list);
	if (!(q->hints && q->hints->ai_flags & AI_PASSIVE))
		discover_for(&list);
	return 0;
}

/* Looks up a number. If an IPv4 program asks for an IPv6 number, it gets a synthetic address, unless it asks
 * for the number's family (AI_NUMERICHOST) or wants to bind to it, or a rule keeps the number IPv6. */
static int ask_number(const struct question *q, struct addrinfo **result)
{
	const int flags = q->hints ? q->hints->ai_flags : 0;
	int error = real.getaddrinfo(q->node, q->service, q->hints, result);
	struct names_list list;
	struct addrinfo in6;

	if (error == 0) {
		list.count = 0;
		answers_add(&list, *result);
		if (list.count)
			names_note_number(&list.addresses[0]);
		if (!(flags & (AI_NUMERICHOST | AI_PASSIVE)))
			discover_for(&list);
		return 0;
	}
	if (!q->hints || q->hints->ai_family != AF_INET || flags & (AI_NUMERICHOST | AI_PASSIVE) ||
	    config.literals == RULES_OFF || !question_no_address(error))
		return error;
	in6 = *q->hints;
	in6.ai_family = AF_INET6;
	if (real.getaddrinfo(q->node, q->service, &in6, result) != 0)
		return error;
	*result = answers_of_hosts(*result);
	if (!*result)
		return error;
	*result = answers_as_in(q->node, *result);
	return 0;
}

static int by_family(const struct question *q, struct addrinfo **result)
{
	if (!q->node)
		return question_ask_plainly(q, result);
	if (answers_literal(q->node) || (q->hints && q->hints->ai_flags & AI_NUMERICHOST))
		return ask_number(q, result);
	if (q->hints && (q->hints->ai_family == AF_INET || q->hints->ai_family == AF_INET6))
		return ask_family(q, result);
	return ask_unspec(q, result);
}

/* With AI_ADDRCONFIG on a host without IPv4, the C library fails with ERROR, even for a number. If a
 * translator leads to IPv4 addresses, asks again without the flag. */
static int in_by_translator(int error, const struct question *q, struct addrinfo **result)
{
	struct addrinfo plain = *q->hints;
	const struct question plainly = {q->node, q->service, &plain};
	struct names_list list;

	if (!(q->hints->ai_flags & AI_ADDRCONFIG) || q->hints->ai_flags & AI_PASSIVE ||
	    q->hints->ai_family == AF_INET6 || !question_no_address(error) || route_far(AF_INET))
		return error;
	if (config.settings.nat64_found)
		nat64_discover();
	plain.ai_family = AF_INET;
	plain.ai_flags &= ~AI_ADDRCONFIG;
	if (!nat64_now() || question_ask_plainly(&plainly, result) != 0)
		return error;
	if (!answers_literal(q->node))
		note(q->node, *result, NULL, &list);
	return 0;
}

int resolve_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
			struct addrinfo **result)
{
	const struct question q = {node, service, hints};
	struct addrinfo *answer = NULL;
	int error = by_family(&q, &answer);

	if (error && node && hints)
		error = in_by_translator(error, &q, &answer);
	/* With an error, RESULT is left as it is. */
	if (!error)
		*result = answer;
	return error;
}

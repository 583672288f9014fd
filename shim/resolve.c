#define _GNU_SOURCE
#include "resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "lookup.h"
#include "names.h"
#include "nat64.h"
#include "policy.h"
#include "real.h"
#include "route.h"
#include "translator.h"
#include "view.h"

static bool any_routed(const struct addrinfo *list, int family)
{
	for (; list; list = list->ai_next)
		if (list->ai_family == family && route_known(list->ai_addr, list->ai_addrlen))
			return true;
	return false;
}

/* Whether there is a way to an IPv6 address that is the name's own, and no IPv4 one in disguise (RFC 6147).
 */
static bool any_native(const struct addrinfo *list)
{
	for (; list; list = list->ai_next) {
		struct sockaddr_in6 in6;
		in_addr_t in;

		if (list->ai_family != AF_INET6)
			continue;
		memcpy(&in6, list->ai_addr, sizeof in6);
		if (!nat64_inside(&in6.sin6_addr, &in) && route_known(list->ai_addr, list->ai_addrlen))
			return true;
	}
	return false;
}

static bool has(const struct addrinfo *list, int family)
{
	while (list && list->ai_family != family)
		list = list->ai_next;
	return list != NULL;
}

/* Of an answer with both families the IPv6 addresses, each with a synthetic address in its place: a
 * sockaddr_in is the shorter one. The rest is freed, but for the canonical name, which the first one has. */
static struct addrinfo *as_in(struct addrinfo *list)
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
		shown = view_shown(&in6, MARK_DATAGRAM);
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

/* A number is no name, and needs no look-up. */
static bool is_literal(const char *node)
{
	struct in_addr in;

	return strchr(node, ':') || inet_aton(node, &in);
}

/* Numbers only, or a number for bind(): a program that knows both families finds out which one it has. */
static bool is_asking(const char *node, const struct addrinfo *hints)
{
	struct in6_addr literal;

	return hints->ai_flags & AI_NUMERICHOST ||
	       (hints->ai_flags & AI_PASSIVE && inet_pton(AF_INET6, node, &literal) == 1);
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
	if (config.nat64_auto && has(list, AF_INET) && !any_routed(list, AF_INET))
		translator_look();
}

/* Whether a rule wants the IPv6 addresses of a name in the place of the IPv4 ones. */
static bool in6_wanted(enum rules_action action)
{
	return action == RULES_IPV6 || action == RULES_IPV6_FIRST;
}

/* Whether an answer with both families (OTHER) is to be given in the place of what the program's question in
 * AF_INET gave. */
static bool prefer_in6(enum rules_action action, int error, const struct addrinfo *own,
		       const struct addrinfo *other)
{
	if (action == RULES_IPV4 || !has(other, AF_INET6))
		return false;
	if (!error && in6_wanted(action))
		return any_native(other);
	return error ? no_address(error) : !any_routed(own, AF_INET) && any_native(other);
}

/* The program's own question, and at the same time BOTH, the one for both families, whose answer it returns,
 * or NULL. ERROR and errno are those of the program's. */
static struct addrinfo *ask(const char *node, const char *service, const struct addrinfo *hints,
			    const struct addrinfo *both, struct addrinfo **result, int *error)
{
	struct lookup *lookup = is_literal(node) ? NULL : lookup_start(node, service, both);
	struct names_list own = {.count = 0};
	struct addrinfo *other = NULL;
	int saved;

	*error = real.getaddrinfo(node, service, hints, result);
	saved = errno;
	if (*error == 0)
		lookup_add(&own, *result);
	if (lookup)
		other = lookup_finish(lookup, *error != 0, &own);
	else if (no_address(*error) && real.getaddrinfo(node, service, both, &other) != 0)
		other = NULL;
	if (!is_literal(node))
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
	    is_literal(node) ? RULES_DEFAULT : policy_name(node, hints->ai_socktype, port);

	return hints->ai_family == AF_INET && hints->ai_socktype == SOCK_STREAM && in6_wanted(action)
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
	if (error == 0 && !is_literal(node) && !has(other, AF_INET6)) {
		if (other)
			freeaddrinfo(other);
		other = known_in6(node, service, hints, *result);
	}
	if (other && prefer_in6(action_of(node, service, hints), error, error ? NULL : *result, other)) {
		if (error == 0)
			freeaddrinfo(*result);
		*result = as_in(other);
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

	if (is_literal(node))
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
	error = real.getaddrinfo(node, service, hints, result);
	if (error == 0 && node && !is_literal(node))
		note(node, true, *result, NULL);
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
		translator_look();
	plain.ai_family = AF_INET;
	plain.ai_flags &= ~AI_ADDRCONFIG;
	if (!nat64_known() || real.getaddrinfo(node, service, &plain, result) != 0)
		return error;
	if (!is_literal(node))
		note(node, hints->ai_family == AF_UNSPEC, *result, NULL);
	return 0;
}

int resolve_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
			struct addrinfo **result)
{
	int error = getaddrinfo_by_family(node, service, hints, result);

	if (error && node && hints)
		error = in_by_translator(error, node, service, hints, result);
	if (error == 0 && node && !(hints && hints->ai_flags & AI_PASSIVE))
		look_for_translator(*result);
	return error;
}

/* The addresses of ENTRY, IPv4 ones V4MAPPED. */
static void add_host(struct names_list *list, const struct hostent *entry)
{
	for (char **addr = entry->h_addr_list; *addr; addr++) {
		struct in6_addr in6 = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

		memcpy(entry->h_addrtype == AF_INET6 ? in6.s6_addr : in6.s6_addr + 12, *addr,
		       (size_t)entry->h_length);
		names_add(list, &in6, 0);
	}
}

static bool host_routed(const struct hostent *entry)
{
	for (char **addr = entry->h_addr_list; *addr; addr++) {
		struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};

		memcpy(&to.sin_addr, *addr, sizeof to.sin_addr);
		if (route_known((const struct sockaddr *)&to, sizeof to))
			return true;
	}
	return false;
}

/* Makes the IPv6 answer ENTRY an IPv4 one, with synthetic addresses, in its own memory. */
static void host_as_in(struct hostent *entry)
{
	for (char **addr = entry->h_addr_list; *addr; addr++) {
		struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
		struct sockaddr_in shown;

		memcpy(&in6.sin6_addr, *addr, sizeof in6.sin6_addr);
		shown = view_shown(&in6, MARK_DATAGRAM);
		memcpy(*addr, &shown.sin_addr, sizeof shown.sin_addr);
	}
	entry->h_addrtype = AF_INET;
	entry->h_length = sizeof(struct in_addr);
}

/* The other way: V4MAPPED addresses, as many as there is room for in the SIZE bytes at SPACE. */
static void host_as_in6(struct hostent *entry, char *space, size_t size)
{
	struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

	for (char **addr = entry->h_addr_list; *addr; addr++) {
		if (size < sizeof mapped) {
			*addr = NULL;
			break;
		}
		memcpy(mapped.s6_addr + 12, *addr, 4);
		memcpy(space, &mapped, sizeof mapped);
		*addr = space;
		space += sizeof mapped;
		size -= sizeof mapped;
	}
	entry->h_addrtype = AF_INET6;
	entry->h_length = sizeof mapped;
}

/* Room for V4MAPPED addresses, at the end of the caller's buffer. */
#define MAPPED_BYTES (NAMES_ADDRESSES * sizeof(struct in6_addr))

/* What the program's question in FAMILY did not give, asked for in the other one. */
static int host_otherwise(const char *name, int family, struct hostent *entry, char *buffer, size_t size,
			  struct hostent **result, int *error)
{
	int status;

	if (family == AF_INET) {
		status = real.gethostbyname2_r(name, AF_INET6, entry, buffer, size, result, error);
		if (status == 0 && *result)
			host_as_in(*result);
		return status;
	}
	if (size < MAPPED_BYTES) {
		*result = NULL;
		return ERANGE;
	}
	size -= MAPPED_BYTES;
	status = real.gethostbyname2_r(name, AF_INET, entry, buffer, size, result, error);
	if (status == 0 && *result)
		host_as_in6(*result, buffer + size, MAPPED_BYTES);
	return status;
}

/* Notes the answer OWN (NULL: none) of the program's question. Returns whether the other family is to be
 * asked instead: there is no answer or, for AF_INET, no route to it. */
static bool host_noted(const char *name, int family, const struct hostent *own, struct lookup *lookup)
{
	enum rules_action action = policy_name(name, 0, -1);
	struct names_list list = {.count = 0}, mine = {.count = 0};
	struct addrinfo *other;
	bool instead;

	if (own)
		add_host(&mine, own);
	other = lookup_finish(lookup, !own, &mine);
	lookup_add(&list, other);
	for (uint32_t i = 0; i < mine.count; i++)
		names_add(&list, &mine.addresses[i].addr, mine.addresses[i].scope);
	names_note(name, &list);
	if (config.nat64_auto && own && family == AF_INET && !host_routed(own))
		translator_look();
	if (family == AF_INET && own)
		instead = (in6_wanted(action) || !host_routed(own)) && any_native(other);
	else
		instead = !own && has(other, family == AF_INET ? AF_INET6 : AF_INET);
	/* The other family is the one that the rule leaves out. */
	if (action == (family == AF_INET ? RULES_IPV4 : RULES_IPV6))
		instead = false;
	if (other)
		freeaddrinfo(other);
	return instead;
}

static struct lookup *host_lookup(const char *name, int family)
{
	const struct addrinfo both = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

	if ((family != AF_INET && family != AF_INET6) || is_literal(name))
		return NULL;
	return lookup_start(name, NULL, &both);
}

/* Asked without a second look-up, because there is none: a number, or no thread. */
static bool literal_in6(const char *name, int family)
{
	return family == AF_INET && strchr(name, ':');
}

int resolve_host_r(const char *name, int family, struct hostent *entry, char *buffer, size_t size,
		   struct hostent **result, int *error)
{
	struct lookup *lookup = host_lookup(name, family);
	int status = real.gethostbyname2_r(name, family, entry, buffer, size, result, error), first = *error;
	bool instead, found = status == 0 && *result;

	if (lookup || !is_literal(name))
		instead = host_noted(name, family, found ? *result : NULL, lookup);
	else
		instead = !found && literal_in6(name, family);
	if (!instead || status == ERANGE)
		return status;
	status = host_otherwise(name, family, entry, buffer, size, result, error);
	if (status == ERANGE || (status == 0 && *result))
		return status;
	if (found)
		return real.gethostbyname2_r(name, family, entry, buffer, size, result, error);
	*error = first;
	return status;
}

/* The C library's own memory can't be had with other contents; this is another, of the same kind and as
 * little thread-safe (gethostbyname(3)). */
static struct hostent *host_from_here(const char *name, int family)
{
	static struct hostent entry;
	static char buffer[8192];
	struct hostent *result = NULL;
	int error;

	return host_otherwise(name, family, &entry, buffer, sizeof buffer, &result, &error) == 0 ? result
												 : NULL;
}

struct hostent *resolve_host(const char *name, int family)
{
	struct lookup *lookup = host_lookup(name, family);
	struct hostent *entry = real.gethostbyname2(name, family), *other;
	int error = h_errno;
	bool instead;

	if (lookup || !is_literal(name))
		instead = host_noted(name, family, entry, lookup);
	else
		instead = !entry && literal_in6(name, family);
	other = instead ? host_from_here(name, family) : NULL;
	if (other)
		return other;
	h_errno = error;
	return entry;
}

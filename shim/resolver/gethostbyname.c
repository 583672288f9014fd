#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/large.h"
#include "base/real.h"
#include "config/config.h"
#include "config/rule.h"
#include "resolver/answers.h"
#include "resolver/connect_rules.h"
#include "resolver/getaddrinfo.h"
#include "resolver/known_names.h"
#include "resolver/nat64_discovery.h"
#include "resolver/route.h"
#include "resolver/scope.h"
#include "resolver/second_question.h"

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

/* Leaves out of ENTRY, which may be NULL, what answers_of_others() does. Returns it, or NULL if that was all.
 */
static struct hostent *host_of_others(struct hostent *entry)
{
	char **to;

	if (!entry || entry->h_addrtype != AF_INET)
		return entry;
	to = entry->h_addr_list;
	for (char **addr = to; *addr; addr++) {
		struct in_addr in;

		memcpy(&in, *addr, sizeof in);
		if (!answers_taken(in))
			*to++ = *addr;
	}
	*to = NULL;
	return *entry->h_addr_list ? entry : NULL;
}

/* Makes the IPv6 answer ENTRY of NAME an IPv4 one, with what is given in the place of IPv6 addresses, in its
 * own memory. Returns it, or NULL if there is none. */
static struct hostent *host_as_in(const char *name, struct hostent *entry)
{
	char **to = entry->h_addr_list;

	for (char **addr = to; *addr; addr++) {
		struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
		struct sockaddr_in shown;

		memcpy(&in6.sin6_addr, *addr, sizeof in6.sin6_addr);
		if (scope_of(&in6.sin6_addr) == SCOPE_NOBODY)
			continue;
		shown = answers_shown(name, &in6);
		memcpy(*addr, &shown.sin_addr, sizeof shown.sin_addr);
		*to++ = *addr;
	}
	*to = NULL;
	entry->h_addrtype = AF_INET;
	entry->h_length = sizeof(struct in_addr);
	return *entry->h_addr_list ? entry : NULL;
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
			*result = host_as_in(name, *result);
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

/* Whether ERROR, where there is no answer, says that there is none to be had. */
static bool no_address(int error)
{
	return error == HOST_NOT_FOUND || error == NO_DATA;
}

/* Notes the answer OWN (NULL: none, because of ERROR) of the program's question. Returns whether the other
 * family is to be asked instead: the name has no address or, for AF_INET, no route to it. */
static bool host_noted(const char *name, int family, const struct hostent *own, int error,
		       struct lookup *lookup)
{
	enum rules_action action = connect_rules_name(name, 0, -1);
	struct names_list list = {.count = 0}, mine = {.count = 0};
	struct addrinfo *other;
	bool instead;

	if (own)
		add_host(&mine, own);
	other = answers_of_hosts(lookup_finish(lookup, !own, &mine));
	lookup_add(&list, other);
	for (uint32_t i = 0; i < mine.count; i++)
		names_add(&list, &mine.addresses[i].addr, mine.addresses[i].scope);
	names_note(name, &list);
	if (config.nat64_auto && own && family == AF_INET && !host_routed(own))
		nat64_discover();
	if (family == AF_INET && own)
		instead = (connect_rules_wants_in6(action) || !host_routed(own)) && answers_native(other);
	else
		instead =
		    !own && no_address(error) && answers_has(other, family == AF_INET ? AF_INET6 : AF_INET);
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

	if ((family != AF_INET && family != AF_INET6) || answers_literal(name))
		return NULL;
	return lookup_start(name, NULL, &both);
}

/* Asked without a second look-up, because there is none: a number, or no thread. */
static bool literal_in6(const char *name, int family)
{
	return family == AF_INET && strchr(name, ':');
}

static int host_really_r(const char *name, int family, struct hostent *entry, char *buffer, size_t size,
			 struct hostent **result, int *error)
{
	int status = real.gethostbyname2_r(name, family, entry, buffer, size, result, error);

	if (status == 0 && *result && !answers_literal(name) && !host_of_others(*result)) {
		*result = NULL;
		*error = HOST_NOT_FOUND;
	}
	return status;
}

int resolve_host_r(const char *name, int family, struct hostent *entry, char *buffer, size_t size,
		   struct hostent **result, int *error)
{
	struct lookup *lookup = host_lookup(name, family);
	int status = host_really_r(name, family, entry, buffer, size, result, error), first = *error;
	bool instead, found = status == 0 && *result;

	if (lookup || !answers_literal(name))
		instead = host_noted(name, family, found ? *result : NULL, first, lookup);
	else
		instead = !found && literal_in6(name, family);
	if (!instead || status == ERANGE)
		return status;
	status = host_otherwise(name, family, entry, buffer, size, result, error);
	if (status == ERANGE || (status == 0 && *result))
		return status;
	if (found)
		return host_really_r(name, family, entry, buffer, size, result, error);
	*error = first;
	return status;
}

/* The C library's own memory can't be had with other contents; this is another, of the same kind and as
 * little thread-safe (gethostbyname(3)). */
static struct hostent *host_from_here(const char *name, int family)
{
	static struct hostent entry;
	LARGE static char buffer[8192];
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

	if (entry && !answers_literal(name) && !host_of_others(entry)) {
		entry = NULL;
		error = HOST_NOT_FOUND;
	}
	if (lookup || !answers_literal(name))
		instead = host_noted(name, family, entry, error, lookup);
	else
		instead = !entry && literal_in6(name, family);
	other = instead ? host_from_here(name, family) : NULL;
	if (other)
		return other;
	h_errno = error;
	return entry;
}

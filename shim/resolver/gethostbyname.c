#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/large.h"
#include "base/real.h"
#include "config/config.h"
#include "config/rule.h"
#include "resolver/answers.h"
#include "resolver/bounded.h"
#include "resolver/connect_rules.h"
#include "resolver/getaddrinfo.h"
#include "resolver/known_names.h"
#include "resolver/nat64_discovery.h"
#include "resolver/route.h"
#include "resolver/scope.h"

/* musl has no name for it. */
#ifndef NETDB_INTERNAL
#define NETDB_INTERNAL (-1)
#endif

/* Adds the addresses of ENTRY, IPv4 ones V4MAPPED. */
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

/* Removes from ENTRY the addresses that answers_of_others() removes. Returns whether any is left. */
static bool host_of_others(struct hostent *entry)
{
	char **to;

	if (entry->h_addrtype != AF_INET)
		return true;
	to = entry->h_addr_list;
	for (char **addr = to; *addr; addr++) {
		struct in_addr in;

		memcpy(&in, *addr, sizeof in);
		if (!answers_taken(in))
			*to++ = *addr;
	}
	*to = NULL;
	return *entry->h_addr_list != NULL;
}

/* Turns ENTRY, the IPv6 answer for NAME, into an IPv4 one with the addresses that the program is given
 * instead, in place. Returns it, or NULL if there is none. */
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

/* Turns an IPv4 answer into V4MAPPED addresses, as many as fit into the SIZE bytes at SPACE. */
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
#define MAPPED_BYTES (NAMES_OF_FAMILY * sizeof(struct in6_addr))

static void note_host(const char *name, const struct hostent *own, const struct addrinfo *other)
{
	struct names_list list = {.count = 0};

	answers_add(&list, other);
	if (own)
		add_host(&list, own);
	names_note(name, &list);
}

/* Room for peers, and for the list of addresses with them, at the end of the caller's buffer. */
#define PEERS_BYTES (NAMES_OF_FAMILY * sizeof(struct in_addr) + 3 * NAMES_OF_FAMILY * sizeof(char *))

/* Adds to ENTRY the peers among the addresses of its name, which are in OTHER: as many as fit into the
 * PEERS_BYTES at SPACE. */
static void host_with_peers(struct hostent *entry, char *space, const struct addrinfo *other)
{
	struct in_addr peers[NAMES_OF_FAMILY];
	size_t added = answers_peers(other, peers, NAMES_OF_FAMILY), had = 0,
	       skip = -(uintptr_t)space % sizeof(char *);
	char **list = (char **)(void *)(space + skip + sizeof peers);

	for (; had < 2 * NAMES_OF_FAMILY - 2 && entry->h_addr_list[had]; had++)
		list[had] = entry->h_addr_list[had];
	for (size_t i = 0; i < added; i++)
		list[had + i] = memcpy(space + skip + i * sizeof *peers, &peers[i], sizeof *peers);
	list[had + added] = NULL;
	entry->h_addr_list = list;
}

/* The result of gethostbyname2_r() if the buffer is too small (gethostbyname(3)). */
static int too_small(struct hostent **result, int *error)
{
	*result = NULL;
	*error = NETDB_INTERNAL;
	errno = ERANGE;
	return ERANGE;
}

/* Asks for NAME in the other family than FAMILY, which gave no answer, and notes the answer. */
static int host_otherwise(const char *name, int family, struct hostent *entry, char *buffer, size_t size,
			  struct hostent **result, int *error)
{
	int status;

	if (family == AF_INET) {
		status = bounded_gethostbyname6_r(name, entry, buffer, size, result, error);
		if (status != 0 || !*result)
			return status;
		note_host(name, *result, NULL);
		*result = host_as_in(name, *result);
		return status;
	}
	if (size < MAPPED_BYTES)
		return too_small(result, error);
	size -= MAPPED_BYTES;
	status = real.gethostbyname2_r(name, AF_INET, entry, buffer, size, result, error);
	if (status != 0 || !*result)
		return status;
	note_host(name, *result, NULL);
	host_as_in6(*result, buffer + size, MAPPED_BYTES);
	return status;
}

/* The addresses of the other family of the host in OWN, the answer for NAME; NULL: none. hosts(5) may have
 * another canonical name for each family; a search list leads to a name that is neither. */
static struct addrinfo *others_of(const char *name, const struct hostent *own)
{
	const struct addrinfo hints = {.ai_family = own->h_addrtype == AF_INET ? AF_INET6 : AF_INET,
				       .ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_CANONNAME};
	struct addrinfo *other;
	const char *canonical;

	if (!bounded_allowed() || bounded_getaddrinfo(name, NULL, &hints, &other) != 0)
		return NULL;
	canonical = other->ai_canonname ? other->ai_canonname : name;
	if (strcasecmp(canonical, own->h_name) == 0 || strcasecmp(canonical, name) == 0)
		return answers_of_hosts(other);
	freeaddrinfo(other);
	return NULL;
}

/* The program gets the answer to its own question, the same with the peers among the name's addresses, or the
 * answer in the other family. */
enum outcome { OWN, WITH_PEERS, OTHERWISE };

/* The outcome for NAME, whose answer is OWN: OTHERWISE if its own addresses have no route, or a rule says so.
 */
static enum outcome host_found(const char *name, int family, const struct hostent *own)
{
	enum rules_action action = connect_rules_name(name, 0, -1);
	struct addrinfo *other = others_of(name, own);
	bool routed = family != AF_INET || host_routed(own);
	enum outcome result = OWN;
	struct in_addr peer;

	note_host(name, own, other);
	if (!routed && config.nat64_auto)
		nat64_discover();
	if (family == AF_INET && answers_peers(other, &peer, 1))
		result = WITH_PEERS;
	if (family == AF_INET && action != RULES_IPV4 && (connect_rules_wants_in6(action) || !routed) &&
	    answers_native(other))
		result = OTHERWISE;
	if (other)
		freeaddrinfo(other);
	return result;
}

/* Whether to ask in the other family after a question in FAMILY that failed with ERROR. */
static bool host_missing(const char *name, int family, int error)
{
	enum rules_action action = connect_rules_name(name, 0, -1);

	/* The name may be in hosts(5) in the other family only while no name server answers. */
	return (error == HOST_NOT_FOUND || error == NO_DATA || error == TRY_AGAIN) && bounded_allowed() &&
	       action != (family == AF_INET ? RULES_IPV4 : RULES_IPV6);
}

/* The outcome for ENTRY (NULL: none, because of ERROR), the answer for NAME in FAMILY. A number stays what it
 * is, as programs use this function to find its family, unless a rule says that they connect to it. */
static enum outcome host_outcome(const char *name, int family, const struct hostent *entry, int error)
{
	if ((family != AF_INET && family != AF_INET6) || answers_literal(name)) {
		struct names_list list = {.count = 0};

		if (entry)
			add_host(&list, entry);
		if (list.count)
			names_note_number(&list.addresses[0]);
		return !entry && family == AF_INET && config.literals == RULES_ON && strchr(name, ':')
			   ? OTHERWISE
			   : OWN;
	}
	if (entry)
		return host_found(name, family, entry);
	return host_missing(name, family, error) ? OTHERWISE : OWN;
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

/* Makes the answer for OUTCOME, which is not OWN. */
static int host_by(enum outcome outcome, const char *name, int family, struct hostent *entry, char *buffer,
		   size_t size, struct hostent **result, int *error)
{
	struct addrinfo *other;
	int status;

	if (outcome == OTHERWISE)
		return host_otherwise(name, family, entry, buffer, size, result, error);
	if (size < PEERS_BYTES)
		return too_small(result, error);
	*result = NULL;
	size -= PEERS_BYTES;
	status = host_really_r(name, family, entry, buffer, size, result, error);
	if (status != 0 || !*result)
		return status;
	other = others_of(name, *result);
	host_with_peers(*result, buffer + size, other);
	if (other)
		freeaddrinfo(other);
	return status;
}

int resolve_host_r(const char *name, int family, struct hostent *entry, char *buffer, size_t size,
		   struct hostent **result, int *error)
{
	int own = host_really_r(name, family, entry, buffer, size, result, error), status = own;
	int first = *error, saved = errno;
	bool found = status == 0 && *result;
	enum outcome outcome =
	    status == ERANGE ? OWN : host_outcome(name, family, found ? *result : NULL, first);

	if (outcome == OWN)
		return status;
	status = host_by(outcome, name, family, entry, buffer, size, result, error);
	if (status == ERANGE || (status == 0 && *result))
		return status;
	if (found)
		return host_really_r(name, family, entry, buffer, size, result, error);
	*error = first;
	errno = saved;
	return own;
}

struct hostent *resolve_host(const char *name, int family)
{
	/* The C library's own memory can't be changed. This memory replaces it, and is not thread-safe either
	 * (gethostbyname(3)). */
	static struct hostent other;
	LARGE static char buffer[8192];
	struct hostent *entry = real.gethostbyname2(name, family), *result = NULL;
	int error = h_errno, ignored;
	enum outcome outcome;

	if (entry && !answers_literal(name) && !host_of_others(entry)) {
		entry = NULL;
		error = HOST_NOT_FOUND;
	}
	outcome = host_outcome(name, family, entry, error);
	if (outcome != OWN &&
	    host_by(outcome, name, family, &other, buffer, sizeof buffer, &result, &ignored) == 0 && result)
		return result;
	h_errno = error;
	return entry;
}

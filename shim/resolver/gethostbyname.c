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
#include "resolver/connect_rules.h"
#include "resolver/getaddrinfo.h"
#include "resolver/known_names.h"
#include "resolver/nat64_discovery.h"
#include "resolver/question.h"
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

/* Room at the end of the caller's buffer: for peers, or V4MAPPED addresses, and a list with them. */
enum { LISTED = 3 * NAMES_OF_FAMILY };
#define SPARE_BYTES (NAMES_OF_FAMILY * sizeof(struct in6_addr) + (LISTED + 1) * sizeof(char *))

/* Adds to ENTRY the COUNT addresses at MORE, of its length. SPARE has SPARE_BYTES. */
static void host_add(struct hostent *entry, const void *more, size_t count, char *spare)
{
	const size_t length = (size_t)entry->h_length;
	char **list = (char **)(void *)(spare + -(uintptr_t)spare % sizeof(char *));
	char *bytes = memcpy(list + LISTED, more, count * length);
	size_t had = 0;

	for (; had < LISTED - 1 - count && entry->h_addr_list[had]; had++)
		list[had] = entry->h_addr_list[had];
	for (size_t i = 0; i < count; i++)
		list[had + i] = bytes + i * length;
	list[had + count] = NULL;
	entry->h_addr_list = list;
}

/* Turns ENTRY, an IPv4 answer, into one with the V4MAPPED addresses in LIST. */
static struct hostent *host_as_in6(struct hostent *entry, const struct names_list *list, char *spare)
{
	struct in6_addr mapped[NAMES_OF_FAMILY] = {IN6ADDR_ANY_INIT};

	for (uint32_t i = 0; i < list->count; i++)
		mapped[i] = list->addresses[i].addr;
	entry->h_addrtype = AF_INET6;
	entry->h_length = sizeof *mapped;
	*entry->h_addr_list = NULL;
	host_add(entry, mapped, list->count, spare);
	return list->count ? entry : NULL;
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

	if (!question_allowed() || question_briefly(name, NULL, &hints, &other) != 0)
		return NULL;
	canonical = other->ai_canonname ? other->ai_canonname : name;
	if (strcasecmp(canonical, own->h_name) == 0 || strcasecmp(canonical, name) == 0)
		return answers_of_hosts(other);
	freeaddrinfo(other);
	return NULL;
}

/* The program gets the answer to its own question, the same with the PEERS among the name's addresses, or the
 * answer in the other family. */
struct outcome {
	enum { OWN, WITH_PEERS, OTHERWISE } kind;
	struct in_addr peers[NAMES_OF_FAMILY];
	size_t count;
};

/* The outcome for NAME, whose answer is OWN: OTHERWISE if its own addresses have no route, or a rule says so.
 */
static void host_found(const char *name, int family, const struct hostent *own, struct outcome *outcome)
{
	enum rules_action action = connect_rules_name(name, 0, -1);
	struct addrinfo *other = others_of(name, own);
	struct names_list list = {.count = 0};
	bool unrouted;

	answers_add(&list, other);
	add_host(&list, own);
	names_note(name, &list);
	unrouted = family == AF_INET && answers_unrouted(&list);
	if (unrouted && config.settings.nat64_found)
		nat64_discover();
	outcome->count = family == AF_INET ? answers_peers(other, outcome->peers, NAMES_OF_FAMILY) : 0;
	if (family == AF_INET && action != RULES_IPV4 && (connect_rules_wants_in6(action) || unrouted) &&
	    answers_native(other))
		outcome->kind = OTHERWISE;
	else if (outcome->count)
		outcome->kind = WITH_PEERS;
	if (other)
		freeaddrinfo(other);
}

/* Whether to ask in the other family after a question in FAMILY that failed with ERROR. */
static bool host_missing(const char *name, int family, int error)
{
	enum rules_action action = connect_rules_name(name, 0, -1);

	/* The name may be in hosts(5) in the other family only while no name server answers. */
	return (error == HOST_NOT_FOUND || error == NO_DATA || error == TRY_AGAIN) && question_allowed() &&
	       action != (family == AF_INET ? RULES_IPV4 : RULES_IPV6);
}

/* The outcome for ENTRY (NULL: none, because of ERROR), the answer for NAME in FAMILY. A number stays what it
 * is, as programs use this function to find its family, unless a rule says that they connect to it. */
static void host_outcome(const char *name, int family, const struct hostent *entry, int error,
			 struct outcome *outcome)
{
	outcome->kind = OWN;
	if ((family != AF_INET && family != AF_INET6) || answers_literal(name)) {
		struct names_list list = {.count = 0};

		if (entry)
			add_host(&list, entry);
		if (list.count)
			names_note_number(&list.addresses[0]);
		if (!entry && family == AF_INET && config.literals == RULES_ON && strchr(name, ':'))
			outcome->kind = OTHERWISE;
	} else if (entry)
		host_found(name, family, entry, outcome);
	else if (host_missing(name, family, error))
		outcome->kind = OTHERWISE;
}

/* For AF_INET the older functions, as other preload libraries (torsocks, proxychains) have no newer ones. */
static struct hostent *ask(const char *name, int family)
{
	return family == AF_INET ? real.gethostbyname(name) : real.gethostbyname2(name, family);
}

static int ask_r(const char *name, int family, struct hostent *entry, char *buffer, size_t size,
		 struct hostent **result, int *error)
{
	return family == AF_INET ? real.gethostbyname_r(name, entry, buffer, size, result, error)
				 : real.gethostbyname2_r(name, family, entry, buffer, size, result, error);
}

static int host_really_r(const char *name, int family, struct hostent *entry, char *buffer, size_t size,
			 struct hostent **result, int *error)
{
	int status = ask_r(name, family, entry, buffer, size, result, error);

	if (status == 0 && *result && !answers_literal(name) && !host_of_others(*result)) {
		*result = NULL;
		*error = HOST_NOT_FOUND;
	}
	return status;
}

/* Makes the answer for OUTCOME, which is not OWN. */
static int host_by(const struct outcome *outcome, const char *name, int family, struct hostent *entry,
		   char *buffer, size_t size, struct hostent **result, int *error)
{
	/* IPv6 addresses are turned into IPv4 ones in place. */
	const size_t spare = outcome->kind == OTHERWISE && family == AF_INET ? 0 : SPARE_BYTES;
	struct names_list list = {.count = 0};
	const bool fits = size >= spare;
	int status;

	*result = NULL;
	size -= fits ? spare : 0;
	if (outcome->kind == WITH_PEERS)
		status = host_really_r(name, family, entry, buffer, size, result, error);
	else if (family == AF_INET)
		status = question_briefly6_r(name, entry, buffer, size, result, error);
	else
		status = ask_r(name, AF_INET, entry, buffer, size, result, error);
	if (status != 0 || !*result)
		return status;
	if (!fits) {
		/* As gethostbyname(3). */
		*result = NULL;
		*error = NETDB_INTERNAL;
		errno = ERANGE;
		return ERANGE;
	}
	if (outcome->kind == WITH_PEERS) {
		host_add(*result, outcome->peers, outcome->count, buffer + size);
		return status;
	}
	add_host(&list, *result);
	if (family == AF_INET6)
		*result = host_as_in6(*result, &list, buffer + size);
	names_note(name, &list);
	if (family == AF_INET)
		*result = host_as_in(name, *result);
	return status;
}

int resolve_host_r(const char *name, int family, struct hostent *entry, char *buffer, size_t size,
		   struct hostent **result, int *error)
{
	int own = host_really_r(name, family, entry, buffer, size, result, error), status;
	int first = *error, saved = errno;
	bool found = own == 0 && *result;
	struct outcome outcome;

	if (own == ERANGE)
		return own;
	host_outcome(name, family, found ? *result : NULL, first, &outcome);
	if (outcome.kind == OWN)
		return own;
	status = host_by(&outcome, name, family, entry, buffer, size, result, error);
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
	struct hostent *entry = ask(name, family), *result = NULL;
	int error = h_errno, ignored;
	struct outcome outcome;

	if (entry && !answers_literal(name) && !host_of_others(entry)) {
		entry = NULL;
		error = HOST_NOT_FOUND;
	}
	host_outcome(name, family, entry, error, &outcome);
	if (outcome.kind != OWN &&
	    host_by(&outcome, name, family, &other, buffer, sizeof buffer, &result, &ignored) == 0 && result)
		return result;
	h_errno = error;
	return entry;
}

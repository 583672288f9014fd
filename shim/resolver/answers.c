#define _GNU_SOURCE
#include "resolver/answers.h"

#include <netinet/in.h>
#include <string.h>

#include "address/translate.h"
#include "base/log.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "resolver/nat64.h"
#include "resolver/route.h"
#include "resolver/scope.h"
#include "socket/mark.h"

/* Whether ONE is an IPv6 address, which goes to IN6. */
static bool is_in6(const struct addrinfo *one, struct sockaddr_in6 *in6)
{
	if (one->ai_family != AF_INET6)
		return false;
	memcpy(in6, one->ai_addr, sizeof *in6);
	return true;
}

bool answers_literal(const char *node)
{
	struct in_addr in;

	return strchr(node, ':') || real.inet_aton(node, &in);
}

bool answers_unrouted(const struct names_list *list)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(9)};
	bool any = false;

	for (uint32_t i = 0; i < list->count; i++) {
		if (!IN6_IS_ADDR_V4MAPPED(&list->addresses[i].addr))
			continue;
		in.sin_addr.s_addr = list->addresses[i].addr.s6_addr32[3];
		if (route_known((const struct sockaddr *)&in, sizeof in))
			return false;
		any = true;
	}
	return any;
}

bool answers_native(const struct addrinfo *list)
{
	struct sockaddr_in6 in6;
	in_addr_t in;

	for (; list; list = list->ai_next)
		if (is_in6(list, &in6) && !nat64_inside(&in6.sin6_addr, &in) &&
		    route_known(list->ai_addr, list->ai_addrlen))
			return true;
	return false;
}

bool answers_has(const struct addrinfo *list, int family)
{
	while (list && list->ai_family != family)
		list = list->ai_next;
	return list != NULL;
}

bool answers_twofold(const struct addrinfo *list)
{
	struct sockaddr_in6 in6;

	for (; list; list = list->ai_next)
		if (is_in6(list, &in6) &&
		    (IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) || IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)))
			return true;
	return false;
}

void answers_add(struct names_list *list, const struct addrinfo *answer)
{
	for (; answer; answer = answer->ai_next) {
		struct sockaddr_in6 in6;
		struct sockaddr_in in;
		struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

		if (is_in6(answer, &in6)) {
			names_add(list, &in6.sin6_addr, in6.sin6_scope_id);
		} else if (answer->ai_family == AF_INET) {
			memcpy(&in, answer->ai_addr, sizeof in);
			mapped.s6_addr32[3] = in.sin_addr.s_addr;
			names_add(list, &mapped, 0);
		}
	}
}

/* Takes those that are WANTED out of *LIST and returns them, with the canonical name if there are any. */
static struct addrinfo *take(struct addrinfo **list, bool (*wanted)(const struct addrinfo *one, int family),
			     int family)
{
	struct addrinfo *first = NULL, **end = &first, **left = list;
	char *canonical = *list ? (*list)->ai_canonname : NULL;

	if (*list)
		(*list)->ai_canonname = NULL;
	while (*left) {
		struct addrinfo *one = *left;

		if (!wanted(one, family)) {
			left = &one->ai_next;
			continue;
		}
		*left = one->ai_next;
		one->ai_next = NULL;
		*end = one;
		end = &one->ai_next;
	}
	if (first)
		first->ai_canonname = canonical;
	else if (*list)
		(*list)->ai_canonname = canonical;
	return first;
}

static bool is_of(const struct addrinfo *one, int family)
{
	return one->ai_family == family;
}

struct addrinfo *answers_take(struct addrinfo **list, int family)
{
	return take(list, is_of, family);
}

bool answers_taken(struct in_addr in)
{
	const struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = in};
	struct sockaddr_in6 in6;

	return translate_synthetic((const struct sockaddr *)&addr, sizeof addr, &in6) ||
	       translate_forgotten((const struct sockaddr *)&addr, sizeof addr);
}

static bool is_hosts(const struct addrinfo *one, int family)
{
	struct sockaddr_in6 in6;

	(void)family;
	return !is_in6(one, &in6) || scope_of(&in6.sin6_addr) != SCOPE_NOBODY;
}

static bool is_others(const struct addrinfo *one, int family)
{
	struct sockaddr_in in;

	(void)family;
	if (one->ai_family != AF_INET)
		return true;
	memcpy(&in, one->ai_addr, sizeof in);
	return !answers_taken(in.sin_addr);
}

static struct addrinfo *only(struct addrinfo *list, bool (*wanted)(const struct addrinfo *one, int family))
{
	struct addrinfo *kept = take(&list, wanted, AF_UNSPEC);

	if (list)
		freeaddrinfo(list);
	return kept;
}

struct addrinfo *answers_of_hosts(struct addrinfo *list)
{
	return only(list, is_hosts);
}

struct addrinfo *answers_of_others(struct addrinfo *list)
{
	return only(list, is_others);
}

static void note_loopback(const char *node)
{
	const struct in6_addr mapped = sockaddr_mapped(htonl(INADDR_LOOPBACK));
	struct names_list list;

	if (!names_known(node, &list))
		list = (struct names_list){.count = 0};
	names_add(&list, &mapped, 0);
	names_add(&list, &in6addr_loopback, 0);
	names_note(node, &list);
}

struct sockaddr_in answers_shown(const char *node, const struct sockaddr_in6 *in6)
{
	bool loopback = IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	bool known = loopback || !log_wants(LOG_LEVEL_INFO) || translate_known(in6);
	struct sockaddr_in shown = {
	    .sin_family = AF_INET, .sin_port = in6->sin6_port, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	char text[SOCKADDR_TEXT], as[SOCKADDR_TEXT];

	if (loopback) {
		note_loopback(node);
	} else {
		shown = translate_shown(in6, MARK_STREAM);
		/* Must precede any send to the address, which widens the socket: no other thread may then be
		 * about to receive from it into the program's own buffer. */
		mark_expect();
	}
	if (!known)
		log_line(LOG_LEVEL_INFO, "%s is given to the program as %s",
			 sockaddr_text((const struct sockaddr *)in6, text),
			 sockaddr_text((const struct sockaddr *)&shown, as));
	return shown;
}

struct addrinfo *answers_as_in(const char *node, struct addrinfo *list)
{
	for (struct addrinfo *one = list; one; one = one->ai_next) {
		struct sockaddr_in6 in6;
		struct sockaddr_in shown;

		memcpy(&in6, one->ai_addr, sizeof in6);
		shown = answers_shown(node, &in6);
		memcpy(one->ai_addr, &shown, sizeof shown);
		one->ai_family = AF_INET;
		one->ai_addrlen = sizeof shown;
	}
	return list;
}

size_t answers_peers(const struct addrinfo *list, struct in_addr *shown, size_t most)
{
	size_t count = 0;

	for (; list && mark_serves() && count < most; list = list->ai_next) {
		struct sockaddr_in6 in6;

		if (is_in6(list, &in6) && translate_known(&in6) &&
		    !(count && shown[count - 1].s_addr == translate_shown(&in6, MARK_STREAM).sin_addr.s_addr))
			shown[count++] = translate_shown(&in6, MARK_STREAM).sin_addr;
	}
	return count;
}

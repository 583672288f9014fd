#define _GNU_SOURCE
#include "answers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "log.h"
#include "nat64.h"
#include "route.h"
#include "view.h"

bool answers_routed(const struct addrinfo *list, int family)
{
	for (; list; list = list->ai_next)
		if (list->ai_family == family && route_known(list->ai_addr, list->ai_addrlen))
			return true;
	return false;
}

bool answers_native(const struct addrinfo *list)
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

bool answers_has(const struct addrinfo *list, int family)
{
	while (list && list->ai_family != family)
		list = list->ai_next;
	return list != NULL;
}

struct sockaddr_in answers_shown(const struct sockaddr_in6 *real)
{
	bool known = !log_wants(LOG_LEVEL_INFO) || view_known(real);
	struct sockaddr_in shown = view_shown(real, MARK_DATAGRAM);
	char text[VIEW_TEXT], as[VIEW_TEXT];

	if (!known)
		log_line(LOG_LEVEL_INFO, "%s is given to the program as %s",
			 view_text((const struct sockaddr *)real, text),
			 view_text((const struct sockaddr *)&shown, as));
	return shown;
}

bool answers_literal(const char *node)
{
	struct in_addr in;

	return strchr(node, ':') || inet_aton(node, &in);
}

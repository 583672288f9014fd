#define _GNU_SOURCE
#include "answers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "nat64.h"
#include "route.h"

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

bool answers_literal(const char *node)
{
	struct in_addr in;

	return strchr(node, ':') || inet_aton(node, &in);
}

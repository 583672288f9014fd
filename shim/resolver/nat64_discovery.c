#define _GNU_SOURCE
#include "resolver/nat64_discovery.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "config/nat64_prefix.h"
#include "resolver/nat64.h"

/* Seconds. RFC 7050, 3, asks for the TTL, which the resolver does not tell. */
enum { AGAIN = 60, GOOD = 600 };

static void take(const struct addrinfo *list)
{
	for (; list; list = list->ai_next) {
		struct nat64_prefix prefix;
		struct sockaddr_in6 in6;
		char text[SOCKADDR_TEXT];

		if (list->ai_family != AF_INET6)
			continue;
		memcpy(&in6, list->ai_addr, sizeof in6);
		if (!nat64_learn(&in6.sin6_addr, &prefix))
			continue;
		nat64_set(&prefix);
		log_line(LOG_LEVEL_INFO,
			 "IPv4 addresses without a route are reached by NAT64: ipv4only.arpa is %s, prefix "
			 "length %u",
			 sockaddr_text((const struct sockaddr *)&in6, text), prefix.bits);
		return;
	}
}

void nat64_discover(void)
{
	static _Atomic unsigned last;
	const struct addrinfo hints = {.ai_family = AF_INET6, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list;
	unsigned now = (unsigned)(clock_ms() / 1000) + 1, before = atomic_load(&last);
	int saved = errno;

	if (before && now - before < (unsigned)(nat64_now() ? GOOD : AGAIN))
		return;
	/* Only one thread asks. */
	if (!atomic_compare_exchange_strong(&last, &before, now))
		return;
	if (real.getaddrinfo("ipv4only.arpa", NULL, &hints, &list) == 0) {
		take(list);
		freeaddrinfo(list);
	}
	errno = saved;
}

/* The names to which storms connect. A server host has all their addresses: packets to 2001:db8:1KIND::/48
 * and 100.64.KIND.0/24 are answered, refused, lost, or one of these at random. */
#ifndef TESTS_STORM_NAMES_H
#define TESTS_STORM_NAMES_H

#include "storm.h"

#include <netdb.h>
#include <poll.h>
#include <stdbool.h>

enum { STORM_NAMES = 240, STORM_ADDRESSES = 4 };
enum storm_kind { NONE, ANSWERS, REFUSES, SILENT, CHANCE };

/* A name's IPv6 and IPv4 addresses, and how a connect may end; PATIENCE: only after seconds. */
static const struct storm_sort {
	const char *name;
	enum storm_kind in6[3], in;
	bool connects, patience;
	int errors[2];
} storm_sorts[] = {
    {"mixed", {SILENT, CHANCE, REFUSES}, ANSWERS, true, false, {0}},
    {"dead", {REFUSES, REFUSES}, REFUSES, false, false, {ECONNREFUSED}},
    {"chance", {CHANCE, CHANCE, CHANCE}, CHANCE, true, false, {ECONNREFUSED, ETIMEDOUT}},
    {"late", {SILENT}, REFUSES, false, true, {ECONNREFUSED}},
    {"six", {SILENT, ANSWERS}, NONE, true, false, {0}},
    {"mute", {SILENT, SILENT}, SILENT, false, true, {ETIMEDOUT}},
};
enum { STORM_SORTS = sizeof storm_sorts / sizeof *storm_sorts };

/* The name number N, from 1 on. */
static inline const struct storm_sort *storm_sort(int n)
{
	return &storm_sorts[n % STORM_SORTS];
}

/* Its address number I as text; false: there is none. */
static inline bool storm_address(int n, int i, char *text)
{
	const struct storm_sort *sort = storm_sort(n);
	enum storm_kind kind = i < 3 ? sort->in6[i] : sort->in;

	if (kind == NONE)
		return false;
	if (i < 3)
		snprintf(text, INET6_ADDRSTRLEN, "2001:db8:1%d::%x:%x", kind, n, i + 1);
	else
		snprintf(text, INET6_ADDRSTRLEN, "100.64.%d.%d", kind, n);
	return true;
}

/* Whether ADDRESS is one of them. */
static inline bool storm_has(int n, const char *address)
{
	char text[INET6_ADDRSTRLEN];

	for (int i = 0; i < STORM_ADDRESSES; i++)
		if (storm_address(n, i, text) && strcmp(text, address) == 0)
			return true;
	return false;
}

/* A random name, seldom one for whose end one has to wait. */
static inline int storm_any_name(void)
{
	int n = (int)storm_chance(STORM_NAMES) + 1;

	while (storm_sort(n)->patience && storm_chance(20))
		n = (int)storm_chance(STORM_NAMES) + 1;
	return n;
}

/* The first IPv4 address that the resolver gives for it. On a busy machine, the other family's addresses can
 * come too late; then nobody waits for them for a minute (dualstack(7)). */
static inline void storm_look_up(int n, struct sockaddr_in *to)
{
	const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char name[32];

	snprintf(name, sizeof name, "%s%d.storm", storm_sort(n)->name, n);
	for (int i = 0; i < 90 && getaddrinfo(name, "7000", &hints, &list) != 0; i++) {
		storm_step("looking up a name once more");
		poll(NULL, 0, 1000);
	}
	if (!list)
		die(name);
	memcpy(to, list->ai_addr, sizeof *to);
	freeaddrinfo(list);
}

static inline bool storm_error_is_right(int n, int error)
{
	return error && (storm_sort(n)->errors[0] == error || storm_sort(n)->errors[1] == error);
}

/* Whether FD is connected to ANSWER, the address that the server told, and the name has that address. */
static inline bool storm_peer_is_right(int n, int fd, const char *answer)
{
	char text[INET6_ADDRSTRLEN] = "";
	union address peer;
	socklen_t len = sizeof peer;

	return storm_sort(n)->connects && getpeername(fd, &peer.any, &len) == 0 &&
	       peer.any.sa_family == AF_INET && inet_ntop(AF_INET, &peer.in.sin_addr, text, sizeof text) &&
	       strcmp(text, answer) == 0 && storm_has(n, answer);
}

#endif

/* What the resolver says, for a program that asked for one family only (RFC 6535, 2.3.1; RFC 3493, 6.1).
 * Functions for the hooks of the resolver: not async-signal-safe, as the resolver is not. errno is the
 * resolver's. */
#ifndef DUALSTACK_NAMES_H
#define DUALSTACK_NAMES_H

#include <netdb.h>
#include <stdbool.h>

/* getaddrinfo(). Asked for AF_INET, a name or literal that has IPv6 addresses only, or IPv4 addresses to
 * which there is no route and IPv6 ones to which there is, yields synthetic addresses in their place. Asked
 * for AF_INET6, a name that has IPv4 addresses only yields V4MAPPED ones. With AI_NUMERICHOST or AI_PASSIVE,
 * and else, and in form and error code, what the real one gives; freeaddrinfo() takes it. */
int names_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		      struct addrinfo **result);

/* Whether an answer of gethostbyname() is to be asked for again in AF_INET6: there is none (ENTRY is NULL and
 * ERROR its h_errno), or no route to it. */
bool names_ask_in6(const struct hostent *entry, int error);

/* Whether there is a route to one of ENTRY's addresses. */
bool names_routed(const struct hostent *entry);

/* Makes the IPv6 answer ENTRY an IPv4 one, with synthetic addresses, in its own memory. */
void names_as_in(struct hostent *entry);

#endif

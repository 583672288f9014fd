/* What the resolver says, for a program that asked for one family only (RFC 6535, 2.3.1; RFC 3493, 6.1), and
 * noting it (known_names.h). Functions for the hooks of the resolver: not async-signal-safe, as the resolver
 * is not. errno is the resolver's. */
#ifndef DUALSTACK_RESOLVE_H
#define DUALSTACK_RESOLVE_H

#include <netdb.h>
#include <stddef.h>

/* getaddrinfo(). Asked for AF_INET, a name or literal that has IPv6 addresses only, or IPv4 addresses to
 * which there is no route and IPv6 ones to which there is, yields synthetic addresses in their place; where
 * it has no IPv6 address now, but had within NAMES_LIFE, so do those. Asked for AF_INET6, a name that has
 * IPv4 addresses only yields V4MAPPED ones. With AI_NUMERICHOST or AI_PASSIVE, and else, and in form and
 * error code, what the real one gives; freeaddrinfo() takes it. */
int resolve_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
			struct addrinfo **result);

/* gethostbyname2(), in the same way. */
struct hostent *resolve_host(const char *name, int family);

/* gethostbyname2_r(). */
int resolve_host_r(const char *name, int family, struct hostent *entry, char *buffer, size_t size,
		   struct hostent **result, int *error);

#endif

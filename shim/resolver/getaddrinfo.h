/* The resolver's answers for programs that ask for one family only (RFC 6535, 2.3.1; RFC 3493, 6.1). Each
 * answer is noted (known_names.h). Not async-signal-safe, as the resolver is not. errno is the resolver's. */
#ifndef DUALSTACK_RESOLVE_H
#define DUALSTACK_RESOLVE_H

#include <netdb.h>
#include <stddef.h>

/* getaddrinfo(). If asked for AF_INET, it gives synthetic addresses for a name or literal that has only IPv6
 * addresses, or only IPv6 addresses with a route; if the name has none now, but had some within NAMES_LIFE,
 * it gives those. If asked for AF_INET6, it gives V4MAPPED addresses for a name that has only IPv4 ones, but
 * not with AI_PASSIVE. In all other cases the answer is the real one, also for a literal with AI_NUMERICHOST
 * or AI_PASSIVE. Its form and error code always are; freeaddrinfo() takes it. */
int resolve_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
			struct addrinfo **result);

/* gethostbyname2(), in the same way. */
struct hostent *resolve_host(const char *name, int family);

/* gethostbyname2_r(). */
int resolve_host_r(const char *name, int family, struct hostent *entry, char *buffer, size_t size,
		   struct hostent **result, int *error);

#endif

/* A question to the resolver that does not wait for long. Not async-signal-safe, as the resolver is not. */
#ifndef DUALSTACK_BOUNDED_H
#define DUALSTACK_BOUNDED_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	BOUNDED_PATIENCE = 1, /* s for a name server's answer to each family */
	BOUNDED_RESPITE = 60, /* s without such questions after one was not answered in time */
};

/* Whether such a question may be asked now. */
bool bounded_allowed(void);

/* Whether a search list may turn NAME into another name (resolv.conf(5)), if it has no address of a family.
 * To be called after a question. */
bool bounded_searches(const char *name);

/* getaddrinfo() that asks each name server once, and waits one second for it. The respite begins if no answer
 * came in time, or one without IPv6 addresses took as long. With glibc from 2.34 on; elsewhere it waits as
 * ever. errno is the resolver's. */
int bounded_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
			struct addrinfo **result);

/* gethostbyname2_r() for IPv6 addresses, likewise. */
int bounded_gethostbyname6_r(const char *name, struct hostent *entry, char *buffer, size_t size,
			     struct hostent **result, int *error);

#endif

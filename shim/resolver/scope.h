/* How far an address reaches: what a program that looks at the address which it was given for a name, and
 * refuses those of its own host or network, wants to know. Pure, async-signal-safe. */
#ifndef DUALSTACK_SCOPE_H
#define DUALSTACK_SCOPE_H

#include <netinet/in.h>
#include <stdbool.h>

/* From near to far. Nobody's are the unspecified address, multicast and broadcast ones, and IPv4-compatible
 * ones (RFC 4291, 2.5.5.1, deprecated). */
enum scope { SCOPE_NOBODY, SCOPE_HOST, SCOPE_LINK, SCOPE_PRIVATE, SCOPE_GLOBAL };

/* That of ADDR, an IPv6 address or an IPv4 one V4MAPPED; of an IPv6 address that is there to reach an IPv4
 * one, that of the latter. */
enum scope scope_of(const struct in6_addr *addr);

/* Whether a program that was let go to ASKED may be taken to OTHER instead: not to what is nearer, and from
 * an address of its own host to no other one. */
bool scope_permits(const struct in6_addr *asked, const struct in6_addr *other);

#endif

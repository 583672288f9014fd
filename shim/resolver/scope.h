/* How far an address reaches. A program may look at the address of a name, and refuse those of its own host
 * or network; the library must not lead it there. Pure, async-signal-safe. */
#ifndef DUALSTACK_SCOPE_H
#define DUALSTACK_SCOPE_H

#include <netinet/in.h>
#include <stdbool.h>

/* From near to far. The unspecified address, multicast, broadcast and IPv4-compatible addresses (RFC 4291,
 * 2.5.5.1, deprecated) belong to nobody. */
enum scope { SCOPE_NOBODY, SCOPE_HOST, SCOPE_LINK, SCOPE_PRIVATE, SCOPE_GLOBAL };

/* The scope of ADDR, an IPv6 address or an IPv4 one V4MAPPED. An IPv6 address that serves to reach an IPv4
 * address has the scope of that. */
enum scope scope_of(const struct in6_addr *addr);

/* Whether a program that may connect to ASKED may be taken to OTHER instead. OTHER must not be nearer; and if
 * ASKED is of the program's own host, OTHER must be, too. */
bool scope_permits(const struct in6_addr *asked, const struct in6_addr *other);

#endif

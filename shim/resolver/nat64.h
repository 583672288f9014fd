/* NAT64: reaching IPv4 addresses from a host without an IPv4 route, through a translator in the network
 * (RFC 6146), by IPv6 addresses that have them in it (RFC 6052). The translator's prefix is configured, or
 * found out by the name ipv4only.arpa (RFC 7050).
 *
 * All of it is async-signal-safe, callable from any thread, and leaves errno alone; nothing is sent. */
#ifndef DUALSTACK_NAT64_H
#define DUALSTACK_NAT64_H

#include <netinet/in.h>
#include <stdbool.h>

#include "config/nat64_prefix.h"

/* Takes PREFIX from now on. Not more often than every few seconds. */
void nat64_set(const struct nat64_prefix *prefix);

/* Whether there is one; and which, into PREFIX. */
bool nat64_known(void);
bool nat64_now(struct nat64_prefix *prefix);

/* The IPv6 address for IN (network byte order). False where there is no prefix, or IN is none to be
 * translated: of this host, of its link, of nobody, or of many; or a private one with the prefix that all
 * networks share, 64:ff9b::/96 (RFC 6052, 3.1). */
bool nat64_form(in_addr_t in, struct in6_addr *in6);

/* Whether IN6 is of the prefix; then the IPv4 address in it, of whatever kind, is put into IN. */
bool nat64_embedded(const struct in6_addr *in6, in_addr_t *in);

/* Whether it is one as nat64_form() makes it. */
bool nat64_inside(const struct in6_addr *in6, in_addr_t *in);

/* What ANSWER, one of ipv4only.arpa's IPv6 addresses, says of the prefix (RFC 7050, 3): false where it has
 * neither 192.0.0.170 nor 192.0.0.171 in one place, and nothing else of the kind. */
bool nat64_learn(const struct in6_addr *answer, struct nat64_prefix *prefix);

#endif

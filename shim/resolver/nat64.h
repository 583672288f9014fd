/* NAT64: reaching IPv4 addresses from a host without an IPv4 route, through a translator in the network (RFC
 * 6146), by IPv6 addresses that embed them (RFC 6052). The translator's prefix is configured, or found by the
 * name ipv4only.arpa (RFC 7050).
 *
 * All of it is async-signal-safe, callable from any thread, and leaves errno alone; nothing is sent. */
#ifndef DUALSTACK_NAT64_H
#define DUALSTACK_NAT64_H

#include <netinet/in.h>
#include <stdbool.h>

#include "config/nat64_prefix.h"

/* Sets the prefix to PREFIX. Not to be called more often than every few seconds. */
void nat64_set(const struct nat64_prefix *prefix);

/* The prefix, or NULL while none is known. */
const struct nat64_prefix *nat64_now(void);

/* Puts the IPv6 address for IN (network byte order) into IN6. False if there is no prefix, if IN is not to be
 * translated (an address of this host, of its link, of nobody or of many), or if IN is private and the prefix
 * is 64:ff9b::/96, which all networks share (RFC 6052, 3.1). */
bool nat64_form(in_addr_t in, struct in6_addr *in6);

/* Whether IN6 has the prefix. If so, IN is the IPv4 address in it, of any kind. */
bool nat64_embedded(const struct in6_addr *in6, in_addr_t *in);

/* The same, but only for addresses that nat64_form() makes. */
bool nat64_inside(const struct in6_addr *in6, in_addr_t *in);

/* Derives PREFIX from ANSWER, one of ipv4only.arpa's IPv6 addresses (RFC 7050, 3). False unless ANSWER has
 * 192.0.0.170 or 192.0.0.171 in exactly one of the possible places. */
bool nat64_learn(const struct in6_addr *answer, struct nat64_prefix *prefix);

#endif

/* Finding the prefix of the network's NAT64 translator (RFC 7050). */
#ifndef DUALSTACK_NAT64_DISCOVERY_H
#define DUALSTACK_NAT64_DISCOVERY_H

/* Asks the resolver for ipv4only.arpa in IPv6, and sets the prefix (nat64.h): at most once a minute, and once
 * in ten minutes while a prefix is known. For the hooks of the resolver, and the tool: not async-signal-safe.
 * errno is left alone. */
void nat64_discover(void);

#endif

/* Finding out the prefix of the network's NAT64 translator (RFC 7050). */
#ifndef DUALSTACK_NAT64_DISCOVERY_H
#define DUALSTACK_NAT64_DISCOVERY_H

/* Asks the resolver for ipv4only.arpa in IPv6, and has nat64.h take what that says: not more often than once
 * in a minute, or in ten where there is an answer already. For the hooks of the resolver, and the tool: not
 * async-signal-safe. errno is left alone. */
void nat64_discover(void);

#endif

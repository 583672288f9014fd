/* The findings of --check about the host. */
#ifndef DUALSTACK_CHECK_H
#define DUALSTACK_CHECK_H

#include "program/findings.h"

/* Adds kernel_ipv6, disable_ipv6, bindv6only, mark, addresses_ipv4, addresses_ipv6, route_ipv4 and
 * route_ipv6. FINDING_FAIL means that nothing can be made dual-stack here. A missing address or route is
 * FINDING_WARN: sockets are bound to [::] and use it as soon as it is there. real_load() was called. No
 * packet is sent. Returns the first of these that keeps programs from IPv6; other programs rely on the names:
 *   - family_refused: no AF_INET6 sockets, because the kernel has no IPv6 or a sandbox refuses them
 *   - disabled_by_sysctl: on every interface that leads anywhere
 *   - no_address: except perhaps on the loopback interface
 *   - link_local_only: only addresses of the link
 *   - no_route: an address, and no route to the Internet
 *   - usable: none of them */
const char *host_findings(struct findings *f);

/* Adds resolver_aaaa. With ASK, it asks the resolver for the addresses of a.root-servers.net, which has one
 * of each family, and waits at most BOUNDED_SECONDS (bounded.h). Nothing else of --check sends to the
 * network. Without ASK, it only looks at the resolver's options. */
void resolver_findings(struct findings *f, bool ask);

/* Adds firewall: are incoming packets filtered for IPv4 and not for IPv6? It sees what nft(8) shows the
 * caller, but no rules of iptables-legacy(8), and no filters in eBPF or on other hosts. */
void firewall_findings(struct findings *f);

#endif

/* Findings about the host, the resolver and the firewall. */
#ifndef DUALSTACK_HOST_FINDINGS_H
#define DUALSTACK_HOST_FINDINGS_H

#include <stdbool.h>

#include "tool/check/findings.h"
#include "tool/check/host.h"

/* Adds kernel_ipv6, disable_ipv6, bindv6only, mark, addresses_ipv4, addresses_ipv6, route_ipv4 and
 * route_ipv6. FINDING_FAIL means that nothing can be made dual-stack here. A missing address or route is
 * FINDING_WARN: sockets are bound to [::] and use it as soon as it is there. */
void host_findings(struct findings *f, const struct host *h);

/* Adds resolver_aaaa. With ASK, it asks the resolver for the addresses of a.root-servers.net, which has one
 * of each family, and waits at most BOUNDED_SECONDS (bounded.h). Nothing else of --check sends to the
 * network. Without ASK, it only looks at the resolver's options. */
void resolver_findings(struct findings *f, bool ask);

/* Adds firewall: are incoming packets filtered for IPv4 and not for IPv6? It knows what nft(8) and the tables
 * of iptables-legacy(8) tell the caller, but no filters in eBPF or on other hosts. */
void firewall_findings(struct findings *f);

#endif

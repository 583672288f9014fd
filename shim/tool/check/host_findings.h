/* What the facts of host.h mean for dualstack, what the resolver does, and what a firewall lets through. */
#ifndef DUALSTACK_HOST_FINDINGS_H
#define DUALSTACK_HOST_FINDINGS_H

#include <stdbool.h>

#include "tool/check/findings.h"
#include "tool/check/host.h"

/* Adds kernel_ipv6, disable_ipv6, bindv6only, mark, addresses_ipv4, addresses_ipv6, route_ipv4, route_ipv6.
 * FINDING_FAIL: nothing can be made dual-stack here. What may come while a service runs (an address, a
 * route) is FINDING_WARN: sockets are bound to [::] and take it up. */
void host_findings(struct findings *f, const struct host *h);

/* Adds resolver_aaaa. Where ASK, it asks the resolver for the addresses of a.root-servers.net, which has one
 * of each family, waiting BOUNDED_SECONDS (bounded.h): the only thing that --check sends to the network.
 * Else it only reads resolv.conf(5) and RES_OPTIONS. */
void resolver_findings(struct findings *f, bool ask);

/* Adds firewall: whether what comes in is filtered for IPv4 and not for IPv6, as far as nft(8) and the tables
 * of iptables-legacy(8) tell the caller. Filters elsewhere, and in eBPF, can't be seen. */
void firewall_findings(struct findings *f);

#endif

/* The findings of --check, in the order in which they are printed. */
#ifndef DUALSTACK_FINDINGS_H
#define DUALSTACK_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "tool/elf.h"

enum finding_state {
	FINDING_OK,
	FINDING_NOTE,   /* works, with something to know */
	FINDING_WARN,   /* works in part, or is dangerous */
	FINDING_FAIL,   /* dualstack can't do its work */
	FINDING_UNKNOWN /* not known */
};

struct finding {
	const char *id; /* in snake_case; other programs rely on it */
	enum finding_state state;
	char *found;
	const char *advice; /* what to do about it; "" for nothing */
};

struct findings {
	struct finding *list; /* keep.h; {0} is an empty one */
	size_t count;
};

/* Adds a finding. ADVICE is not copied; FORMAT and its arguments say what was found. */
__attribute__((format(printf, 5, 6))) void findings_add(struct findings *f, const char *id,
							enum finding_state state, const char *advice,
							const char *format, ...);

/* True if no finding is FINDING_FAIL. */
bool findings_usable(const struct findings *f);

/* "ok", "note", "warn", "fail", "unknown". */
const char *findings_state(enum finding_state state);

/* Adds kernel_ipv6, disable_ipv6, bindv6only, mark, addresses_ipv4, addresses_ipv6, route_ipv4 and
 * route_ipv6. FINDING_FAIL means that nothing can be made dual-stack here. A missing address or route is
 * FINDING_WARN: sockets are bound to [::] and use it as soon as it is there. Returns the first of these that
 * stands between a program and IPv6, in snake_case, on which other programs rely: family_refused      no
 * AF_INET6 sockets: no IPv6 in the kernel, or a sandbox disabled_by_sysctl  on every interface that leads
 * anywhere no_address          except perhaps on the loopback interface link_local_only     only addresses of
 * the link no_route            an address, and no way to the Internet usable              none of them
 * real_load() was called. No packet is sent. */
const char *host_findings(struct findings *f);

/* Adds resolver_aaaa. With ASK, it asks the resolver for the addresses of a.root-servers.net, which has one
 * of each family, and waits at most BOUNDED_SECONDS (bounded.h). Nothing else of --check sends to the
 * network. Without ASK, it only looks at the resolver's options. */
void resolver_findings(struct findings *f, bool ask);

/* Adds firewall: are incoming packets filtered for IPv4 and not for IPv6? It knows what nft(8)
 * tells the caller, but no rules of iptables-legacy(8), and no filters in eBPF or on other hosts. */
void firewall_findings(struct findings *f);

/* Looks NAME up as execvp(3) does, follows scripts to their interpreters, and adds findings: command; script,
 * if it is one; and word_size, static, libc (unless static), go, set_id and capabilities of the program that
 * is executed in the end. FINDING_FAIL means that this caller can't preload the library into it. If a file is
 * missing or can't be read, the rest is left out. Nothing is executed. */
void command_findings(struct findings *f, const char *name);

/* Adds word_size, static, libc, go, set_id and capabilities for the program in FD, of which E was read. */
void program_findings(struct findings *f, int fd, const struct elf *e);

#endif

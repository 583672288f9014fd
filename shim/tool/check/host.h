/* Facts about both families in the caller's network namespace. host_findings.c says what they mean for
 * dualstack. Nothing here sends a packet. */
#ifndef DUALSTACK_HOST_H
#define DUALSTACK_HOST_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

/* The first of these that stands between a program and IPv6. */
enum host_ipv6 {
	HOST_IPV6_USABLE,
	HOST_IPV6_REFUSED,         /* no AF_INET6 sockets: no IPv6 in the kernel, or a sandbox */
	HOST_IPV6_DISABLED,        /* by sysctl, on every interface that leads anywhere */
	HOST_IPV6_NO_ADDRESS,      /* except perhaps on the loopback interface */
	HOST_IPV6_LINK_LOCAL_ONLY, /* only addresses of the link */
	HOST_IPV6_NO_ROUTE         /* an address, and no default route */
};

enum { HOST_IPV4, HOST_IPV6, HOST_FAMILIES };

/* How far addresses reach: this host, the link (RFC 3927; RFC 4291, 2.5.6), the site (RFC 1918, RFC 6598; RFC
 * 4193), anywhere. */
enum host_scope { HOST_LOOPBACK, HOST_LINK, HOST_SITE, HOST_GLOBAL, HOST_SCOPES };

struct host_addresses {
	unsigned count[HOST_SCOPES];
	char first[HOST_SCOPES][46 + 4 + IF_NAMESIZE]; /* "ADDRESS on INTERFACE" */
};

/* Does the kernel find a route to an address on the Internet, in all its tables? */
enum host_way { HOST_WAY_UNKNOWN, HOST_WAY_NONE, HOST_WAY_FOUND };

struct host_route {
	int error;                /* negative errno if ip-route(8) does not tell */
	bool found;               /* a default route that does not refuse */
	char device[IF_NAMESIZE]; /* of it */
	enum host_way far_away;
};

enum host_mark { HOST_MARK_TCP, HOST_MARK_MPTCP, HOST_MARK_UDP, HOST_MARKS };

struct host {
	int socket_error; /* of a socket of AF_INET6: 0 or a negative errno */
	bool in_kernel;   /* the kernel has IPv6 for this namespace, whatever socket() says */
	bool booted_off;  /* ipv6.disable=1 */

	/* net.ipv6.conf.INTERFACE.disable_ipv6 of the interfaces that are up, or of all if only the loopback
	 * interface is up. */
	bool disable_known;
	unsigned enabled, disabled; /* numbers of interfaces, without the loopback interface */
	char first_disabled[IF_NAMESIZE];
	bool loopback_disabled, default_disabled;

	int bindv6only;      /* net.ipv6.bindv6only, or -1 */
	int addresses_error; /* 0 or a negative errno */
	struct host_addresses addresses[HOST_FAMILIES];
	struct host_route routes[HOST_FAMILIES];
	int mark[HOST_MARKS]; /* 0, or the negative errno of the socket or of its mark */
};

/* Gathers all facts. real_load() was called. */
void host_look(struct host *h);

/* Returns the situation, and its name in snake_case, on which other programs rely. */
enum host_ipv6 host_ipv6(const struct host *h);
const char *host_ipv6_name(enum host_ipv6 situation);

#endif

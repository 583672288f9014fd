/* What this host, or the network namespace that the caller is in, has of both families. Facts only; what they
 * mean for dualstack is said in host_findings.c. Nothing here sends a packet. */
#ifndef DUALSTACK_HOST_H
#define DUALSTACK_HOST_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

/* What stands between a program and IPv6, the first of these that does. */
enum host_ipv6 {
	HOST_IPV6_USABLE,
	HOST_IPV6_REFUSED,         /* no AF_INET6 sockets: no IPv6 in the kernel, or a sandbox */
	HOST_IPV6_DISABLED,        /* by sysctl, on every interface that leads anywhere */
	HOST_IPV6_NO_ADDRESS,      /* but that of the loopback interface, at most */
	HOST_IPV6_LINK_LOCAL_ONLY, /* no address that leads beyond the link */
	HOST_IPV6_NO_ROUTE         /* an address, and no default route */
};

enum { HOST_IPV4, HOST_IPV6, HOST_FAMILIES };

/* By what they are good for: loopback, on the link (RFC 3927; RFC 4291, 2.5.6), within the site (RFC 1918,
 * RFC 6598; RFC 4193), anywhere. */
enum host_scope { HOST_LOOPBACK, HOST_LINK, HOST_SITE, HOST_GLOBAL, HOST_SCOPES };

struct host_addresses {
	unsigned count[HOST_SCOPES];
	char first[HOST_SCOPES][46 + 4 + IF_NAMESIZE]; /* "ADDRESS on INTERFACE" */
};

/* Whether the kernel finds a way to an address far away, by all its tables. */
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

	/* net.ipv6.conf.INTERFACE.disable_ipv6, of interfaces that are up; where only the loopback interface
	 * is, of all. */
	bool disable_known;
	unsigned enabled, disabled; /* how many of them, without the loopback interface */
	char first_disabled[IF_NAMESIZE];
	bool loopback_disabled, default_disabled;

	int bindv6only;      /* net.ipv6.bindv6only, or -1 */
	int addresses_error; /* 0 or a negative errno */
	struct host_addresses addresses[HOST_FAMILIES];
	struct host_route routes[HOST_FAMILIES];
	int mark[HOST_MARKS]; /* 0, or the negative errno of the socket or of its mark */
};

/* Looks at all of that. real_load() first. */
void host_look(struct host *h);

/* Which situation that is, and its name in snake_case, for other programs to rely on. */
enum host_ipv6 host_ipv6(const struct host *h);
const char *host_ipv6_name(enum host_ipv6 situation);

#endif

#define _GNU_SOURCE
#include "tool/check/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket/mark.h"
#include "tool/bounded.h"

/* linux/in.h; netinet/in.h of glibc 2.32 and of musl lack it. */
#define PROTOCOL_MPTCP 262

/* Returns the number in a file of /proc or /sys, 1 and 0 for "Y" and "N", or -1 if it can't be read. */
static int number_in(const char *path)
{
	char text[16] = "";
	FILE *file = fopen(path, "re");

	if (!file)
		return -1;
	if (!fgets(text, sizeof text, file))
		text[0] = '\0';
	(void)fclose(file);
	return !text[0] ? -1 : text[0] == 'Y' ? 1 : (int)strtol(text, NULL, 10);
}

static int disabled_on(const char *interface)
{
	char path[64 + IF_NAMESIZE];

	(void)snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/disable_ipv6", interface);
	return number_in(path);
}

static void look_at_kernel(struct host *h)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	h->socket_error = fd < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	/* A kernel without the module, or with IPv6 switched off, has no such directory. */
	h->in_kernel = access("/proc/sys/net/ipv6", F_OK) == 0;
	h->booted_off = !h->in_kernel && number_in("/sys/module/ipv6/parameters/disable") == 1;
	h->bindv6only = number_in("/proc/sys/net/ipv6/bindv6only");
}

/* getifaddrs() has one entry for each interface itself: of AF_PACKET, or with no address if the interface has
 * none in layer 2. */
static bool is_link(const struct ifaddrs *i)
{
	return !i->ifa_addr || i->ifa_addr->sa_family == AF_PACKET;
}

/* The sysctl "all" says nothing: writing it sets the others, and each may be changed afterwards. */
static void look_at_sysctl(struct host *h, const struct ifaddrs *all)
{
	bool up = false;
	int own;

	h->default_disabled = disabled_on("default") == 1;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		up = up || (is_link(i) && (i->ifa_flags & IFF_UP) && !(i->ifa_flags & IFF_LOOPBACK));
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		if (!is_link(i) || (own = disabled_on(i->ifa_name)) < 0)
			continue;
		h->disable_known = true;
		if (i->ifa_flags & IFF_LOOPBACK) {
			h->loopback_disabled = own == 1;
		} else if (up && !(i->ifa_flags & IFF_UP)) {
			continue;
		} else if (own == 1) {
			if (!h->disabled++)
				(void)snprintf(h->first_disabled, sizeof h->first_disabled, "%s",
					       i->ifa_name);
		} else {
			h->enabled++;
		}
	}
}

static enum host_scope scope4(uint32_t a)
{
	static const struct {
		uint32_t net, mask;
		enum host_scope scope;
	} nets[] = {
	    {0x7f000000, 0xff000000, HOST_LOOPBACK}, {0xa9fe0000, 0xffff0000, HOST_LINK},
	    {0x0a000000, 0xff000000, HOST_SITE},     {0xac100000, 0xfff00000, HOST_SITE},
	    {0xc0a80000, 0xffff0000, HOST_SITE},     {0x64400000, 0xffc00000, HOST_SITE},
	};

	for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
		if ((a & nets[i].mask) == nets[i].net)
			return nets[i].scope;
	return HOST_GLOBAL;
}

static enum host_scope scope6(const struct in6_addr *a)
{
	if (IN6_IS_ADDR_LOOPBACK(a))
		return HOST_LOOPBACK;
	if (IN6_IS_ADDR_LINKLOCAL(a))
		return HOST_LINK;
	return (a->s6_addr[0] & 0xfe) == 0xfc ? HOST_SITE : HOST_GLOBAL;
}

static void look_at_addresses(struct host *h, const struct ifaddrs *all)
{
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		char text[INET6_ADDRSTRLEN] = "";
		struct host_addresses *list;
		enum host_scope scope;

		/* Addresses of interfaces that are down are not in use. */
		if (!i->ifa_addr || !(i->ifa_flags & IFF_UP))
			continue;
		if (i->ifa_addr->sa_family == AF_INET) {
			struct in_addr a = ((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr;

			list = &h->addresses[HOST_IPV4];
			scope = scope4(ntohl(a.s_addr));
			(void)inet_ntop(AF_INET, &a, text, sizeof text);
		} else if (i->ifa_addr->sa_family == AF_INET6) {
			const struct in6_addr *a =
			    &((const struct sockaddr_in6 *)(const void *)i->ifa_addr)->sin6_addr;

			list = &h->addresses[HOST_IPV6];
			scope = scope6(a);
			(void)inet_ntop(AF_INET6, a, text, sizeof text);
		} else {
			continue;
		}
		if (!list->count[scope]++)
			(void)snprintf(list->first[scope], sizeof list->first[scope], "%s on %s", text,
				       i->ifa_name);
	}
}

/* Asks ip-route(8) for a default route in all tables. Lines of routes that reject begin with another word. */
static void look_at_routes(struct host_route *route, const char *family)
{
	const char *argv[] = {"ip", family, "route", "show", "table", "all", "default", NULL};
	char *text;
	int status = bounded_run(bounded_execute, argv, &text);

	route->error = status > 0 ? -EIO : status;
	for (const char *line = text; line && *line && !route->found;) {
		const char *device = strncmp(line, "default ", 8) == 0 ? strstr(line, " dev ") : NULL;

		route->found = device != NULL;
		if (device)
			(void)snprintf(route->device, sizeof route->device, "%.*s",
				       (int)strcspn(device + 5, " \n"), device + 5);
		line += strcspn(line, "\n");
		line += *line != 0;
	}
}

/* Connects a UDP socket to a root name server's address, which looks up the route and sends nothing. EPERM
 * comes from a sandbox, not from the routes. */
static enum host_way far_away(int family)
{
	struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons(53)};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
	const struct sockaddr *to = (const struct sockaddr *)&a4;
	socklen_t size = sizeof a4;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	enum host_way result;

	if (fd < 0)
		return HOST_WAY_UNKNOWN;
	if (family == AF_INET6) {
		to = (const struct sockaddr *)&a6;
		size = sizeof a6;
	}
	(void)inet_pton(AF_INET, "198.41.0.4", &a4.sin_addr);
	(void)inet_pton(AF_INET6, "2001:503:ba3e::2:30", &a6.sin6_addr);
	result = connect(fd, to, size) == 0 ? HOST_WAY_FOUND
		 : errno == EPERM           ? HOST_WAY_UNKNOWN
					    : HOST_WAY_NONE;
	close(fd);
	return result;
}

static int try_mark(int type, int protocol)
{
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, protocol), error;

	if (fd < 0)
		return -errno;
	error = mark_set(fd);
	if (!error && mark_test(fd) == MARK_NONE)
		error = -ENOPROTOOPT;
	close(fd);
	return error;
}

void host_look(struct host *h)
{
	struct ifaddrs *all = NULL;

	*h = (struct host){0};
	look_at_kernel(h);
	if (getifaddrs(&all) != 0) {
		h->addresses_error = -errno;
	} else {
		look_at_sysctl(h, all);
		look_at_addresses(h, all);
		freeifaddrs(all);
	}
	for (int i = 0; i < HOST_FAMILIES; i++) {
		look_at_routes(&h->routes[i], i == HOST_IPV4 ? "-4" : "-6");
		h->routes[i].far_away = far_away(i == HOST_IPV4 ? AF_INET : AF_INET6);
	}
	h->mark[HOST_MARK_TCP] = try_mark(SOCK_STREAM, IPPROTO_TCP);
	h->mark[HOST_MARK_MPTCP] = try_mark(SOCK_STREAM, PROTOCOL_MPTCP);
	h->mark[HOST_MARK_UDP] = try_mark(SOCK_DGRAM, IPPROTO_UDP);
}

enum host_ipv6 host_ipv6(const struct host *h)
{
	const unsigned *count = h->addresses[HOST_IPV6].count;
	const struct host_route *route = &h->routes[HOST_IPV6];

	if (h->socket_error)
		return HOST_IPV6_REFUSED;
	/* If there is no other interface, the loopback interface decides. */
	if (h->disable_known && !h->enabled && (h->disabled || h->loopback_disabled))
		return HOST_IPV6_DISABLED;
	if (h->addresses_error == 0 && !count[HOST_SITE] && !count[HOST_GLOBAL])
		return count[HOST_LINK] ? HOST_IPV6_LINK_LOCAL_ONLY : HOST_IPV6_NO_ADDRESS;
	if (route->far_away == HOST_WAY_UNKNOWN)
		return route->found || route->error ? HOST_IPV6_USABLE : HOST_IPV6_NO_ROUTE;
	return route->far_away == HOST_WAY_FOUND ? HOST_IPV6_USABLE : HOST_IPV6_NO_ROUTE;
}

const char *host_ipv6_name(enum host_ipv6 situation)
{
	static const char *const names[] = {
	    "usable", "family_refused", "disabled_by_sysctl", "no_address", "link_local_only", "no_route",
	};

	return names[situation];
}

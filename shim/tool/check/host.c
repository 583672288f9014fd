#define _GNU_SOURCE
#include "tool/check/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "resolver/route.h"
#include "resolver/scope.h"
#include "socket/facts.h"
#include "socket/mark.h"
#include "tool/bounded.h"
#include "tool/keep.h"

/* The number of net.ipv6.NAME, or -1 if it can't be read. */
static int sysctl_of(const char *name)
{
	FILE *file = fopen(keep_format("/proc/sys/net/ipv6/%s", name), "re");
	char text[16] = "";
	bool known = file && fgets(text, sizeof text, file);

	if (file)
		(void)fclose(file);
	return known ? (int)strtol(text, NULL, 10) : -1;
}

/* Returns whether the address family is there. */
static bool kernel(struct findings *f)
{
	static const char id[] = "kernel_ipv6";
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *error = fd < 0 ? log_errno(errno) : "";

	if (fd >= 0)
		close(fd);
	if (fd >= 0)
		findings_add(f, id, FINDING_OK, "", "the kernel has IPv6");
	else if (access("/proc/sys/net/ipv6", F_OK) == 0)
		findings_add(f, id, FINDING_FAIL,
			     "Permit AF_INET6 sockets: see RestrictAddressFamilies= of the systemd unit, or "
			     "the container's seccomp profile.",
			     "the address family is refused (%s), by a sandbox: the kernel has IPv6", error);
	else
		findings_add(f, id, FINDING_FAIL,
			     "Load the module ipv6, or start the kernel without ipv6.disable=1.",
			     "the address family is refused (%s): no IPv6 in the kernel", error);
	return fd >= 0;
}

/* getifaddrs() has one entry for each interface itself: of AF_PACKET, or with no address if the interface has
 * none in layer 2. */
static bool is_link(const struct ifaddrs *i)
{
	return !i->ifa_addr || i->ifa_addr->sa_family == AF_PACKET;
}

/* Checks the interfaces that are up, or all if only the loopback interface is up. The sysctl "all" says
 * nothing: writing it sets the others, and each may be changed afterwards. Returns whether IPv6 is disabled
 * on every one. */
static bool disabled(struct findings *f, const struct ifaddrs *all)
{
	static const char id[] = "disable_ipv6";
	static const char switch_on[] =
	    "Set net.ipv6.conf.INTERFACE.disable_ipv6=0, or that of \"all\": sysctl(8), /etc/sysctl.d.";
	unsigned on = 0, off = 0; /* without the loopback interface */
	bool up = false, known = false, loopback = false;
	const char *first = "lo";

	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		up |= is_link(i) && (i->ifa_flags & IFF_UP) && !(i->ifa_flags & IFF_LOOPBACK);
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		int own = is_link(i) ? sysctl_of(keep_format("conf/%s/disable_ipv6", i->ifa_name)) : -1;

		known |= own >= 0;
		if (own < 0 || (up && !(i->ifa_flags & (IFF_UP | IFF_LOOPBACK))))
			continue;
		if (i->ifa_flags & IFF_LOOPBACK)
			loopback = own == 1;
		else if (own != 1)
			on++;
		else if (!off++)
			first = i->ifa_name;
	}
	if (!known)
		findings_add(f, id, FINDING_UNKNOWN, "See kernel_ipv6, or mount /proc.",
			     "net.ipv6.conf can't be read");
	else if (!on && (off || loopback))
		findings_add(f, id, FINDING_FAIL, switch_on, "disabled by sysctl on %s%s",
			     off > 1 ? "all interfaces, such as " : "", first);
	else if (off)
		findings_add(f, id, FINDING_WARN, switch_on,
			     "disabled by sysctl on %u of %u interfaces, such as %s", off, off + on, first);
	else if (loopback)
		findings_add(f, id, FINDING_WARN, switch_on, "disabled by sysctl on lo: there is no ::1");
	else if (sysctl_of("conf/default/disable_ipv6") == 1)
		findings_add(f, id, FINDING_NOTE,
			     "Set net.ipv6.conf.default.disable_ipv6=0 if they should have IPv6.",
			     "disabled by sysctl on interfaces that are made later");
	else
		findings_add(f, id, FINDING_OK, "", "not disabled by sysctl");
	return known && !on && (off || loopback);
}

static void bindv6only(struct findings *f)
{
	int value = sysctl_of("bindv6only");

	if (value < 0)
		findings_add(f, "bindv6only", FINDING_UNKNOWN, "See kernel_ipv6, or mount /proc.",
			     "net.ipv6.bindv6only can't be read");
	else if (value)
		findings_add(f, "bindv6only", FINDING_NOTE,
			     "Nothing to do: widened sockets are dual-stack anyway, and programs' own IPv6 "
			     "sockets stay IPv6 only.",
			     "net.ipv6.bindv6only is %d", value);
	else
		findings_add(f, "bindv6only", FINDING_OK, "", "net.ipv6.bindv6only is 0");
}

/* Returns 0, or the errno of the socket or of its mark. */
static int try_mark(int type, int protocol)
{
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, protocol), error;

	if (fd < 0)
		return errno;
	error = -mark_set(fd, protocol);
	if (!error && mark_test(fd) == MARK_NONE)
		error = ENOPROTOOPT;
	close(fd);
	return error;
}

static void mark(struct findings *f, bool there)
{
	int tcp = try_mark(SOCK_STREAM, IPPROTO_TCP), udp = try_mark(SOCK_DGRAM, IPPROTO_UDP);
	int mptcp = try_mark(SOCK_STREAM, IPPROTO_MPTCP);

	if (!there)
		findings_add(f, "mark", FINDING_UNKNOWN, "See kernel_ipv6.", "no AF_INET6 socket to mark");
	else if (tcp)
		findings_add(f, "mark", FINDING_FAIL,
			     "Needs Linux 4.20 and a sandbox that permits setsockopt(2) and getsockopt(2).",
			     "TCP sockets can't be marked (%s)", log_errno(tcp));
	else if (udp)
		findings_add(f, "mark", FINDING_WARN,
			     "Permit setsockopt(2); until then, UDP services stay IPv4.",
			     "TCP sockets can be marked, UDP sockets can't (%s)", log_errno(udp));
	else if (mptcp)
		findings_add(f, "mark", FINDING_NOTE,
			     "MPTCP services stay IPv4: they need Linux 6.3 and net.mptcp.enabled=1.",
			     "TCP and UDP sockets can be marked, MPTCP sockets can't (%s)", log_errno(mptcp));
	else
		findings_add(f, "mark", FINDING_OK, "", "TCP, MPTCP and UDP sockets can be marked");
}

/* The findings for each family if something is missing. */
static const struct family {
	int family;
	const char *protocol, *option; /* of ip(8) */
	const char *addresses, *route; /* names of findings */
	enum finding_state missing;
	const char *no_address, *link_only, *site_only, *no_route;
} ipv4 = {AF_INET,
	  "IPv4",
	  "-4",
	  "addresses_ipv4",
	  "route_ipv4",
	  FINDING_NOTE,
	  "Nothing to do: programs reach names that have IPv6 addresses, and are reached over IPv6.",
	  "Nothing to do: programs reach names that have IPv6 addresses, and are reached over IPv6.",
	  "",
	  "Nothing to do if this host should reach others over IPv6 only."},
  ipv6 = {AF_INET6,
	  "IPv6",
	  "-6",
	  "addresses_ipv6",
	  "route_ipv6",
	  FINDING_WARN,
	  "Give the host an IPv6 address; running services answer on it without a restart.",
	  "Only hosts on the same link are reached. Give the host a global address; running services "
	  "answer on it without a restart.",
	  "Reachable from this site only (RFC 4193).",
	  "Add one, or accept router advertisements; running programs use it without a restart."};

/* Adds "2 global (first: ADDRESS on INTERFACE), 1 link-local (...)"; loopback addresses only if there are no
 * others. Addresses of interfaces that are down are not in use. Returns how far they reach; SCOPE_NOBODY if
 * there are none. */
static enum scope addresses(struct findings *f, const struct ifaddrs *all, const struct family *family)
{
	static const char *const kinds[] = {[SCOPE_HOST] = "loopback",
					    [SCOPE_LINK] = "link-local",
					    [SCOPE_PRIVATE] = "private",
					    [SCOPE_GLOBAL] = "global"};
	const char *first[SCOPE_GLOBAL + 1] = {NULL}, *text = "";
	unsigned count[SCOPE_GLOBAL + 1] = {0};
	enum scope farthest = SCOPE_NOBODY;
	char buffer[INET6_ADDRSTRLEN];

	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		struct in6_addr a = {.s6_addr = {[10] = 0xff, 0xff}};
		bool in4 = family->family == AF_INET;
		enum scope scope;

		if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || i->ifa_addr->sa_family != family->family)
			continue;
		if (in4)
			memcpy(a.s6_addr + 12,
			       (const char *)i->ifa_addr + offsetof(struct sockaddr_in, sin_addr), 4);
		else
			memcpy(&a, (const char *)i->ifa_addr + offsetof(struct sockaddr_in6, sin6_addr), 16);
		scope = scope_of(&a);
		(void)inet_ntop(family->family, a.s6_addr + (in4 ? 12 : 0), buffer, sizeof buffer);
		if (!count[scope]++)
			first[scope] = keep_format("%s on %s", buffer, i->ifa_name);
		farthest = scope > farthest ? scope : farthest;
	}
	for (int s = SCOPE_GLOBAL; s >= SCOPE_HOST; s--)
		if (count[s] && (s > SCOPE_HOST || !*text))
			text = keep_format("%s%s%u %s (%s%s)", text, *text ? ", " : "", count[s], kinds[s],
					   count[s] > 1 ? "first: " : "", first[s]);
	if (!all)
		findings_add(f, family->addresses, FINDING_UNKNOWN,
			     "Permit AF_NETLINK sockets, which list them.", "addresses can't be listed");
	else if (farthest == SCOPE_GLOBAL)
		findings_add(f, family->addresses, FINDING_OK, "", "%s", text);
	else if (farthest == SCOPE_PRIVATE)
		findings_add(f, family->addresses, *family->site_only ? FINDING_NOTE : FINDING_OK,
			     family->site_only, "%s", text);
	else
		findings_add(f, family->addresses, family->missing,
			     farthest == SCOPE_LINK ? family->link_only : family->no_address, "%s%s",
			     *text ? "only " : "none", text);
	return all ? farthest : SCOPE_GLOBAL;
}

/* Asks ip-route(8) for a default route in all tables. Lines of rejecting routes begin with another word.
 * Without sockets of the family (THERE), the kernel can't be asked whether it takes the route. */
static bool routes(struct findings *f, const struct family *family, bool there)
{
	const char *argv[] = {"ip", family->option, "route", "show", "table", "all", "default", NULL};
	const char *device = NULL;
	char *text, *rest = NULL;
	bool known = bounded_run(bounded_execute, argv, &text) == 0, far;

	for (char *line = known ? strtok_r(text, "\n", &rest) : NULL; line && !device;
	     line = strtok_r(NULL, "\n", &rest))
		if (strncmp(line, "default ", 8) == 0 && (device = strstr(line, " dev ")))
			device = keep_copy(device + 5, strcspn(device + 5, " "));
	far = there ? route_far(family->family) : device != NULL;
	if (device && far)
		findings_add(f, family->route, FINDING_OK, "", "default route through %s", device);
	else if (device)
		findings_add(f, family->route, family->missing,
			     "Check ip-rule(8), and whether this host has an address for it.",
			     "default route through %s, which the kernel does not take", device);
	else if (far)
		findings_add(f, family->route, FINDING_OK, "", "%s, but other routes lead far away",
			     known ? "no default route" : "the default route is not known");
	else if (!known)
		findings_add(f, family->route, FINDING_UNKNOWN, "Install iproute2: ip(8) lists them.",
			     "routes can't be listed");
	else
		findings_add(f, family->route, family->missing, family->no_route, "no default route for %s",
			     family->protocol);
	return far;
}

const char *host_findings(struct findings *f)
{
	struct ifaddrs *all = NULL;
	bool there = kernel(f), off, route;
	enum scope reach;

	(void)getifaddrs(&all);
	off = disabled(f, all);
	bindv6only(f);
	mark(f, there);
	(void)addresses(f, all, &ipv4);
	reach = addresses(f, all, &ipv6);
	(void)routes(f, &ipv4, true);
	route = routes(f, &ipv6, there);
	if (all)
		freeifaddrs(all);
	return !there                ? "family_refused"
	       : off                 ? "disabled_by_sysctl"
	       : reach < SCOPE_LINK  ? "no_address"
	       : reach == SCOPE_LINK ? "link_local_only"
	       : route               ? "usable"
				     : "no_route";
}

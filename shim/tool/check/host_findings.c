#include "tool/check/host_findings.h"

#include <errno.h>
#include <stdio.h>

#include "base/log.h"

static void kernel(struct findings *f, const struct host *h)
{
	const char *name = log_errno(-h->socket_error);

	switch (-h->socket_error) {
	case 0:
		findings_add(f, "kernel_ipv6", FINDING_OK, "", "the kernel has IPv6");
		return;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		findings_add(f, "kernel_ipv6", FINDING_UNKNOWN, "Try again when there are resources.",
			     "no socket to try it with (%s)", name);
		return;
	default:
		break;
	}
	if (h->in_kernel)
		findings_add(f, "kernel_ipv6", FINDING_FAIL,
			     "Permit AF_INET6 sockets: see RestrictAddressFamilies= of the systemd unit, or "
			     "the container's seccomp profile.",
			     "the address family is refused (%s), by a sandbox: the kernel has IPv6", name);
	else if (h->booted_off)
		findings_add(f, "kernel_ipv6", FINDING_FAIL,
			     "Start the kernel without ipv6.disable=1 (boot loader, /etc/modprobe.d).",
			     "the address family is refused (%s): ipv6.disable=1", name);
	else
		findings_add(f, "kernel_ipv6", FINDING_FAIL,
			     "Load the module ipv6, or start the kernel without ipv6.disable=1.",
			     "the address family is refused (%s): no IPv6 in the kernel", name);
}

static void disabled(struct findings *f, const struct host *h)
{
	static const char id[] = "disable_ipv6";
	static const char switch_on[] =
	    "Set net.ipv6.conf.INTERFACE.disable_ipv6=0, or that of \"all\": sysctl(8), /etc/sysctl.d.";
	const char *only = h->enabled + h->disabled == 0 ? "lo" : h->first_disabled;

	if (!h->disable_known)
		findings_add(f, id, FINDING_UNKNOWN, h->socket_error ? "See kernel_ipv6." : "Mount /proc.",
			     "net.ipv6.conf can't be read");
	else if (!h->enabled && (h->disabled || h->loopback_disabled))
		findings_add(f, id, FINDING_FAIL, switch_on, "disabled by sysctl on %s%s",
			     h->disabled > 1 ? "all interfaces, such as " : "", only);
	else if (h->disabled)
		findings_add(f, id, FINDING_WARN, switch_on,
			     "disabled by sysctl on %u of %u interfaces, such as %s", h->disabled,
			     h->disabled + h->enabled, only);
	else if (h->loopback_disabled)
		findings_add(f, id, FINDING_WARN, switch_on, "disabled by sysctl on lo: there is no ::1");
	else if (h->default_disabled)
		findings_add(f, id, FINDING_NOTE,
			     "Set net.ipv6.conf.default.disable_ipv6=0 if they should have IPv6.",
			     "disabled by sysctl on interfaces that are made later");
	else
		findings_add(f, id, FINDING_OK, "", "not disabled by sysctl");
}

static void bindv6only(struct findings *f, const struct host *h)
{
	if (h->bindv6only < 0)
		findings_add(f, "bindv6only", FINDING_UNKNOWN,
			     h->socket_error ? "See kernel_ipv6." : "Mount /proc.",
			     "net.ipv6.bindv6only can't be read");
	else if (h->bindv6only)
		findings_add(f, "bindv6only", FINDING_NOTE,
			     "Nothing to do: widened sockets are dual-stack anyway, and programs' own IPv6 "
			     "sockets stay IPv6 only.",
			     "net.ipv6.bindv6only is %d", h->bindv6only);
	else
		findings_add(f, "bindv6only", FINDING_OK, "", "net.ipv6.bindv6only is 0");
}

static void mark(struct findings *f, const struct host *h)
{
	int tcp = h->mark[HOST_MARK_TCP], mptcp = h->mark[HOST_MARK_MPTCP], udp = h->mark[HOST_MARK_UDP];

	if (h->socket_error)
		findings_add(f, "mark", FINDING_UNKNOWN, "See kernel_ipv6.", "no AF_INET6 socket to mark");
	else if (tcp)
		findings_add(f, "mark", FINDING_FAIL,
			     "Needs Linux 4.20 and a sandbox that permits setsockopt(2) and getsockopt(2).",
			     "TCP sockets can't be marked (%s)", log_errno(-tcp));
	else if (udp)
		findings_add(f, "mark", FINDING_WARN,
			     "Permit setsockopt(2); until then, UDP services stay IPv4.",
			     "TCP sockets can be marked, UDP sockets can't (%s)", log_errno(-udp));
	else if (mptcp)
		findings_add(f, "mark", FINDING_NOTE,
			     "MPTCP services stay IPv4: they need Linux 6.3 and net.mptcp.enabled=1.",
			     "TCP and UDP sockets can be marked, MPTCP sockets can't (%s)",
			     log_errno(-mptcp));
	else
		findings_add(f, "mark", FINDING_OK, "", "TCP, MPTCP and UDP sockets can be marked");
}

/* Writes "2 global (first: ADDRESS on INTERFACE), 1 link-local (...)"; loopback addresses only if there are
 * no others. */
static void describe(char *text, size_t size, const struct host_addresses *a)
{
	static const char *const kinds[] = {
	    [HOST_LOOPBACK] = "loopback",
	    [HOST_LINK] = "link-local",
	    [HOST_SITE] = "private",
	    [HOST_GLOBAL] = "global",
	};
	size_t used = 0;

	(void)snprintf(text, size, "none");
	for (int s = HOST_GLOBAL; s >= HOST_LOOPBACK && used < size; s--)
		if (a->count[s] && (s > HOST_LOOPBACK || !used))
			used += (size_t)snprintf(text + used, size - used, "%s%u %s (%s%s)", used ? ", " : "",
						 a->count[s], kinds[s], a->count[s] > 1 ? "first: " : "",
						 a->first[s]);
}

static void addresses(struct findings *f, const struct host *h, int family)
{
	static const struct {
		const char *id;
		enum finding_state missing;
		const char *none, *link, *site;
	} says[] = {
	    {"addresses_ipv4", FINDING_NOTE,
	     "Nothing to do: programs reach names that have IPv6 addresses, and are reached over IPv6.",
	     "Nothing to do: programs reach names that have IPv6 addresses, and are reached over IPv6.", ""},
	    {"addresses_ipv6", FINDING_WARN,
	     "Give the host an IPv6 address; running services answer on it without a restart.",
	     "Only hosts on the same link are reached. Give the host a global address; running services "
	     "answer on it without a restart.",
	     "Reachable from this site only (RFC 4193)."},
	};
	const struct host_addresses *a = &h->addresses[family];
	char text[512];

	if (h->addresses_error) {
		findings_add(f, says[family].id, FINDING_UNKNOWN,
			     "Permit AF_NETLINK sockets, which list them.", "addresses can't be listed (%s)",
			     log_errno(-h->addresses_error));
		return;
	}
	describe(text, sizeof text, a);
	if (a->count[HOST_GLOBAL])
		findings_add(f, says[family].id, FINDING_OK, "", "%s", text);
	else if (a->count[HOST_SITE])
		findings_add(f, says[family].id, *says[family].site ? FINDING_NOTE : FINDING_OK,
			     says[family].site, "%s", text);
	else
		findings_add(f, says[family].id, says[family].missing,
			     a->count[HOST_LINK] ? says[family].link : says[family].none, "%s%s",
			     a->count[HOST_LINK] || a->count[HOST_LOOPBACK] ? "only " : "", text);
}

static void routes(struct findings *f, const struct host *h, int family)
{
	static const struct {
		const char *id, *protocol;
		enum finding_state missing;
		const char *advice;
	} says[] = {
	    {"route_ipv4", "IPv4", FINDING_NOTE,
	     "Nothing to do if this host should reach others over IPv6 only."},
	    {"route_ipv6", "IPv6", FINDING_WARN,
	     "Add one, or accept router advertisements; running programs use it without a restart."},
	};
	const struct host_route *route = &h->routes[family];

	if (route->found && route->far_away != HOST_WAY_NONE)
		findings_add(f, says[family].id, FINDING_OK, "", "default route through %s", route->device);
	else if (route->found)
		findings_add(f, says[family].id, says[family].missing,
			     "Check ip-rule(8), and that there is an address to go with it.",
			     "default route through %s, which the kernel does not take", route->device);
	else if (route->far_away == HOST_WAY_FOUND)
		findings_add(f, says[family].id, FINDING_OK, "", "%s, but other routes lead far away",
			     route->error ? "the default route is not known" : "no default route");
	else if (route->error)
		findings_add(f, says[family].id, FINDING_UNKNOWN, "Install iproute2: ip(8) lists them.",
			     "routes can't be listed (%s)", log_errno(-route->error));
	else
		findings_add(f, says[family].id, says[family].missing, says[family].advice,
			     "no default route for %s", says[family].protocol);
}

void host_findings(struct findings *f, const struct host *h)
{
	kernel(f, h);
	disabled(f, h);
	bindv6only(f, h);
	mark(f, h);
	for (int i = 0; i < HOST_FAMILIES; i++)
		addresses(f, h, i);
	for (int i = 0; i < HOST_FAMILIES; i++)
		routes(f, h, i);
}

#define _GNU_SOURCE
#include "server/strangers.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

#include "base/sys.h"
#include "socket/facts.h"

/* From linux/in.h and linux/inet_diag.h, which some C libraries' headers lack: struct inet_diag_sockopt has
 * IP_MULTICAST_ALL in its first byte. */
#define OPT_IP_MULTICAST_ALL 49
#define DIAG_SOCKOPT 22
#define SOCKOPT_MC_ALL (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0x40 : 0x02)

struct question {
	struct nlmsghdr header;
	struct inet_diag_req_v2 body;
};

union answer {
	struct {
		struct nlmsghdr header;
		struct inet_diag_msg body;
	};
	char bytes[512];
};

/* Asks the kernel which socket would get an IPv4 packet for PORT (sock_diag(7)); for datagrams, "source" and
 * "destination" are swapped. Returns the length of the answer. */
static size_t ask(int protocol, in_port_t port, union answer *a)
{
	const struct question q = {
	    .header = {.nlmsg_len = sizeof q,
		       .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		       .nlmsg_flags = NLM_F_REQUEST},
	    .body = {.sdiag_family = AF_INET,
		     .sdiag_protocol = protocol == IPPROTO_UDP ? IPPROTO_UDP : IPPROTO_TCP,
		     .id = {.idiag_sport = port,
			    .idiag_dport = port,
			    .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}}};
	int list = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
	ssize_t n = -1;

	if (list < 0)
		return 0;
	if (sys_write(list, &q, sizeof q) == sizeof q)
		n = sys_read(list, a, sizeof *a);
	sys_close(list);
	return n >= (ssize_t)(sizeof a->header + sizeof a->body) &&
		       a->header.nlmsg_type == SOCK_DIAG_BY_FAMILY && a->header.nlmsg_len <= (size_t)n
		   ? a->header.nlmsg_len
		   : 0;
}

bool strangers_serve(int clone, int protocol, in_port_t port)
{
	union answer a;
	size_t end = 0, at = sizeof a.header + sizeof a.body;
	struct nlattr attribute;

	if (socket_int(clone, IPPROTO_IP, OPT_IP_MULTICAST_ALL) == 1)
		end = ask(protocol, port, &a);
	if (end == 0 || a.body.idiag_family != AF_INET6)
		return false;
	for (; at + sizeof attribute < end; at += (size_t)NLA_ALIGN(attribute.nla_len)) {
		memcpy(&attribute, a.bytes + at, sizeof attribute);
		if (attribute.nla_type == DIAG_SOCKOPT)
			return !(a.bytes[at + sizeof attribute] & SOCKOPT_MC_ALL);
		if (attribute.nla_len < sizeof attribute)
			break;
	}
	return false;
}

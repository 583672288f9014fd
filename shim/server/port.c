#define _GNU_SOURCE
#include "server/port.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "address/translate.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "base/sys.h"
#include "server/listeners.h"
#include "socket/clone.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/mark.h"

bool port_may_be_shared(int fd)
{
	return socket_option(fd, SO_REUSEPORT) == 1 || socket_option(fd, SO_REUSEADDR) == 1;
}

struct look {
	in_port_t port;
	int protocol;
	bool listed;  /* no AF_INET socket is in the way (count_listed()) */
	bool widened; /* a widened socket has the port */
};

enum { CLEAR, IN_THE_WAY, SEEN_ENOUGH };

/* What would have been in the way of a widened socket has kept it IPv4: behind one, there is no more to find.
 */
static int is_in_the_way(int fd, void *arg)
{
	struct look *look = arg;
	union sockaddr_any name;
	int family = socket_name(fd, &name);

	/* The port is at the same offset in both families. */
	if (!family || name.in.sin_port != look->port || !socket_same_ports(fd, look->protocol))
		return CLEAR;
	if (family == AF_INET)
		return name.in.sin_addr.s_addr == htonl(INADDR_ANY) ? IN_THE_WAY : CLEAR;
	if (mark_test(fd) == MARK_NONE && !listeners_are_ours(fd))
		return translate_beside_wildcard(&name.in6, true) ? IN_THE_WAY : CLEAR;
	look->widened = true;
	return look->listed ? SEEN_ENOUGH : CLEAR;
}

/* A line of /proc/net/udp or /proc/net/tcp, " 12: 00000000:1388 00000000:0000 07 ...", has a number, then in
 * hexadecimal the socket's address, its peer's and its state. */
#define LISTED ": 00000000:____ 00000000:0000 "
enum { LISTED_PORT = sizeof ": 00000000:" - 1, LINE_BYTES = 512 };

static void write_port(char *text, in_port_t port)
{
	for (int i = 0; i < 4; i++)
		text[i] = "0123456789ABCDEF"[ntohs(port) >> (12 - 4 * i) & 15];
}

/* How many AF_INET sockets the kernel lists at 0.0.0.0 and PORT that are not connected; for streams, that
 * listen. A negative errno if the list can't be read. */
static int count_listed(int protocol, in_port_t port)
{
	bool datagrams = protocol == IPPROTO_UDP;
	int list =
	    sys_open(datagrams ? "/proc/thread-self/net/udp" : "/proc/thread-self/net/tcp", O_RDONLY, 0);
	char text[LINE_BYTES], wanted[] = LISTED "0A ";
	size_t used = 0;
	ssize_t n = 0;
	int count = 0;

	if (list < 0)
		return -errno;
	write_port(wanted + LISTED_PORT, port);
	if (datagrams)
		wanted[sizeof LISTED - 1] = '\0';
	while ((n = sys_read(list, text + used, sizeof text - 1 - used)) > 0) {
		char *line = text, *end;

		text[used += (size_t)n] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			count += strstr(line, wanted) != NULL;
		}
		used -= (size_t)(line - text);
		memmove(text, line, used);
	}
	sys_close(list);
	return n < 0 ? -EIO : count;
}

/* From linux/inet_diag.h, which some systems' headers lack: struct inet_diag_sockopt has
 * IP_MULTICAST_ALL in its first byte. */
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

/* Asks the kernel which socket would get a packet of FAMILY for PORT (sock_diag(7)); for datagrams, "source"
 * and "destination" are swapped. Returns the length of the answer. */
static size_t ask(int family, int protocol, in_port_t port, union answer *a)
{
	const struct question q = {
	    .header = {.nlmsg_len = sizeof q,
		       .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		       .nlmsg_flags = NLM_F_REQUEST},
	    .body = {.sdiag_family = (uint8_t)family,
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

/* Whose socket gets a packet of FAMILY to PORT of PROTOCOL, while CLONE is not bound yet: widened ones of the
 * same user are OURS. They are AF_INET6 and have IP_MULTICAST_ALL, as the AF_INET socket had it; other
 * AF_INET6 sockets don't. UNKNOWN if nobody has the port, or the kernel does not tell, or the program
 * has set IP_MULTICAST_ALL, or CLONE is MPTCP. */
enum owner { UNKNOWN, OURS, STRANGERS };

static enum owner whose(int family, int clone, int protocol, in_port_t port)
{
	union answer a;
	size_t end, at = sizeof a.header + sizeof a.body;
	struct nlattr attribute;
	struct stat own;

	if (socket_int(clone, IPPROTO_IP, OPT_IP_MULTICAST_ALL) != 1 || fstat(clone, &own) != 0)
		return UNKNOWN;
	end = ask(family, protocol, port, &a);
	if (end && (a.body.idiag_family != AF_INET6 || a.body.idiag_uid != own.st_uid))
		return STRANGERS;
	for (; at + sizeof attribute < end; at += (size_t)NLA_ALIGN(attribute.nla_len)) {
		memcpy(&attribute, a.bytes + at, sizeof attribute);
		if (attribute.nla_type == DIAG_SOCKOPT)
			return a.bytes[at + sizeof attribute] & SOCKOPT_MC_ALL ? OURS : STRANGERS;
		if (attribute.nla_len < sizeof attribute)
			break;
	}
	return UNKNOWN;
}

/* Binds a socket without SO_REUSEADDR and SO_REUSEPORT to PORT for a moment, which fails if any datagram
 * socket has it in FAMILY. Returns 0 or a negative errno. */
static int probe(int family, in_port_t port)
{
	const struct sockaddr_in6 at6 = {.sin6_family = AF_INET6, .sin6_port = port};
	const struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = port};
	bool in6 = family == AF_INET6;
	int fd = clone_new(family, IPPROTO_UDP), result = 0;

	if (fd < 0)
		return -errno;
	if ((in6 && socket_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0) ||
	    real.bind(fd, in6 ? (const struct sockaddr *)&at6 : (const struct sockaddr *)&at,
		      in6 ? sizeof at6 : sizeof at) != 0)
		result = -errno;
	sys_close(fd);
	return result;
}

/* SO_REUSEPORT has to be there when a socket is bound. */
static const int alone[2] = {0, 0};

bool port_take(int clone, const struct sockaddr_in6 *at)
{
	int before[2];
	bool result;

	if (clone_read_reuse(clone, before) != 0 || before[1])
		return false;
	clone_set_reuse(clone, alone);
	result = real.bind(clone, (const struct sockaddr *)at, sizeof *at) == 0;
	clone_set_reuse(clone, before);
	return result;
}

int port_look_around(int clone, int protocol, const struct sockaddr_in6 *at)
{
	struct look look = {.port = at->sin6_port, .protocol = protocol};
	const bool reuseport = socket_option(clone, SO_REUSEPORT) == 1;
	/* Two streams share a port with SO_REUSEPORT only; without it, listen() fails. */
	const bool shares = protocol == IPPROTO_UDP || reuseport;
	int listed, result;

	if (!look.port || !port_may_be_shared(clone))
		return 0;
	listed = shares ? count_listed(protocol, look.port) : 0;
	look.listed = listed == 0;
	if (listed > 0 || descriptors_each(is_in_the_way, &look) == IN_THE_WAY)
		return -EADDRINUSE;
	if (!shares)
		return 0;
	/* With SO_REUSEPORT, the kernel puts CLONE behind sockets that serve IPv6 alone: it takes nothing
	 * from them. But it would share IPv4 with sockets that serve both families, or be behind those of
	 * other users. */
	if (reuseport)
		return !look.widened && whose(AF_INET, clone, protocol, look.port) == STRANGERS ? -EADDRINUSE
												: 0;
	/* Else CLONE gets all that comes over IPv6. */
	if (look.widened)
		return whose(AF_INET6, clone, protocol, look.port) == STRANGERS ? -EADDRINUSE : 0;
	result = probe(AF_INET6, look.port);
	if (result == -EADDRINUSE && listed == 0 && whose(AF_INET6, clone, protocol, look.port) == OURS)
		return 0;
	return result || listed == 0 ? result : probe(AF_INET, look.port);
}

/* SO_REUSEPORT shares the port with the same user only. SO_REUSEADDR would share it with any, so it is never
 * set. */
int port_succeed(int fd, int clone, const struct sockaddr_in6 *at)
{
	static const int same_user[2] = {0, 1};
	int before[2], result = clone_read_reuse(fd, before);

	if (result)
		return result;
	clone_set_reuse(fd, same_user);
	clone_set_reuse(clone, same_user);
	if (real.bind(clone, (const struct sockaddr *)at, sizeof *at) != 0)
		result = -errno;
	clone_set_reuse(fd, before);
	clone_set_reuse(clone, before);
	return result;
}

int port_join(int fd, int clone, in_port_t port)
{
	const struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = port};
	int before[2], result = clone_read_reuse(fd, before);

	/* FD itself is listed. */
	if (result == 0 && (before[0] || before[1]) && count_listed(IPPROTO_UDP, port) != 1)
		result = -EADDRINUSE;
	if (result == 0)
		result = probe(AF_INET6, port);
	return result ? result : port_succeed(fd, clone, &at);
}

int port_take_in6(int clone, in_port_t port)
{
	const struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = port};
	int before[2], result = clone_read_reuse(clone, before);

	if (result)
		return result;
	clone_set_reuse(clone, alone);
	if (socket_set(clone, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0 ||
	    real.bind(clone, (const struct sockaddr *)&at, sizeof at) != 0)
		result = -errno;
	clone_set_reuse(clone, before);
	return result;
}

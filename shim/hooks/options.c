/* getsockopt(), setsockopt() and ioctl(). */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>

#include "address/message.h"
#include "address/translate.h"
#include "base/memory.h"
#include "base/sys.h"
#include "client/connects.h"
#include "client/in_progress.h"
#include "config/config.h"
#include "server/mapped.h"
#include "server/narrow.h"
#include "socket/clone.h"
#include "socket/facts.h"
#include "socket/options.h"

/* SO_GET_FILTER of a marked datagram socket: the program has no filter, as the socket's is the library's
 * (spoof_filter.h). */
static bool no_filter(int fd, int level, int name, socklen_t *len)
{
	if (level != SOL_SOCKET || name != SO_GET_FILTER || !config.active ||
	    !memory_writable(len, sizeof *len) || (int)*len < 0 || !mark_test_datagram(fd))
		return false;
	*len = 0;
	return true;
}

/* From linux/netfilter_ipv4.h and linux/netfilter_ipv6/ip6_tables.h: SO_ORIGINAL_DST and
 * IP6T_SO_ORIGINAL_DST. */
#define OPT_ORIGINAL_DST 80

/* Whether the program asks for that on a connection of an IPv6 peer, where only IPv6's option has an answer.
 */
static bool is_original_in6(int fd, int level, int name)
{
	return level == IPPROTO_IP && name == OPT_ORIGINAL_DST && mark_test_stream(fd) &&
	       hooks_in6_peer(fd, NULL);
}

/* The address to which the peer connected, before it was redirected here. LEN stays as it is (getorigdst()).
 */
static int original_in6(int fd, void *value, const socklen_t *len)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in shown;
	socklen_t size = sizeof in6;

	if (!memory_writable(len, sizeof *len) || !memory_writable(value, sizeof shown))
		return hooks_fail(-EFAULT);
	if (*len < sizeof shown)
		return hooks_fail(-EINVAL);
	if (real.getsockopt(fd, IPPROTO_IPV6, OPT_ORIGINAL_DST, &in6, &size) != 0)
		return -1;
	shown = translate_shown(&in6, MARK_STREAM);
	memcpy(value, &shown, sizeof shown);
	return 0;
}

#define OPT_SO_PEERNAME 28

/* Whether the program asks for SO_PEERNAME of a marked socket. */
static bool is_peer_name(int fd, int level, int name, const void *value, const socklen_t *len)
{
	return level == SOL_SOCKET && name == OPT_SO_PEERNAME && config.active && hooks_dual(fd) &&
	       memory_readable(len, sizeof *len) && (int)*len >= 0 &&
	       memory_writable(value, memory_least(*len, sizeof(union sockaddr_any)));
}

/* As sk_getsockopt(), which leaves LEN alone, and gives the name even if the peer has gone. */
static int peer_name(int fd, void *value, socklen_t len)
{
	union sockaddr_any name, shown;
	socklen_t size = sizeof name.in6, has = (socklen_t)memory_least(len, sizeof shown);

	if (real.getsockopt(fd, SOL_SOCKET, OPT_SO_PEERNAME, &name, &size) != 0)
		return -1;
	(void)hooks_give(&name, size, mark_test(fd), &shown.any, &has);
	if (has < len)
		return hooks_fail(-EINVAL);
	memcpy(value, &shown, len);
	return 0;
}

/* From linux/in.h; musl has no name for it. */
#define OPT_IP_PKTOPTIONS 9

/* Corrects IP_PKTOPTIONS, in LEN bytes at VALUE, of a stream whose peer came over IPv6: the kernel reports
 * the local address 127.0.0.6 (LOOPBACK4_IPV6), by which the program could take the peer for a local one. */
static void show_local(int fd, void *value, socklen_t len)
{
	const struct msghdr got = {.msg_control = value, .msg_controllen = len};
	struct message_control c = message_controls(&got);
	union sockaddr_any local;
	struct in_pktinfo in;
	size_t size;

	if (!hooks_dual(fd) || socket_name(fd, &local) != AF_INET6 ||
	    IN6_IS_ADDR_V4MAPPED(&local.in6.sin6_addr))
		return;
	while (message_next(&c)) {
		if (c.header.cmsg_level != IPPROTO_IP || c.header.cmsg_type != IP_PKTINFO)
			continue;
		size = memory_least(c.size, sizeof in);
		memcpy(&in, c.data, size);
		in.ipi_addr = in.ipi_spec_dst = translate_shown(&local.in6, MARK_STREAM).sin_addr;
		memcpy((void *)c.data, &in, size);
	}
}

/* Answers getsockopt(SO_ERROR) in VALUE and LEN, for a descriptor with a connect in progress. If false, the
 * kernel has to answer. */
RARE static bool connect_error(int fd, void *value, socklen_t *len)
{
	const int none = 0;

	if (!value || !len || !memory_writable(len, sizeof *len) || (int)*len < 0 ||
	    !memory_writable(value, *len) || connects_ask(fd) != -EINPROGRESS)
		return false;
	/* While a connect is in progress there is no error, even if the attempt in place has just failed. Cut
	 * as getsockopt() does with less room. */
	memcpy(value, &none, memory_least(*len, sizeof none));
	if (*len > sizeof none)
		*len = sizeof none;
	return true;
}

int hook_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int domain = AF_INET, shown;
	uint32_t mtu;

	hooks_start();
	if (no_filter(fd, level, name, len))
		return 0;
	if (is_original_in6(fd, level, name))
		return original_in6(fd, value, len);
	if (is_peer_name(fd, level, name, value, len))
		return peer_name(fd, value, *len);
	if (level == SOL_SOCKET && name == SO_ERROR && connects_pending() && connect_error(fd, value, len))
		return 0;
	/* A program may wait for a connection by asking for its state. */
	if (level == IPPROTO_TCP && name == TCP_INFO && connects_pending())
		(void)connects_ask(fd);
	/* An AF_INET socket has no options of this level: do_ip_getsockopt() and do_ipv6_getsockopt() differ
	 * in the error. */
	if (level == IPPROTO_IPV6 && hooks_dual(fd))
		return hooks_fail(-EOPNOTSUPP);
	if (real.getsockopt(fd, level, name, value, len) != 0)
		return errno == ENOPROTOOPT && level != SOL_SOCKET && level != IPPROTO_IP && hooks_dual(fd) &&
			       level != socket_protocol(fd)
			   ? hooks_fail(-EOPNOTSUPP)
			   : -1;
	if (level == IPPROTO_IP && name == OPT_IP_PKTOPTIONS)
		show_local(fd, value, *len);
	if (level == IPPROTO_IP && name == IP_MTU && *len == sizeof mtu && hooks_dual(fd) &&
	    hooks_in6_peer(fd, NULL)) {
		memcpy(&mtu, value, sizeof mtu);
		mtu = message_mtu(mtu);
		memcpy(value, &mtu, sizeof mtu);
	}
	if (level == SOL_SOCKET && name == SO_DOMAIN && hooks_dual(fd))
		memcpy(value, &domain, memory_least(*len, sizeof domain));
	if (config.active && mark_hides(fd, level, name, &shown))
		memcpy(value, &shown, memory_least(*len, sizeof shown));
	return 0;
}

/* The result of a call that mark_guards() keeps from the kernel. The program has no filter to detach. */
static int set_nothing(int level, int name, const void *value)
{
	if (!memory_readable(value, sizeof(int)))
		return hooks_fail(-EFAULT);
	return level == SOL_SOCKET && name == SO_DETACH_FILTER ? hooks_fail(-ENOENT) : 0;
}

/* Makes the call on a new IPv4 socket of FD's protocol. Returns whether the call changes anything, as it may
 * if no such socket can be made, or a negative errno. */
static int try_plainly(int fd, int level, int name, const void *value, socklen_t len)
{
	int plain = clone_new(AF_INET, socket_protocol(fd)), result = 1;

	if (plain < 0)
		return 1;
	if (real.setsockopt(plain, level, name, value, len) != 0)
		result = -errno;
	else if (level == SOL_SOCKET && name == SO_DONTROUTE)
		result = socket_option(plain, SO_DONTROUTE) > 0;
	sys_close(plain);
	return result;
}

/* The program sets an option on the widened socket FD that can't hold for IPv6. FD is narrowed if possible,
 * but not for a call that fails or changes nothing. Returns 0, 1 if FD is IPv4 now, or a negative errno. */
static int make_plain(int fd, int level, int name, const void *value, socklen_t len)
{
	int result = try_plainly(fd, level, name, value, len);

	if (result <= 0)
		return result;
	result = narrow(fd);
	return result && result != -ENOTCONN ? result : 1;
}

/* Some options of a dual-stack socket are set for IPv6 as well. Options that exist in IPv4 only narrow it. */
int hook_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	const struct option *row;
	int saved = errno, result;
	bool marked, mapped;

	hooks_start();
	options_note(level, name);
	if ((int)len < 0)
		return real.setsockopt(fd, level, name, value, len);
	if (level == IPPROTO_IPV6 && hooks_dual(fd))
		return hooks_fail(-ENOPROTOOPT);
	if (config.active && len >= sizeof(int) && mark_guards(fd, level, name))
		return set_nothing(level, name, value);
	row = config.active ? options_find(level, name) : NULL;
	if (!row && !connects_pending())
		return real.setsockopt(fd, level, name, value, len);
	marked = row && mark_test(fd) != MARK_NONE;
	mapped = row && row->strict && !marked && mark_expected() && mapped_port(fd);
	if (((marked && row->strict && row->name6 < 0) || mapped) && memory_readable(value, len)) {
		result = make_plain(fd, level, name, value, len);
		if (result < 0)
			return hooks_fail(result);
		marked = marked && result == 0;
	}
	errno = saved;
	if (real.setsockopt(fd, level, name, value, len) != 0)
		return -1;
	if (connects_pending())
		connects_set(fd, level, name, value, len);
	result = row && marked ? options_mirror(fd, row, value, len) : 0;
	if (row && !marked && row->kind == OPTION_KEEP)
		(void)mark_keep(fd);
	errno = saved;
	return result ? hooks_fail(result) : 0;
}

/* Whether REQUEST works only on AF_INET sockets, at least for aliases (inet_ioctl(); netdevice(7), arp(7),
 * ip(7)): routes, flags and addresses of interfaces, ARP. */
static bool is_in_request(unsigned long request)
{
	return (request >= 0x890b && request <= 0x890d) || (request >= 0x8914 && request <= 0x891c) ||
	       (request >= 0x8934 && request <= 0x8936) || (request >= 0x8953 && request <= 0x8955);
}

/* Such a request concerns the network namespace of its socket, so any AF_INET socket there will do. If the
 * thread has moved to another namespace, the request must not be made. */
static int ask_plainly(int fd, unsigned long request, void *arg)
{
	int error = errno, in = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;

	if (in < 0)
		return -1;
	result = socket_same_namespace(fd, in) == 0 ? real.ioctl(in, request, arg) : hooks_fail(-ENOTTY);
	if (result < 0)
		error = errno;
	sys_close(in);
	errno = error;
	return result;
}

int hook_ioctl(int fd, unsigned long request, ...)
{
	void *arg = HOOKS_ARGUMENT(request);

	hooks_start();
	if (request == FIOSETOWN || request == SIOCSPGRP)
		options_note_owner();
	return is_in_request(request) && hooks_dual(fd) ? ask_plainly(fd, request, arg)
							: real.ioctl(fd, request, arg);
}

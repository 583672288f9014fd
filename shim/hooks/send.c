/* The calls that send a message to an address. Streams need none of this, except TCP Fast Open. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "address/message.h"
#include "address/reply_source.h"
#include "address/translate.h"
#include "base/memory.h"
#include "client/destinations.h"
#include "client/in_progress.h"
#include "config/config.h"
#include "config/settings.h"
#include "resolver/connect_rules.h"
#include "socket/facts.h"

/* MSG_FASTOPEN connects (tcp(7)). Unlike datagram sockets, AF_INET6 stream sockets accept no IPv4 address. */
static bool fast_open(int fd, const struct sockaddr *addr, socklen_t len, int flags, struct sockaddr_in6 *to)
{
	return flags & MSG_FASTOPEN && sockaddr_is_in(addr, len) && mark_test(fd) == MARK_STREAM &&
	       translate_in6(addr, len, to);
}

/* Whether to make a connect() and a send out of MSG_FASTOPEN to ADDR: its data could go to one address of the
 * name only, or ADDR is nobody's. */
static bool opens_by_name(int fd, const struct sockaddr *addr, socklen_t len, int flags)
{
	return flags & MSG_FASTOPEN && addr && socket_protocol(fd) == IPPROTO_TCP &&
	       (translate_nobodys(addr, len) ||
		(!(flags & MSG_DONTWAIT) && connect_has_others(fd, addr, len)));
}

/* An AF_INET socket treats AF_UNSPEC as AF_INET (udp_sendmsg()); an AF_INET6 socket does not. */
static bool unspecified(int fd, const struct sockaddr *addr, socklen_t len, struct sockaddr_in *in)
{
	if (!addr || len < sizeof *in || len > sizeof(union sockaddr_any) ||
	    sockaddr_family(addr) != AF_UNSPEC || !mark_test_datagram(fd))
		return false;
	memcpy(in, addr, sizeof *in);
	in->sin_family = AF_INET;
	return true;
}

/* Whether ADDR is of the pool and stands for nobody: no datagram ever leaves for it. Exception: the program's
 * own socket with a port may answer a host that really has the address. */
static bool leads_nowhere(int fd, const struct sockaddr *addr, socklen_t len)
{
	union sockaddr_any name;
	int saved = errno;
	bool result;

	if (!translate_nobodys(addr, len))
		return false;
	result = translate_forgotten(addr, len) || mark_test(fd) != MARK_NONE ||
		 (socket_name(fd, &name) && name.in.sin_port == 0);
	result = result && socket_option(fd, SO_TYPE) != SOCK_STREAM;
	errno = saved;
	return result;
}

/* Returns the negative errno with which sending to ADDR fails, or 0. It fails if ADDR leads nowhere, or if an
 * AF_INET socket refuses ADDR. IPv6 addresses are not refused: aria2c has an AF_INET socket and sends to
 * every address of a name. */
static int refused(int fd, const struct sockaddr *addr, socklen_t len)
{
	if (translate_foreign(addr, len) && !sockaddr_is_in6(addr, len) && mark_test_datagram(fd))
		return -EAFNOSUPPORT;
	/* An AF_INET socket takes AF_UNSPEC for AF_INET, for which this is too short. */
	if (addr && len >= sizeof addr->sa_family && len < sizeof(struct sockaddr_in) &&
	    sockaddr_family(addr) == AF_UNSPEC && mark_test_datagram(fd))
		return -EINVAL;
	return leads_nowhere(fd, addr, len) ? -ENETUNREACH : 0;
}

bool hooks_leaves_from(int fd, const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *to,
		       struct in6_pktinfo *local)
{
	return addr && reply_source_expected() &&
	       (translate_synthetic(addr, len, to) ||
		((reply_source_in4() || sockaddr_is_in6(addr, len)) && translate_in6(addr, len, to))) &&
	       reply_source_of(fd, to, local);
}

/* Whether a message to ADDR goes to TO instead, through a translator, because the kernel has just found no
 * IPv4 route to ADDR. */
static bool by_nat64(int fd, const struct sockaddr *addr, socklen_t len, int flags, struct sockaddr_in6 *to)
{
	return errno == ENETUNREACH && destination_nat64(addr, len, to) &&
	       connect_rules_send(fd, addr, len, flags, &to->sin6_addr) && ready_for_nat64(fd, addr, to);
}

/* Whether a message to ADDR, whose family the kernel has just refused, goes to TO, because ADDR is the IPv6
 * address of a peer that the program knows. The program's AF_INET socket FD can then send there. */
static bool by_known(int fd, const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *to)
{
	struct sockaddr_in shown;

	return errno == EAFNOSUPPORT && hooks_known_in6(fd, addr, len, &shown) && ready_for_in6(fd) &&
	       translate_in6(addr, len, to);
}

bool hooks_refused_source(ssize_t sent)
{
	static const int errors[] = {EINVAL, ENODEV,       EADDRNOTAVAIL, ENETUNREACH, EHOSTUNREACH,
				     EACCES, EAFNOSUPPORT, EPERM,         ENOSYS};
	bool result = false;

	for (size_t i = 0; sent < 0 && i < sizeof errors / sizeof *errors; i++)
		result |= errno == errors[i];
	return result;
}

/* Sends an answer to TO from LOCAL. */
static __attribute__((noinline)) ssize_t send_answer(int fd, const void *data, size_t size, int flags,
						     struct sockaddr_in6 *to, const struct in6_pktinfo *local)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof *local)];
	struct iovec piece = {(void *)data, size};
	struct msghdr kernel = {
	    .msg_name = to, .msg_namelen = sizeof *to, .msg_iov = &piece, .msg_iovlen = 1};

	(void)message_send_from(&kernel, control, local);
	return real.sendmsg(fd, &kernel, flags);
}

/* Whether an AF_INET socket has refused an IPv6 address (udp_sendmsg()), and is ready for it now. */
static __attribute__((noinline)) bool ready_now(int fd, ssize_t sent, int saved)
{
	if (sent >= 0 || errno != EAFNOSUPPORT)
		return false;
	errno = saved;
	return ready_for_in6(fd);
}

ssize_t hook_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *addr,
		    socklen_t len)
{
	struct in6_pktinfo local;
	struct sockaddr_in6 to;
	struct sockaddr_in in;
	bool again = false;
	ssize_t result;
	int saved = errno;

	hooks_start();
	if (connects_pending() && !connect_settled(fd, flags, SO_SNDTIMEO))
		return -1;
	if (!config.active || !memory_readable_address_lately(addr, len))
		return real.sendto(fd, data, size, flags, addr, len);
	if (opens_by_name(fd, addr, len, flags))
		return hook_connect(fd, addr, len) == 0
			   ? hook_sendto(fd, data, size, flags & ~MSG_FASTOPEN, NULL, 0)
			   : -1;
	if (unspecified(fd, addr, len, &in))
		return hook_sendto(fd, data, size, flags, (const struct sockaddr *)&in, sizeof in);
	result = refused(fd, addr, len);
	if (result)
		return hooks_fail((int)result);
	if (addr && !connect_rules_send(fd, addr, len, flags, NULL))
		return -1;
	do {
		if (hooks_leaves_from(fd, addr, len, &to, &local)) {
			result = send_answer(fd, data, size, flags, &to, &local);
			if (!hooks_refused_source(result))
				return result;
			errno = saved;
		}
		if (!translate_synthetic(addr, len, &to) && !fast_open(fd, addr, len, flags, &to)) {
			result = real.sendto(fd, data, size, flags, addr, len);
			if (result >= 0 ||
			    (!by_nat64(fd, addr, len, flags, &to) && !by_known(fd, addr, len, &to)))
				return result;
			errno = saved;
		}
		result = real.sendto(fd, data, size, flags, (const struct sockaddr *)&to, sizeof to);
	} while (!again && (again = ready_now(fd, result, saved)));
	return result;
}

/* Whether MESSAGE has control messages but no name, and FD is connected to the IPv6 address TO. If so, the
 * control messages have to be IPv6's. */
static bool connected_in6(int fd, const struct msghdr *message, struct sockaddr_in6 *to)
{
	if (message->msg_name || !message->msg_control || !message->msg_controllen || !mark_test_datagram(fd))
		return false;
	return hooks_in6_peer(fd, to);
}

/* A program that is shown IPv6 addresses (peer = real) sends to them, but with control messages of IPv4. */
static bool in6_by_name(int fd, const struct msghdr *message, struct sockaddr_in6 *to)
{
	return config.settings.peer == SETTINGS_PEER_REAL && message->msg_control &&
	       message->msg_controllen && sockaddr_is_in6(message->msg_name, message->msg_namelen) &&
	       mark_test_datagram(fd) && translate_in6(message->msg_name, message->msg_namelen, to);
}

bool hooks_readable(const struct msghdr *message)
{
	return memory_readable_lately(message, sizeof *message) &&
	       (!message->msg_name ||
		memory_readable_lately(message->msg_name,
				       memory_least(message->msg_namelen, sizeof(union sockaddr_any)))) &&
	       memory_readable_lately(message->msg_control,
				      memory_least(message->msg_controllen, MESSAGE_MOST));
}

/* Sends MESSAGE to TO, from LOCAL if that is not NULL; without a name if FD is CONNECTED to TO. */
static ssize_t send_message(int fd, const struct msghdr *message, int flags, struct sockaddr_in6 *to,
			    const struct in6_pktinfo *local, bool connected)
{
	_Alignas(struct cmsghdr) char control[message_room(message->msg_controllen)];
	struct msghdr kernel;
	int result = message_send(message, &kernel, to, control);

	if (result)
		return hooks_fail(result);
	if (connected) {
		kernel.msg_name = NULL;
		kernel.msg_namelen = 0;
	}
	if (local)
		(void)message_send_from(&kernel, control, local);
	return real.sendmsg(fd, &kernel, flags);
}

/* Sends MESSAGE to where its name leads; errno is to be SAVED. */
static ssize_t send_translated(int fd, const struct msghdr *message, int flags, int saved)
{
	const struct sockaddr *addr = message->msg_name;
	const socklen_t len = message->msg_namelen;
	bool connected = false, again = false;
	struct in6_pktinfo local;
	struct sockaddr_in6 to;
	ssize_t sent;

	do {
		if (hooks_leaves_from(fd, addr, len, &to, &local)) {
			sent = send_message(fd, message, flags, &to, &local, false);
			if (!hooks_refused_source(sent))
				return sent;
			errno = saved;
		}
		if (!message_to(message, &to) && !in6_by_name(fd, message, &to) &&
		    !fast_open(fd, addr, len, flags, &to) && !(connected = connected_in6(fd, message, &to))) {
			sent = real.sendmsg(fd, message, flags);
			if (sent >= 0 ||
			    (!by_nat64(fd, addr, len, flags, &to) && !by_known(fd, addr, len, &to)))
				return sent;
			errno = saved;
		}
		sent = send_message(fd, message, flags, &to, NULL, connected);
	} while (!again && (again = ready_now(fd, sent, saved)));
	return sent;
}

ssize_t hook_sendmsg(int fd, const struct msghdr *message, int flags)
{
	const struct sockaddr *addr;
	struct msghdr kernel;
	struct sockaddr_in in;
	int saved = errno, result;
	socklen_t len;

	hooks_start();
	if (connects_pending() && !connect_settled(fd, flags, SO_SNDTIMEO))
		return -1;
	if (!config.active || !message || !hooks_readable(message))
		return real.sendmsg(fd, message, flags);
	hooks_hand_on(message);
	addr = message->msg_name;
	len = message->msg_namelen;
	if (opens_by_name(fd, addr, len, flags)) {
		kernel = *message;
		kernel.msg_name = NULL;
		kernel.msg_namelen = 0;
		return hook_connect(fd, addr, len) == 0 ? hook_sendmsg(fd, &kernel, flags & ~MSG_FASTOPEN)
							: -1;
	}
	if (unspecified(fd, addr, len, &in)) {
		kernel = *message;
		kernel.msg_name = &in;
		kernel.msg_namelen = sizeof in;
		return hook_sendmsg(fd, &kernel, flags);
	}
	result = refused(fd, addr, len);
	if (result)
		return hooks_fail(result);
	if (!connect_rules_send(fd, addr, len, flags, NULL))
		return -1;
	return send_translated(fd, message, flags, saved);
}

bool hooks_sends(int fd, const struct msghdr *message, int flags)
{
	const struct sockaddr *addr = message->msg_name;
	const socklen_t len = message->msg_namelen;
	struct in6_pktinfo local;
	struct sockaddr_in6 to;
	struct sockaddr_in in;

	return message_to(message, &to) || fast_open(fd, addr, len, flags, &to) ||
	       unspecified(fd, addr, len, &in) || hooks_leaves_from(fd, addr, len, &to, &local) ||
	       refused(fd, addr, len);
}

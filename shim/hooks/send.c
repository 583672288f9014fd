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
#include "client/connect.h"
#include "client/destinations.h"
#include "client/in_progress.h"
#include "config/config.h"
#include "config/rule.h"
#include "config/rules.h"
#include "config/settings.h"
#include "resolver/connect_rules.h"
#include "resolver/nat64.h"
#include "server/listeners.h"
#include "socket/facts.h"

/* The kernel ignores further messages (__sys_sendmmsg(), UIO_MAXIOV). */
enum { MOST_MESSAGES = 1024 };

/* MSG_FASTOPEN connects (tcp(7)). Unlike datagram sockets, AF_INET6 stream sockets accept no IPv4 address. */
static bool fast_open(int fd, const struct sockaddr *addr, socklen_t len, int flags, struct sockaddr_in6 *to)
{
	struct sockaddr_in in;

	if (!addr || !(flags & MSG_FASTOPEN) || !sockaddr_is_in(addr, len) || mark_test(fd) != MARK_STREAM)
		return false;
	memcpy(&in, addr, sizeof in);
	*to = translate_real(&in);
	return true;
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

/* Whether ADDR is of the pool and stands for nobody: no datagram ever leaves for it. Exception: a plain IPv4
 * socket with a port may answer a host that really has the address. */
static bool leads_nowhere(int fd, const struct sockaddr *addr, socklen_t len)
{
	union sockaddr_any name;
	socklen_t size = sizeof name;
	int saved = errno;
	bool result;

	if (!translate_nobodys(addr, len))
		return false;
	result = translate_forgotten(addr, len) || mark_test(fd) != MARK_NONE ||
		 (real.getsockname(fd, &name.any, &size) == 0 && sockaddr_is_in(&name.any, size) &&
		  name.in.sin_port == 0);
	result = result && socket_option(fd, SO_TYPE) != SOCK_STREAM;
	errno = saved;
	return result;
}

/* Returns the errno with which sending to ADDR fails, or 0. It fails if ADDR leads nowhere, or if an AF_INET
 * socket refuses ADDR. IPv6 addresses are not refused: aria2c has an AF_INET
 * socket and sends to every address of a name. */
static int refused(int fd, const struct sockaddr *addr, socklen_t len)
{
	if (translate_foreign(addr, len) && !sockaddr_is_in6(addr, len) && mark_test_datagram(fd))
		return EAFNOSUPPORT;
	if (translate_short(addr, len) && mark_test_datagram(fd))
		return EINVAL;
	return leads_nowhere(fd, addr, len) ? ENETUNREACH : 0;
}

static int fail(int error)
{
	errno = error;
	return -1;
}

/* Whether a message to the IPv4 address ADDR goes to TO, which is ADDR V4MAPPED, because it has to leave from
 * a certain address. */
static bool by_fixed(int fd, const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *to)
{
	return reply_source_is_fixed() && sockaddr_is_in(addr, len) && mark_test_datagram(fd) &&
	       translate_in6(addr, len, to);
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

/* Whether an answer was refused because its source is no address of this host any more, or because a sandbox
 * forbids the call. */
static bool is_refused_source(ssize_t sent)
{
	return sent < 0 && (errno == EINVAL || errno == ENODEV || errno == EADDRNOTAVAIL || errno == EPERM ||
			    errno == ENOSYS);
}

/* Sends an answer to TO, from the address that TO asked if possible. */
static __attribute__((noinline)) ssize_t send_answer(int fd, const void *data, size_t size, int flags,
						     struct sockaddr_in6 *to, const struct in6_pktinfo *local)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof *local)];
	struct iovec piece = {(void *)data, size};
	struct msghdr kernel = {
	    .msg_name = to, .msg_namelen = sizeof *to, .msg_iov = &piece, .msg_iovlen = 1};
	int saved = errno;
	ssize_t sent;

	(void)message_send_from(&kernel, control, local);
	sent = real.sendmsg(fd, &kernel, flags);
	if (!is_refused_source(sent))
		return sent;
	errno = saved;
	return real.sendto(fd, data, size, flags, (const struct sockaddr *)to, sizeof *to);
}

/* The same for KERNEL, to which message_send_from() has added ADDED bytes. */
static ssize_t send_answer_message(int fd, struct msghdr *kernel, int flags, size_t added)
{
	int saved = errno;
	ssize_t sent = real.sendmsg(fd, kernel, flags);

	if (!is_refused_source(sent))
		return sent;
	errno = saved;
	/* musl has another type for it than glibc. */
	kernel->msg_controllen = (__typeof__(kernel->msg_controllen))(kernel->msg_controllen - added);
	return real.sendmsg(fd, kernel, flags);
}

/* Sends to TO without a look at FD: an AF_INET socket refuses TO (udp_sendmsg()). */
static __attribute__((noinline)) ssize_t send_in6(int fd, const void *data, size_t size, int flags,
						  struct sockaddr_in6 *to)
{
	const struct sockaddr *name = (const struct sockaddr *)to;
	struct in6_pktinfo local;
	int saved = errno;
	ssize_t result;

	result = reply_source_of(fd, to, &local) ? send_answer(fd, data, size, flags, to, &local)
						 : real.sendto(fd, data, size, flags, name, sizeof *to);
	if (result >= 0 || errno != EAFNOSUPPORT)
		return result;
	errno = saved;
	return ready_for_in6(fd) ? real.sendto(fd, data, size, flags, name, sizeof *to) : -1;
}

ssize_t hook_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *addr,
		    socklen_t len)
{
	struct sockaddr_in6 to;
	struct sockaddr_in in;
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
		return fail((int)result);
	if (addr && !connect_rules_send(fd, addr, len, flags, NULL))
		return -1;
	if (!translate_synthetic(addr, len, &to) && !fast_open(fd, addr, len, flags, &to) &&
	    !by_fixed(fd, addr, len, &to)) {
		result = real.sendto(fd, data, size, flags, addr, len);
		if (result >= 0 || (!by_nat64(fd, addr, len, flags, &to) && !by_known(fd, addr, len, &to)))
			return result;
		errno = saved;
	}
	return send_in6(fd, data, size, flags, &to);
}

/* Whether MESSAGE has control messages but no name, and FD is connected to the IPv6 address TO. If so, the
 * control messages have to be IPv6's. */
static bool connected_in6(int fd, const struct msghdr *message, struct sockaddr_in6 *to)
{
	union sockaddr_any peer;
	socklen_t len = sizeof peer;
	int saved = errno;
	bool result;

	if (!message || message->msg_name || !message->msg_control || !message->msg_controllen ||
	    !mark_test_datagram(fd))
		return false;
	result = real.getpeername(fd, &peer.any, &len) == 0 && sockaddr_is_in6(&peer.any, len) &&
		 !IN6_IS_ADDR_V4MAPPED(&peer.in6.sin6_addr);
	errno = saved;
	if (result)
		*to = peer.in6;
	return result;
}

/* A program that is shown IPv6 addresses (peer = real) sends to them, but with control messages of IPv4. */
static bool in6_by_name(int fd, const struct msghdr *message, struct sockaddr_in6 *to)
{
	return config.peer == SETTINGS_PEER_REAL && message->msg_control && message->msg_controllen &&
	       sockaddr_is_in6(message->msg_name, message->msg_namelen) && mark_test_datagram(fd) &&
	       translate_in6(message->msg_name, message->msg_namelen, to);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Whether all parts of MESSAGE that the library reads can be read. */
static bool readable(const struct msghdr *message)
{
	return memory_readable_lately(message, sizeof *message) &&
	       (!message->msg_name ||
		memory_readable_lately(message->msg_name,
				       least(message->msg_namelen, sizeof(union sockaddr_any)))) &&
	       memory_readable_lately(message->msg_control, least(message->msg_controllen, MESSAGE_MOST));
}

/* What MESSAGE passes to another process is not this process's alone any more. */
static void hand_on(const struct msghdr *message)
{
	int saved = errno;

	if (mark_expected() && message->msg_controllen <= MESSAGE_MOST)
		hooks_each_passed(message, listeners_hand_on);
	errno = saved;
}

ssize_t hook_sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct sockaddr_in6 to;
	struct msghdr kernel;
	struct sockaddr_in in;
	struct in6_pktinfo local;
	size_t added;
	bool connected = false;
	int saved = errno, result;
	ssize_t sent;

	hooks_start();
	if (connects_pending() && !connect_settled(fd, flags, SO_SNDTIMEO))
		return -1;
	if (!config.active || !message || !readable(message))
		return real.sendmsg(fd, message, flags);
	hand_on(message);
	if (opens_by_name(fd, message->msg_name, message->msg_namelen, flags)) {
		kernel = *message;
		kernel.msg_name = NULL;
		kernel.msg_namelen = 0;
		return hook_connect(fd, message->msg_name, message->msg_namelen) == 0
			   ? hook_sendmsg(fd, &kernel, flags & ~MSG_FASTOPEN)
			   : -1;
	}
	if (unspecified(fd, message->msg_name, message->msg_namelen, &in)) {
		kernel = *message;
		kernel.msg_name = &in;
		kernel.msg_namelen = sizeof in;
		return hook_sendmsg(fd, &kernel, flags);
	}
	result = refused(fd, message->msg_name, message->msg_namelen);
	if (result)
		return fail(result);
	if (!connect_rules_send(fd, message->msg_name, message->msg_namelen, flags, NULL))
		return -1;
	if (!message_to(message, &to) && !in6_by_name(fd, message, &to) &&
	    !by_fixed(fd, message->msg_name, message->msg_namelen, &to) &&
	    !fast_open(fd, message->msg_name, message->msg_namelen, flags, &to) &&
	    !(connected = connected_in6(fd, message, &to))) {
		sent = real.sendmsg(fd, message, flags);
		if (sent >= 0 || (!by_nat64(fd, message->msg_name, message->msg_namelen, flags, &to) &&
				  !by_known(fd, message->msg_name, message->msg_namelen, &to)))
			return sent;
		errno = saved;
	}
	_Alignas(struct cmsghdr) char control[message_room(message->msg_controllen)];

	result = message_send(message, &kernel, &to, control);
	if (result)
		return fail(-result);
	if (connected) {
		kernel.msg_name = NULL;
		kernel.msg_namelen = 0;
	}
	added =
	    !connected && reply_source_of(fd, &to, &local) ? message_send_from(&kernel, control, &local) : 0;
	sent = added ? send_answer_message(fd, &kernel, flags, added) : real.sendmsg(fd, &kernel, flags);
	if (sent >= 0 || errno != EAFNOSUPPORT)
		return sent;
	errno = saved;
	return ready_for_in6(fd) ? real.sendmsg(fd, &kernel, flags) : -1;
}

/* Whether any of the messages needs hook_sendmsg(). */
static bool any_in6(int fd, const struct mmsghdr *messages, unsigned count, int flags)
{
	struct sockaddr_in6 to;
	struct sockaddr_in in;
	bool control = false;

	for (unsigned i = 0; i < count; i++) {
		if (!readable(&messages[i].msg_hdr))
			return false;
		const struct msghdr *m = &messages[i].msg_hdr;

		if (message_to(m, &to) || fast_open(fd, m->msg_name, m->msg_namelen, flags, &to) ||
		    unspecified(fd, m->msg_name, m->msg_namelen, &in) ||
		    refused(fd, m->msg_name, m->msg_namelen))
			return true;
		hand_on(m);
		control |= m->msg_control && m->msg_controllen;
	}
	return rules_any(RULES_CONNECT) || reply_source_is_fixed() || (control && mark_test_datagram(fd));
}

/* Sends them one by one. sendmmsg(2) fails only if nothing was sent. */
static int send_each(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	int saved = errno;

	for (unsigned i = 0; i < count; i++) {
		ssize_t sent = hook_sendmsg(fd, &messages[i].msg_hdr, flags);

		if (sent < 0 && i == 0)
			return -1;
		if (sent < 0) {
			errno = saved;
			return (int)i;
		}
		messages[i].msg_len = (unsigned)sent;
	}
	return (int)count;
}

int hook_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	int saved = errno, result;

	hooks_start();
	if (connects_pending() && !connect_settled(fd, flags, SO_SNDTIMEO))
		return -1;
	if (!config.active || !messages)
		return real.sendmmsg(fd, messages, count, flags);
	if (count > MOST_MESSAGES)
		count = MOST_MESSAGES;
	if (any_in6(fd, messages, count, flags))
		return send_each(fd, messages, count, flags);
	result = real.sendmmsg(fd, messages, count, flags);
	if (result >= 0 || (errno != EAFNOSUPPORT && (errno != ENETUNREACH || !nat64_known())))
		return result;
	errno = saved;
	return send_each(fd, messages, count, flags);
}

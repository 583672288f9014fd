/* The calls that carry an address with each message. A stream needs none of this, but for TCP Fast Open. */
#define _GNU_SOURCE
#include "preload.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "attempts.h"
#include "candidates.h"
#include "config.h"
#include "datagram.h"
#include "log.h"
#include "mark.h"
#include "memory.h"
#include "nat64.h"
#include "policy.h"
#include "view.h"

/* Those behind are not looked at (__sys_sendmmsg(), UIO_MAXIOV). */
enum { MOST_MESSAGES = 1024 };

/* Messages of recvmmsg() that are translated at a time, and bytes of their control messages. */
enum { BATCH = 8, BATCH_CONTROL = 4096 };

/* MSG_FASTOPEN connects (tcp(7)); AF_INET6 stream sockets take no IPv4 address, datagram sockets do. */
static bool fast_open(int fd, const struct sockaddr *addr, socklen_t len, int flags, struct sockaddr_in6 *to)
{
	struct sockaddr_in in;

	if (!(flags & MSG_FASTOPEN) || !view_is_in(addr, len) || mark_test(fd) != MARK_STREAM)
		return false;
	memcpy(&in, addr, sizeof in);
	*to = view_real(&in);
	return true;
}

/* Linux takes AF_UNSPEC for AF_INET here (udp_sendmsg()), but not on an AF_INET6 socket. */
static bool unspecified(int fd, const struct sockaddr *addr, socklen_t len, struct sockaddr_in *in)
{
	if (!addr || len < sizeof *in || len > sizeof(union view_any) || view_family(addr) != AF_UNSPEC ||
	    !mark_test_datagram(fd))
		return false;
	memcpy(in, addr, sizeof *in);
	in->sin_family = AF_INET;
	return true;
}

/* Why nothing is sent to ADDR: it stood for a peer that is forgotten, or is none that the program's socket
 * would take. (An IPv6 address is, now: aria2c has an AF_INET socket and sends to whatever address a name
 * has.) 0: it may be sent. */
static int refused(int fd, const struct sockaddr *addr, socklen_t len)
{
	if (view_foreign(addr, len) && !view_is_in6(addr, len) && mark_test_datagram(fd))
		return EAFNOSUPPORT;
	if (view_short(addr, len) && mark_test_datagram(fd))
		return EINVAL;
	return view_forgotten(addr, len) ? ENETUNREACH : 0;
}

static int fail(int error)
{
	errno = error;
	return -1;
}

/* Whether a message to ADDR, to which the kernel has just found no way in IPv4, goes to TO, by a translator.
 */
static bool by_nat64(int fd, const struct sockaddr *addr, socklen_t len, int flags, struct sockaddr_in6 *to)
{
	return errno == ENETUNREACH && candidates_nat64(addr, len, to) &&
	       policy_send(fd, addr, len, flags, &to->sin6_addr) && ready_for_nat64(fd, addr, to);
}

/* Sends to TO from what FD was a moment ago, which saves asking: a socket that is AF_INET by now refuses it
 * (udp_sendmsg()). */
static ssize_t send_in6(int fd, const void *data, size_t size, int flags, const struct sockaddr_in6 *to)
{
	const struct sockaddr *name = (const struct sockaddr *)to;
	int saved = errno;
	ssize_t result;

	if (mark_seen_datagram(fd)) {
		result = real.sendto(fd, data, size, flags, name, sizeof *to);
		if (result >= 0 || errno != EAFNOSUPPORT)
			return result;
		errno = saved;
	}
	return ready_for_in6(fd) ? real.sendto(fd, data, size, flags, name, sizeof *to) : -1;
}

ssize_t hook_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *addr,
		    socklen_t len)
{
	struct sockaddr_in6 to;
	struct sockaddr_in in;
	ssize_t result;
	int saved = errno;

	preload_start();
	if (attempts_pending() && !connect_settled(fd, flags, SO_SNDTIMEO))
		return -1;
	if (!config.active || !memory_readable_address(addr, len))
		return real.sendto(fd, data, size, flags, addr, len);
	if (unspecified(fd, addr, len, &in))
		return hook_sendto(fd, data, size, flags, (const struct sockaddr *)&in, sizeof in);
	result = refused(fd, addr, len);
	if (result)
		return fail((int)result);
	if (addr && !policy_send(fd, addr, len, flags, NULL))
		return -1;
	if (!view_synthetic(addr, len, &to) && !fast_open(fd, addr, len, flags, &to)) {
		result = real.sendto(fd, data, size, flags, addr, len);
		if (result >= 0 || !by_nat64(fd, addr, len, flags, &to))
			return result;
		errno = saved;
	}
	return send_in6(fd, data, size, flags, &to);
}

/* With no name the message goes where the socket is connected to: its control messages are to be IPv6's if
 * that is an IPv6 address. */
static bool connected_in6(int fd, const struct msghdr *message, struct sockaddr_in6 *to)
{
	union view_any peer;
	socklen_t len = sizeof peer;
	int saved = errno;
	bool result;

	if (!message || message->msg_name || !message->msg_control || !message->msg_controllen ||
	    !mark_test_datagram(fd))
		return false;
	result = real.getpeername(fd, &peer.any, &len) == 0 && view_is_in6(&peer.any, len) &&
		 !IN6_IS_ADDR_V4MAPPED(&peer.in6.sin6_addr);
	errno = saved;
	if (result)
		*to = peer.in6;
	return result;
}

/* A program that is shown IPv6 addresses sends to them, with control messages of IPv4 all the same. */
static bool in6_by_name(int fd, const struct msghdr *message, struct sockaddr_in6 *to)
{
	return config.peer == SETTINGS_PEER_REAL && message->msg_control && message->msg_controllen &&
	       view_is_in6(message->msg_name, message->msg_namelen) && mark_test_datagram(fd) &&
	       view_in6(message->msg_name, message->msg_namelen, to);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Whether all of MESSAGE that the shim looks at can be read. */
static bool readable(const struct msghdr *message)
{
	return memory_readable(message, sizeof *message) &&
	       (!message->msg_name ||
		memory_readable(message->msg_name, least(message->msg_namelen, sizeof(union view_any)))) &&
	       memory_readable(message->msg_control, least(message->msg_controllen, DATAGRAM_MOST));
}

ssize_t hook_sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct sockaddr_in6 to;
	struct msghdr kernel;
	struct sockaddr_in in;
	bool connected = false;
	int saved = errno, result;
	ssize_t sent;

	preload_start();
	if (attempts_pending() && !connect_settled(fd, flags, SO_SNDTIMEO))
		return -1;
	if (!config.active || !message || !readable(message))
		return real.sendmsg(fd, message, flags);
	if (unspecified(fd, message->msg_name, message->msg_namelen, &in)) {
		kernel = *message;
		kernel.msg_name = &in;
		kernel.msg_namelen = sizeof in;
		return hook_sendmsg(fd, &kernel, flags);
	}
	result = refused(fd, message->msg_name, message->msg_namelen);
	if (result)
		return fail(result);
	if (!policy_send(fd, message->msg_name, message->msg_namelen, flags, NULL))
		return -1;
	if (!datagram_to(message, &to) && !in6_by_name(fd, message, &to) &&
	    !fast_open(fd, message->msg_name, message->msg_namelen, flags, &to) &&
	    !(connected = connected_in6(fd, message, &to))) {
		sent = real.sendmsg(fd, message, flags);
		if (sent >= 0 || !by_nat64(fd, message->msg_name, message->msg_namelen, flags, &to))
			return sent;
		errno = saved;
	}
	_Alignas(struct cmsghdr) char control[datagram_room(message->msg_controllen)];

	result = datagram_send(message, &kernel, &to, control);
	if (result)
		return fail(-result);
	if (connected) {
		kernel.msg_name = NULL;
		kernel.msg_namelen = 0;
	}
	if (mark_seen_datagram(fd)) {
		sent = real.sendmsg(fd, &kernel, flags);
		if (sent >= 0 || errno != EAFNOSUPPORT)
			return sent;
		errno = saved;
	}
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

		if (datagram_to(m, &to) || fast_open(fd, m->msg_name, m->msg_namelen, flags, &to) ||
		    unspecified(fd, m->msg_name, m->msg_namelen, &in) ||
		    refused(fd, m->msg_name, m->msg_namelen))
			return true;
		control |= m->msg_control && m->msg_controllen;
	}
	return rules_any(RULES_CONNECT) || (control && mark_test_datagram(fd));
}

/* One by one. sendmmsg(2): an error is one only if nothing was sent. */
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

	preload_start();
	if (!config.active || !messages)
		return real.sendmmsg(fd, messages, count, flags);
	if (count > MOST_MESSAGES)
		count = MOST_MESSAGES;
	if (any_in6(fd, messages, count, flags))
		return send_each(fd, messages, count, flags);
	result = real.sendmmsg(fd, messages, count, flags);
	if (result >= 0 || errno != ENETUNREACH || !nat64_known())
		return result;
	errno = saved;
	return send_each(fd, messages, count, flags);
}

/* Who is shown as which address, once for each. */
static void log_peer(int fd, const union view_any *name, socklen_t len)
{
	const struct sockaddr_in6 *in6 = &name->in6;
	char from[VIEW_TEXT], as[VIEW_TEXT];
	struct sockaddr_in shown;

	if (!log_wants(LOG_LEVEL_INFO) || !view_is_in6(&name->any, len) ||
	    IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) || view_known(in6))
		return;
	shown = view_shown(in6, MARK_DATAGRAM);
	log_line(LOG_LEVEL_INFO, "descriptor %d: first datagram from %s, shown as %s", fd,
		 view_text(&name->any, from), view_text((const struct sockaddr *)&shown, as));
}

/* Hands the sender's NAME to the program. False: errno is EFAULT. */
static bool give_name(int fd, const union view_any *name, socklen_t len, struct sockaddr *addr,
		      socklen_t *room)
{
	bool marked =
	    view_is_in6(&name->any, len) && (mark_test_receiver(fd, *room, false) || mark_assume(fd, *room));
	enum mark kind = marked ? MARK_DATAGRAM : MARK_NONE;
	socklen_t size = view_size(name, len, kind, *room);

	if (marked)
		log_peer(fd, name, len);
	/* Before, as much as an IPv4 address takes was seen to. */
	if (size > sizeof name->in && !memory_writable(addr, size)) {
		errno = EFAULT;
		return false;
	}
	view_give(name, len, kind, addr, room);
	return true;
}

/* Whether nothing came, from nobody, because another thread has widened FD meanwhile (widen_client()). A
 * datagram, even an empty one, has a sender. */
static bool woken(int fd, ssize_t result, socklen_t len)
{
	return result == 0 && len == 0 && mark_test_datagram(fd);
}

/* recvfrom(), or what gcc calls instead with -D_FORTIFY_SOURCE, which checks that SIZE is within SPACE. */
struct receiver {
	bool checked;
	size_t space;
};

static ssize_t call_recvfrom(const struct receiver *r, int fd, void *data, size_t size, int flags,
			     struct sockaddr *addr, socklen_t *room)
{
	if (r->checked && real.__recvfrom_chk)
		return real.__recvfrom_chk(fd, data, size, r->space, flags, addr, room);
	return real.recvfrom(fd, data, size, flags, addr, room);
}

static ssize_t do_recvfrom(const struct receiver *r, int fd, void *data, size_t size, int flags,
			   struct sockaddr *addr, socklen_t *room)
{
	union view_any name;
	socklen_t len = sizeof name, had;
	ssize_t result;

	if (!config.active || !addr)
		return call_recvfrom(r, fd, data, size, flags, addr, room);
	/* Nothing to translate, unless FD is widened meanwhile. */
	if (!mark_expected()) {
		had = memory_readable(room, sizeof *room) ? *room : 0;
		result = call_recvfrom(r, fd, data, size, flags, addr, room);
		if (result != 0 || !mark_expected() || !woken(fd, result, *room))
			return result;
		*room = had;
	}
	if (!memory_takes_address(addr, room) || (int)*room < 0)
		return call_recvfrom(r, fd, data, size, flags, addr, room);
	result = call_recvfrom(r, fd, data, size, flags, &name.any, &len);
	if (woken(fd, result, len)) {
		len = sizeof name;
		result = call_recvfrom(r, fd, data, size, flags, &name.any, &len);
	}
	return result >= 0 && !give_name(fd, &name, len, addr, room) ? -1 : result;
}

ssize_t hook_recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *addr, socklen_t *room)
{
	const struct receiver plain = {.checked = false};

	preload_start();
	if (attempts_pending() && !connect_settled(fd, flags, SO_RCVTIMEO))
		return -1;
	return do_recvfrom(&plain, fd, data, size, flags, addr, room);
}

ssize_t hook___recvfrom_chk(int fd, void *data, size_t size, size_t space, int flags, struct sockaddr *addr,
			    socklen_t *room)
{
	const struct receiver checked = {.checked = true, .space = space};

	preload_start();
	if (attempts_pending() && !connect_settled(fd, flags, SO_RCVTIMEO))
		return -1;
	return do_recvfrom(&checked, fd, data, size, flags, addr, room);
}

/* Whether MESSAGE is one that the kernel could write to, but for control messages: those it leaves out where
 * it can't (put_cmsg()). */
static bool writable(const struct msghdr *message)
{
	return memory_writable(message, sizeof *message) &&
	       (!message->msg_name ||
		((int)message->msg_namelen >= 0 &&
		 memory_writable(message->msg_name,
				 least(message->msg_namelen, sizeof(struct sockaddr_in)))));
}

/* Whether MESSAGE, to receive with, is for a marked datagram socket. Where the number is a Unix socket's by
 * now, the kernel would put more descriptors into our room for control messages than the program has room
 * for. */
static bool receives(int fd, const struct msghdr *message)
{
	return mark_test_receiver(fd, message->msg_name ? message->msg_namelen : sizeof(struct sockaddr_in6),
				  message->msg_control && message->msg_controllen);
}

/* Whether there is anything in MESSAGE to translate. The error queue of a stream has no names, but
 * control messages of IPv6. */
static bool translated(int fd, const struct msghdr *message, int flags)
{
	if (!mark_expected() || !message || !writable(message))
		return false;
	if (!message->msg_name && !(message->msg_control && message->msg_controllen))
		return false;
	if (flags & MSG_ERRQUEUE)
		return mark_test(fd) != MARK_NONE;
	return receives(fd, message);
}

/* Sockets that another process passes on may be marked ones. */
static void expect_passed(const struct msghdr *message)
{
	struct datagram_control c;

	if (mark_expected() || !message)
		return;
	c = datagram_controls(message);
	while (datagram_next(&c))
		if (c.header.cmsg_level == SOL_SOCKET && c.header.cmsg_type == SCM_RIGHTS)
			mark_expect();
}

ssize_t hook_recvmsg(int fd, struct msghdr *message, int flags)
{
	union view_any name;
	struct msghdr kernel;
	ssize_t result;

	preload_start();
	if (attempts_pending() && !connect_settled(fd, flags, SO_RCVTIMEO))
		return -1;
	if (!config.active || !translated(fd, message, flags)) {
		kernel = message && memory_readable(message, sizeof *message)
			     ? *message
			     : (struct msghdr){.msg_iovlen = 0};
		result = real.recvmsg(fd, message, flags);
		if (result >= 0)
			expect_passed(message);
		if (result != 0 || !kernel.msg_name || !woken(fd, result, message->msg_namelen) ||
		    !writable(&kernel))
			return result;
		*message = kernel;
	}
	_Alignas(struct cmsghdr) char control[datagram_room(message->msg_controllen)];

	datagram_receive(message, &kernel, &name, control);
	result = real.recvmsg(fd, &kernel, flags);
	if (result >= 0) {
		log_peer(fd, &name, kernel.msg_name ? kernel.msg_namelen : 0);
		datagram_deliver(&kernel, message);
	}
	return result;
}

/* How many of COUNT messages there is room for at a time, at least one, but for where the first is none that
 * could be received; CONTROL is how much room that takes. */
static unsigned batch_of(const struct mmsghdr *messages, unsigned count, size_t *control)
{
	unsigned n = 0;

	for (*control = 0; n < count && n < BATCH && writable(&messages[n].msg_hdr); n++) {
		size_t need = CMSG_ALIGN(datagram_room(messages[n].msg_hdr.msg_controllen));

		if (n && *control + need > BATCH_CONTROL)
			break;
		*control += need;
	}
	return n;
}

/* The first N of what recvmmsg() was asked for. */
static int receive_batch(int fd, struct mmsghdr *messages, unsigned n, size_t size, int flags,
			 struct timespec *timeout)
{
	_Alignas(struct cmsghdr) char control[size];
	struct mmsghdr kernel[BATCH];
	union view_any names[BATCH];
	size_t used = 0;
	int got;

	for (unsigned i = 0; i < n; i++) {
		datagram_receive(&messages[i].msg_hdr, &kernel[i].msg_hdr, &names[i], control + used);
		used += CMSG_ALIGN(datagram_room(messages[i].msg_hdr.msg_controllen));
	}
	got = real.recvmmsg(fd, kernel, n, flags, timeout);
	for (unsigned i = 0; i < n && (int)i < got; i++) {
		messages[i].msg_len = kernel[i].msg_len;
		log_peer(fd, &names[i], kernel[i].msg_hdr.msg_name ? kernel[i].msg_hdr.msg_namelen : 0);
		datagram_deliver(&kernel[i].msg_hdr, &messages[i].msg_hdr);
	}
	return got;
}

int hook_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
	unsigned total = 0;
	int saved = errno;

	preload_start();
	if (!config.active || !mark_expected() || !messages || !count ||
	    !memory_readable(messages, sizeof *messages) || !receives(fd, &messages->msg_hdr)) {
		int result = real.recvmmsg(fd, messages, count, flags, timeout);

		for (int i = 0; i < result; i++)
			expect_passed(&messages[i].msg_hdr);
		return result;
	}
	while (total < count) {
		size_t control;
		unsigned n = batch_of(messages + total, count - total, &control);
		int got = n ? receive_batch(fd, messages + total, n, control, flags, timeout)
			    : real.recvmmsg(fd, messages + total, 1, flags, timeout);

		if (got <= 0 && total == 0)
			return got;
		total += got > 0 ? (unsigned)got : 0;
		/* Less than was asked for is all there is; the kernel leaves in TIMEOUT what remains of it.
		 */
		if (got < (int)n || (timeout && timeout->tv_sec == 0 && timeout->tv_nsec == 0))
			break;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
	}
	errno = saved;
	return (int)total;
}

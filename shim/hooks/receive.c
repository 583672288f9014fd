/* Receiving with an address for each message. A stream needs none of this. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "address/message.h"
#include "address/translate.h"
#include "base/log.h"
#include "base/memory.h"
#include "client/in_progress.h"
#include "config/config.h"
#include "server/widen.h"

/* Messages of recvmmsg() that are translated at a time, and bytes of their control messages. */
enum { BATCH = 8, BATCH_CONTROL = 4096 };

/* Who is shown as which address, once for each. */
static void log_peer(int fd, const union sockaddr_any *name, socklen_t len)
{
	const struct sockaddr_in6 *in6 = &name->in6;
	char from[SOCKADDR_TEXT], as[SOCKADDR_TEXT];
	struct sockaddr_in shown;

	if (!log_wants(LOG_LEVEL_INFO) || !sockaddr_is_in6(&name->any, len) ||
	    IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) || translate_known(in6))
		return;
	shown = translate_shown(in6, MARK_DATAGRAM);
	log_line(LOG_LEVEL_INFO, "descriptor %d: first datagram from %s, shown as %s", fd,
		 sockaddr_text(&name->any, from), sockaddr_text((const struct sockaddr *)&shown, as));
}

/* Hands the sender's NAME to the program. False: errno is EFAULT. */
static bool give_name(int fd, const union sockaddr_any *name, socklen_t len, struct sockaddr *addr,
		      socklen_t *room)
{
	bool marked =
	    sockaddr_is_in6(&name->any, len) && (mark_test_receiver(fd, *room) || mark_assume(fd, *room));
	enum mark kind = marked ? MARK_DATAGRAM : MARK_NONE;
	socklen_t size = translate_size(name, len, kind, *room);

	if (marked)
		log_peer(fd, name, len);
	/* Before, as much as an IPv4 address takes was seen to. */
	if (size > sizeof name->in && !memory_writable(addr, size)) {
		errno = EFAULT;
		return false;
	}
	translate_give(name, len, kind, addr, room);
	return true;
}

/* Whether nothing came because another thread has widened FD since BEFORE (widen.h). A datagram, even an
 * empty one, has a sender, whose name has the length LEN; 0 where the program did not ask for it. */
static bool woken(int fd, ssize_t result, socklen_t len, unsigned before)
{
	return result == 0 && len == 0 && widen_woke(fd, before);
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
	union sockaddr_any name;
	socklen_t len = sizeof name, had;
	unsigned before = widen_before();
	ssize_t result;

	if (!config.active || !addr) {
		result = call_recvfrom(r, fd, data, size, flags, addr, room);
		return woken(fd, result, 0, before) ? call_recvfrom(r, fd, data, size, flags, addr, room)
						    : result;
	}
	/* Nothing to translate, unless FD is widened meanwhile. */
	if (!mark_expected()) {
		had = memory_readable(room, sizeof *room) ? *room : 0;
		result = call_recvfrom(r, fd, data, size, flags, addr, room);
		if (result != 0 || !woken(fd, result, *room, before))
			return result;
		*room = had;
	}
	if (!memory_takes_address(addr, room) || (int)*room < 0)
		return call_recvfrom(r, fd, data, size, flags, addr, room);
	result = call_recvfrom(r, fd, data, size, flags, &name.any, &len);
	if (woken(fd, result, len, before)) {
		len = sizeof name;
		result = call_recvfrom(r, fd, data, size, flags, &name.any, &len);
	}
	return result >= 0 && !give_name(fd, &name, len, addr, room) ? -1 : result;
}

ssize_t hook_recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *addr, socklen_t *room)
{
	const struct receiver plain = {.checked = false};

	hooks_start();
	if (connects_pending() && !connect_settled(fd, flags, SO_RCVTIMEO))
		return -1;
	return do_recvfrom(&plain, fd, data, size, flags, addr, room);
}

ssize_t hook___recvfrom_chk(int fd, void *data, size_t size, size_t space, int flags, struct sockaddr *addr,
			    socklen_t *room)
{
	const struct receiver checked = {.checked = true, .space = space};

	hooks_start();
	if (connects_pending() && !connect_settled(fd, flags, SO_RCVTIMEO))
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
		 memory_writable(message->msg_name, message->msg_namelen < sizeof(struct sockaddr_in)
							? message->msg_namelen
							: sizeof(struct sockaddr_in))));
}

/* Whether MESSAGE, to receive with, is for a marked datagram socket. */
static bool receives(int fd, const struct msghdr *message)
{
	return mark_test_receiver(fd, message->msg_name ? message->msg_namelen : sizeof(struct sockaddr_in6));
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
	struct message_control c;

	if (mark_expected() || !message)
		return;
	c = message_controls(message);
	while (message_next(&c))
		if (c.header.cmsg_level == SOL_SOCKET && c.header.cmsg_type == SCM_RIGHTS)
			mark_expect();
}

ssize_t hook_recvmsg(int fd, struct msghdr *message, int flags)
{
	union sockaddr_any name;
	struct msghdr kernel;
	unsigned before = widen_before();
	ssize_t result;

	hooks_start();
	if (connects_pending() && !connect_settled(fd, flags, SO_RCVTIMEO))
		return -1;
	if (!config.active || !translated(fd, message, flags)) {
		kernel = message && memory_readable(message, sizeof *message)
			     ? *message
			     : (struct msghdr){.msg_iovlen = 0};
		result = real.recvmsg(fd, message, flags);
		if (result >= 0)
			expect_passed(message);
		if (result != 0 || !message || !woken(fd, result, message->msg_namelen, before) ||
		    !writable(&kernel))
			return result;
		*message = kernel;
	}
	_Alignas(struct cmsghdr) char control[message_room(message->msg_controllen)];

	message_receive(message, &kernel, &name, control);
	result = real.recvmsg(fd, &kernel, flags);
	if (result >= 0) {
		log_peer(fd, &name, kernel.msg_name ? kernel.msg_namelen : 0);
		message_deliver(&kernel, message);
	}
	return result;
}

/* How many of COUNT messages there is room for at a time, at least one, but for where the first is none that
 * could be received; CONTROL is how much room that takes. */
static unsigned batch_of(const struct mmsghdr *messages, unsigned count, size_t *control)
{
	unsigned n = 0;

	for (*control = 0; n < count && n < BATCH && writable(&messages[n].msg_hdr); n++) {
		size_t need = CMSG_ALIGN(message_room(messages[n].msg_hdr.msg_controllen));

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
	union sockaddr_any names[BATCH];
	size_t used = 0;
	int got;

	for (unsigned i = 0; i < n; i++) {
		message_receive(&messages[i].msg_hdr, &kernel[i].msg_hdr, &names[i], control + used);
		used += CMSG_ALIGN(message_room(messages[i].msg_hdr.msg_controllen));
	}
	got = real.recvmmsg(fd, kernel, n, flags, timeout);
	for (unsigned i = 0; i < n && (int)i < got; i++) {
		messages[i].msg_len = kernel[i].msg_len;
		log_peer(fd, &names[i], kernel[i].msg_hdr.msg_name ? kernel[i].msg_hdr.msg_namelen : 0);
		message_deliver(&kernel[i].msg_hdr, &messages[i].msg_hdr);
	}
	return got;
}

/* Of a socket that is not marked. A thread that waited gets all its messages empty when another one widens
 * FD. */
static int receive_plain(int fd, struct mmsghdr *messages, unsigned count, int flags,
			 struct timespec *timeout)
{
	unsigned before = widen_before(), n = count < BATCH ? count : BATCH;
	struct mmsghdr had[BATCH];
	int result, got = 0;

	if (memory_readable(messages, n * sizeof *messages))
		memcpy(had, messages, n * sizeof *messages);
	result = real.recvmmsg(fd, messages, count, flags, timeout);
	for (int i = 0; i < result; i++)
		expect_passed(&messages[i].msg_hdr);
	if (result <= 0 || widen_before() == before)
		return result;
	while (got < result &&
	       !woken(fd, (ssize_t)messages[got].msg_len, messages[got].msg_hdr.msg_namelen, before))
		got++;
	if (got)
		return got;
	memcpy(messages, had, n * sizeof *messages);
	return hook_recvmmsg(fd, messages, n, flags, timeout);
}

int hook_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
	unsigned total = 0;
	int saved = errno;

	hooks_start();
	if (!config.active || !mark_expected() || !messages || !count ||
	    !memory_readable(messages, sizeof *messages) || !receives(fd, &messages->msg_hdr))
		return receive_plain(fd, messages, count, flags, timeout);
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

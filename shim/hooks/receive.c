/* The calls that receive a message with its sender's address. Streams need none of this. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#include "address/message.h"
#include "address/reply_source.h"
#include "address/translate.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/sys.h"
#include "client/in_progress.h"
#include "config/config.h"
#include "server/widen.h"

/* How many messages of recvmmsg() are translated at a time, and the bytes of their control messages. */
enum { BATCH = 8, BATCH_CONTROL = 2048 };

/* recvfrom() reduces a larger size to this (import_single_range(), MAX_RW_COUNT); recvmsg() may refuse it. */
enum { MOST_BYTES = 0x7fff0000 };

/* Logs, at a peer's first datagram, which address it is shown as. */
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

/* Hands the sender's NAME to the program. HAS is the mark that FD is known to have, or 0. Returns false, with
 * EFAULT in errno, if the program's memory can't be written. */
static bool give_name(int fd, const union sockaddr_any *name, socklen_t len, unsigned has,
		      struct sockaddr *addr, socklen_t *room)
{
	unsigned mark;
	bool marked =
	    sockaddr_is_in6(&name->any, len) &&
	    (has ? mark_translates(has) : mark_test_receiver(fd, *room, &mark) || mark_assume(fd, *room));

	if (marked) {
		if (!has)
			mark_stale(fd);
		log_peer(fd, name, len);
	}
	return hooks_give(name, len, marked ? MARK_DATAGRAM : MARK_NONE, addr, room);
}

/* Whether nothing came because another thread has widened FD since BEFORE (widen.h). LEN is the length of the
 * sender's name, which every datagram has, even an empty one; 0 if the program did not ask for it. */
static bool woken(int fd, ssize_t result, socklen_t len, unsigned before)
{
	return result == 0 && len == 0 && widen_woke(fd, before);
}

static void close_passed(int fd)
{
	sys_close(fd);
}

/* recvfrom() of FD, which had MARK lately, with control messages for the datagram's destination. If it has
 * reported that, it HAS this mark. */
static ssize_t receive_asked(int fd, unsigned mark, void *data, size_t size, int flags,
			     union sockaddr_any *name, socklen_t *len, unsigned *has)
{
	_Alignas(struct cmsghdr) char control[MESSAGE_SLACK];
	struct iovec piece = {data, size < MOST_BYTES ? size : MOST_BYTES};
	struct msghdr kernel = {.msg_name = name,
				.msg_namelen = sizeof *name,
				.msg_iov = &piece,
				.msg_iovlen = 1,
				.msg_control = control,
				.msg_controllen = sizeof control};
	int saved = errno;
	/* recvfrom() ignores the flag MSG_CMSG_COMPAT, recvmsg() refuses it. */
	ssize_t result = real.recvmsg(fd, &kernel, flags & INT_MAX);

	/* A sandbox may permit recvfrom() alone. */
	if (result < 0 && (errno == EPERM || errno == ENOSYS)) {
		errno = saved;
		*len = sizeof *name;
		return real.recvfrom(fd, data, size, flags, &name->any, len);
	}
	*len = kernel.msg_namelen;
	*has = result >= 0 && reply_source_note(fd, mark, &kernel) ? mark : 0;
	if (result >= 0 && !*has) {
		mark_stale(fd);
		/* recvfrom() of a Unix socket drops descriptors. */
		hooks_each_passed(&kernel, close_passed);
	}
	return result;
}

ssize_t hook_recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *addr, socklen_t *room)
{
	union sockaddr_any name;
	socklen_t len = sizeof name, had;
	unsigned before = widen_before(), mark, has = 0;
	ssize_t result;

	hooks_start();
	if (connects_pending() && !connect_settled(fd, flags, SO_RCVTIMEO))
		return -1;
	if (!config.active || !addr) {
		result = real.recvfrom(fd, data, size, flags, addr, room);
		return woken(fd, result, 0, before) ? real.recvfrom(fd, data, size, flags, addr, room)
						    : result;
	}
	/* Nothing to translate, unless FD is widened meanwhile. */
	if (!mark_expected()) {
		had = memory_readable_lately(room, sizeof *room) ? *room : 0;
		result = real.recvfrom(fd, data, size, flags, addr, room);
		if (result != 0 || !woken(fd, result, *room, before))
			return result;
		*room = had;
	}
	if (!memory_takes_address_lately(addr, room) || (int)*room < 0)
		return real.recvfrom(fd, data, size, flags, addr, room);
	mark = reply_source_expected() && !(flags & MSG_ERRQUEUE) ? mark_datagram_lately(fd) : 0;
	if (mark && !mark_translates(mark))
		reply_source_ask_as_is(fd, mark);
	result = mark ? receive_asked(fd, mark, data, size, flags, &name, &len, &has)
		      : real.recvfrom(fd, data, size, flags, &name.any, &len);
	if (woken(fd, result, len, before)) {
		len = sizeof name;
		result = real.recvfrom(fd, data, size, flags, &name.any, &len);
	}
	return result >= 0 && !give_name(fd, &name, len, has, addr, room) ? -1 : result;
}

/* _FORTIFY_SOURCE compiles recvfrom() to this. */
ssize_t hook___recvfrom_chk(int fd, void *data, size_t size, size_t space, int flags, struct sockaddr *addr,
			    socklen_t *room)
{
	hooks_check(size, space);
	return hook_recvfrom(fd, data, size, flags, addr, room);
}

/* Whether the kernel could write to MESSAGE. Control messages don't count: if the kernel can't write one, it
 * leaves it out (put_cmsg()). */
static bool writable(const struct msghdr *message)
{
	return memory_writable_lately(message, sizeof *message) &&
	       (!message->msg_name ||
		((int)message->msg_namelen >= 0 &&
		 memory_writable_lately(message->msg_name,
					memory_least(message->msg_namelen, sizeof(struct sockaddr_in)))));
}

/* Whether MESSAGE is received from a marked datagram socket, which has MARK. The mark is read each time: if
 * FD were a Unix socket by now, the kernel would put more descriptors into our larger buffer than the program
 * has room for. */
static bool receives(int fd, const struct msghdr *message, unsigned *mark)
{
	return mark_test_receiver(fd, message->msg_name ? message->msg_namelen : sizeof(struct sockaddr_in6),
				  mark);
}

/* Whether MESSAGE needs translation. The error queue of a stream has no names, but IPv6 control messages. */
static bool translated(int fd, const struct msghdr *message, int flags, unsigned *mark)
{
	*mark = 0;
	if (!mark_expected() || !message || !writable(message))
		return false;
	/* The kernel would report the library's own control messages as cut. */
	if (!message->msg_name && !(message->msg_control && message->msg_controllen))
		return reply_source_expected() && (*mark = mark_datagram(fd)) != 0;
	if (flags & MSG_ERRQUEUE)
		return mark_test(fd) != MARK_NONE;
	return receives(fd, message, mark);
}

ssize_t hook_recvmsg(int fd, struct msghdr *message, int flags)
{
	union sockaddr_any name;
	struct msghdr kernel;
	unsigned before = widen_before(), mark = 0;
	ssize_t result;

	hooks_start();
	if (connects_pending() && !connect_settled(fd, flags, SO_RCVTIMEO))
		return -1;
	if (!config.active || !translated(fd, message, flags, &mark)) {
		kernel = message && memory_readable_lately(message, sizeof *message)
			     ? *message
			     : (struct msghdr){.msg_iovlen = 0};
		result = real.recvmsg(fd, message, flags);
		if (result >= 0)
			hooks_each_passed(message, hooks_expect_passed);
		if (result != 0 || !message || !woken(fd, result, message->msg_namelen, before) ||
		    !writable(&kernel))
			return result;
		*message = kernel;
	}
	_Alignas(struct cmsghdr) char control[message_room(message->msg_controllen)];

	message_receive(message, &kernel, &name, control);
	result = real.recvmsg(fd, &kernel, flags);
	if (result >= 0) {
		log_peer(fd, &name, kernel.msg_namelen);
		if (!(flags & MSG_ERRQUEUE))
			reply_source_note(fd, mark, &kernel);
		message_deliver(&kernel, message);
	}
	return result;
}

/* Returns how many of COUNT messages to receive at a time: at least one, or none if the first can't be
 * written to. CONTROL is the room for their control messages. */
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

/* Receives the first N messages, whose control messages take SIZE bytes, from FD, which has MARK. */
static int receive_batch(int fd, unsigned mark, struct mmsghdr *messages, unsigned n, size_t size, int flags,
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
		log_peer(fd, &names[i], kernel[i].msg_hdr.msg_namelen);
		if (!(flags & MSG_ERRQUEUE))
			reply_source_note(fd, mark, &kernel[i].msg_hdr);
		message_deliver(&kernel[i].msg_hdr, &messages[i].msg_hdr);
	}
	return got;
}

/* recvmmsg() of a socket that is not marked. If another thread widens FD meanwhile, all messages are empty.
 */
static int receive_plain(int fd, struct mmsghdr *messages, unsigned count, int flags,
			 struct timespec *timeout)
{
	unsigned before = widen_before(), n = count < BATCH ? count : BATCH;
	struct mmsghdr had[BATCH];
	int result, got = 0;

	if (memory_readable_lately(messages, n * sizeof *messages))
		memcpy(had, messages, n * sizeof *messages);
	result = real.recvmmsg(fd, messages, count, flags, timeout);
	for (int i = 0; i < result; i++)
		hooks_each_passed(&messages[i].msg_hdr, hooks_expect_passed);
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
	unsigned total = 0, mark;
	int saved = errno;

	hooks_start();
	if (connects_pending() && !connect_settled(fd, flags, SO_RCVTIMEO))
		return -1;
	if (!config.active || !mark_expected() || !messages || !count ||
	    !memory_readable_lately(messages, sizeof *messages) || !receives(fd, &messages->msg_hdr, &mark))
		return receive_plain(fd, messages, count, flags, timeout);
	while (total < count) {
		size_t control;
		unsigned n = batch_of(messages + total, count - total, &control);
		int got = n ? receive_batch(fd, mark, messages + total, n, control, flags, timeout)
			    : real.recvmmsg(fd, messages + total, 1, flags, timeout);

		if (got <= 0 && total == 0)
			return got;
		total += got > 0 ? (unsigned)got : 0;
		/* If fewer came than were asked for, the queue is empty. The kernel leaves the rest of the
		 * time in TIMEOUT. */
		if (got < (int)n || (timeout && timeout->tv_sec == 0 && timeout->tv_nsec == 0))
			break;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
	}
	errno = saved;
	return (int)total;
}

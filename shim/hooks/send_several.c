/* sendmmsg(): answers in batches, what else needs a translation one by one. */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <netinet/in.h>

#include "address/message.h"
#include "client/in_progress.h"
#include "config/config.h"
#include "config/rule.h"
#include "config/rules.h"
#include "resolver/nat64.h"

/* The kernel ignores further messages (__sys_sendmmsg(), UIO_MAXIOV). */
enum { MOST_MESSAGES = 1024 };

/* Whether any of the messages needs hook_sendmsg(). */
static bool any_sends(int fd, const struct mmsghdr *messages, unsigned count, int flags)
{
	bool control = false;

	for (unsigned i = 0; i < count; i++) {
		const struct msghdr *m = &messages[i].msg_hdr;

		if (!hooks_readable(m))
			return false;
		if (hooks_sends(fd, m, flags))
			return true;
		hooks_hand_on(m);
		control |= m->msg_control && m->msg_controllen;
	}
	/* FD may be connected to an IPv6 peer. */
	return rules_any(RULES_CONNECT) || (control && mark_test_datagram(fd));
}

/* The most answers that are sent with one call. */
enum { BATCH = 8 };

/* Sends as many of the messages as are only to leave from the address that was asked. Returns what sendmmsg()
 * does, or 0 if the first one needs hook_sendmsg(). */
static int send_answers(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	_Alignas(struct cmsghdr) char control[BATCH][CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct mmsghdr kernel[BATCH];
	struct sockaddr_in6 to[BATCH];
	struct in6_pktinfo local;
	unsigned n = 0;
	int sent;

	if (rules_any(RULES_CONNECT))
		return 0;
	for (; n < count && n < BATCH && hooks_readable(&messages[n].msg_hdr); n++) {
		const struct msghdr *m = &messages[n].msg_hdr;

		if (m->msg_controllen ||
		    !hooks_leaves_from(fd, m->msg_name, m->msg_namelen, &to[n], &local) ||
		    message_send(m, &kernel[n].msg_hdr, &to[n], control[n]) != 0 ||
		    !message_send_from(&kernel[n].msg_hdr, control[n], &local))
			break;
	}
	sent = n ? real.sendmmsg(fd, kernel, n, flags) : 0;
	for (int i = 0; i < sent; i++)
		messages[i].msg_len = kernel[i].msg_len;
	return sent;
}

/* sendmmsg(2) fails only if nothing was sent. */
static int send_each(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	int saved = errno;

	for (unsigned i = 0; i < count;) {
		int answers = send_answers(fd, messages + i, count - i, flags);
		ssize_t sent = answers;

		if (answers > 0) {
			i += (unsigned)answers;
			continue;
		}
		if (answers == 0 || hooks_refused_source(answers)) {
			errno = saved;
			sent = hook_sendmsg(fd, &messages[i].msg_hdr, flags);
		}
		if (sent < 0 && i == 0)
			return -1;
		if (sent < 0) {
			errno = saved;
			return (int)i;
		}
		messages[i++].msg_len = (unsigned)sent;
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
	if (any_sends(fd, messages, count, flags))
		return send_each(fd, messages, count, flags);
	result = real.sendmmsg(fd, messages, count, flags);
	if (result >= 0 || (errno != EAFNOSUPPORT && (errno != ENETUNREACH || !nat64_now())))
		return result;
	errno = saved;
	return send_each(fd, messages, count, flags);
}

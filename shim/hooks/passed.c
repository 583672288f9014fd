/* Descriptors that messages pass from one process to another (SCM_RIGHTS). */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <string.h>

#include "address/message.h"
#include "address/text.h"
#include "server/listeners.h"
#include "server/socket_activation.h"
#include "socket/holdings.h"

void hooks_expect_passed(int fd)
{
	int saved = errno;

	mark_expect_foreign();
	text_expect(fd);
	if (activation_take(fd, "was passed on") < 0)
		holdings_note_set(fd);
	errno = saved;
}

void hooks_each_passed(const struct msghdr *message, void (*visit)(int fd))
{
	struct message_control c;
	int fd;

	if (!message || !message->msg_control || !message->msg_controllen)
		return;
	c = message_controls(message);
	while (message_next(&c)) {
		if (c.header.cmsg_level != SOL_SOCKET || c.header.cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; at + sizeof fd <= c.size; at += sizeof fd) {
			memcpy(&fd, (const char *)c.data + at, sizeof fd);
			visit(fd);
		}
	}
}

void hooks_hand_on(const struct msghdr *message)
{
	int saved = errno;

	if (mark_expected() && message->msg_controllen <= MESSAGE_MOST)
		hooks_each_passed(message, listeners_hand_on);
	errno = saved;
}

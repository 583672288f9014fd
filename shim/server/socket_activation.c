#define _GNU_SOURCE
#include "server/socket_activation.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sockaddr.h"
#include "server/shield.h"
#include "socket/facts.h"
#include "socket/holdings.h"
#include "socket/mark.h"
#include "socket/options.h"

/* sd_listen_fds(3): SD_LISTEN_FDS_START. */
enum { FIRST = 3, MOST = 4096 };

static void mark_inherited(int fd)
{
	int protocol = socket_protocol(fd), result;

	if (socket_option(fd, SO_DOMAIN) != AF_INET6 || !protocol || mark_test(fd) != MARK_NONE ||
	    socket_int(fd, IPPROTO_IPV6, IPV6_V6ONLY) > 0)
		return;
	result = protocol == IPPROTO_UDP && shield_is_taken(fd) ? -EBUSY : shield_attach_late(fd, protocol);
	if (result == 0)
		result = mark_set(fd, protocol);
	log_line(LOG_LEVEL_INFO, "descriptor %d, which was there at the start, %s%s", fd,
		 result ? "stays as it is: " : "is shown as IPv4", result ? log_errno(-result) : "");
}

void activation_mark_connection(int listener, int connection)
{
	if (mark_test_stream(listener) && !mark_test_stream(connection))
		(void)mark_set(connection, socket_option(connection, SO_PROTOCOL));
}

int activation_take(int fd, const char *origin)
{
	union sockaddr_any name;
	int domain = socket_option(fd, SO_DOMAIN);

	if (domain == AF_INET6)
		mark_note_in6();
	if (domain == AF_INET || domain == AF_INET6) {
		options_note_all();
		holdings_note_copy();
	}
	if (log_wants(LOG_LEVEL_INFO) && socket_name(fd, &name) == AF_INET && name.in.sin_port &&
	    name.in.sin_addr.s_addr == htonl(INADDR_ANY))
		log_line(LOG_LEVEL_INFO, "descriptor %d, which %s, stays IPv4: 0.0.0.0:%u", fd, origin,
			 ntohs(name.in.sin_port));
	return domain;
}

void activation_mark_sockets(void)
{
	const char *count = secure_getenv("LISTEN_FDS"), *pid = secure_getenv("LISTEN_PID");
	int saved = errno;
	long end = FIRST, given = count ? strtol(count, NULL, 10) : 0;

	mark_inherited(STDIN_FILENO);
	if (pid && strtol(pid, NULL, 10) == getpid() && given > 0)
		end += given < MOST ? given : MOST;
	for (int fd = FIRST; fd < end; fd++)
		mark_inherited(fd);
	errno = saved;
}

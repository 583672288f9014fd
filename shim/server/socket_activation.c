#define _GNU_SOURCE
#include "server/socket_activation.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/real.h"
#include "server/receive_queue.h"
#include "socket/facts.h"
#include "socket/mark.h"
#include "socket/spoof_filter.h"

/* sd_listen_fds(3): SD_LISTEN_FDS_START. */
enum { FIRST = 3, MOST = 4096 };

/* Whether somebody has attached a filter to FD; yes if that can't be read. Marking a datagram socket would
 * replace the filter (spoof_filter.h). */
static bool is_filtered(int fd)
{
	socklen_t steps = 0;

	return real.getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &steps) != 0 || steps > 0;
}

/* Whether a datagram is one that the spoof filter drops. */
static bool is_spoofed(const struct in6_addr *from, const struct in6_addr *to)
{
	return (IN6_IS_ADDR_V4MAPPED(from) || IN6_IS_ADDR_UNSPECIFIED(from)) && !IN6_IS_ADDR_V4MAPPED(to);
}

/* The filter does not see what a socket has received before. */
static int filter(int fd)
{
	int result = spoof_filter_attach(fd);

	if (result)
		return result;
	receive_queue_settle();
	result = receive_queue_drop(fd, is_spoofed);
	return result < 0 ? result : 0;
}

static void mark_inherited(int fd)
{
	int domain = 0, only = 0, result = -EBUSY;
	socklen_t size = sizeof domain;

	if (real.getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_INET6 ||
	    !socket_protocol(fd) || mark_test(fd) != MARK_NONE)
		return;
	(void)real.getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &size);
	if (only)
		return;
	if (socket_protocol(fd) != IPPROTO_UDP)
		result = mark_set(fd);
	else if (!is_filtered(fd) && (result = filter(fd)) == 0)
		result = mark_set(fd);
	log_line(LOG_LEVEL_INFO, "descriptor %d, which was there at the start, %s%s", fd,
		 result ? "stays as it is: " : "is shown as IPv4", result ? log_errno(-result) : "");
}

void activation_mark_connection(int listener, int connection)
{
	if (mark_test_stream(listener) && !mark_test_stream(connection))
		(void)mark_set(connection);
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

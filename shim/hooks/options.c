/* getsockopt(), setsockopt() and ioctl(). */
#define _GNU_SOURCE
#include "hooks/hooks.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>

#include "base/memory.h"
#include "base/sys.h"
#include "client/connects.h"
#include "client/in_progress.h"
#include "config/config.h"
#include "server/narrow.h"
#include "socket/facts.h"
#include "socket/options.h"

/* SO_GET_FILTER of a marked datagram socket: its filter is the library's (spoof_filter.h), and the program
 * has none. */
static bool no_filter(int fd, int level, int name, socklen_t *len)
{
	if (level != SOL_SOCKET || name != SO_GET_FILTER || !config.active ||
	    !memory_writable(len, sizeof *len) || (int)*len < 0 || !mark_test_datagram(fd))
		return false;
	*len = 0;
	return true;
}

int hook_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int domain = AF_INET;
	unsigned lowat;

	hooks_start();
	if (no_filter(fd, level, name, len))
		return 0;
	if (level == SOL_SOCKET && name == SO_ERROR && connect_error(fd, value, len))
		return 0;
	/* An AF_INET socket has no options of this level: do_ip_getsockopt() and do_ipv6_getsockopt() differ
	 * in the error. */
	if (level == IPPROTO_IPV6 && hooks_dual(fd))
		return hooks_fail(-EOPNOTSUPP);
	if (real.getsockopt(fd, level, name, value, len) != 0)
		return errno == ENOPROTOOPT && level != SOL_SOCKET && level != IPPROTO_IP && hooks_dual(fd) &&
			       level != socket_protocol(fd)
			   ? hooks_fail(-EOPNOTSUPP)
			   : -1;
	if (level == SOL_SOCKET && name == SO_DOMAIN && hooks_dual(fd))
		memcpy(value, &domain, *len < sizeof domain ? *len : sizeof domain);
	if (level == SOL_SOCKET && name == SO_RCVLOWAT && config.active && *len >= sizeof lowat) {
		memcpy(&lowat, value, sizeof lowat);
		if (mark_is_value(level, name, lowat))
			memcpy(value, &(int){1}, sizeof lowat);
	}
	return 0;
}

/* A call that mark_guards() keeps from the kernel. The program has no filter to detach. */
static int set_nothing(int level, int name, const void *value)
{
	if (!memory_readable(value, sizeof(int)))
		return hooks_fail(-EFAULT);
	return level == SOL_SOCKET && name == SO_DETACH_FILTER ? hooks_fail(-ENOENT) : 0;
}

/* Some options of a dual-stack socket are set for IPv6 as well; some exist in IPv4 only, which narrows it. */
int hook_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	const struct option *row;
	int saved = errno, result;
	bool marked;

	hooks_start();
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
	if (marked && row->strict && row->name6 < 0 && memory_readable(value, len)) {
		/* The option can't hold for IPv6: the socket is narrowed if it still can be. */
		result = narrow(fd);
		if (result && result != -ENOTCONN)
			return hooks_fail(result);
		marked = false;
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

/* Whether only AF_INET sockets answer REQUEST (inet_ioctl(); netdevice(7), arp(7), ip(7)): routes, addresses
 * of interfaces, ARP. */
static bool is_in_request(unsigned long request)
{
	return request == 0x890b || request == 0x890c || (request >= 0x8915 && request <= 0x891c) ||
	       (request >= 0x8953 && request <= 0x8955);
}

/* Such a request does not concern the socket that it is made on, so any AF_INET socket will do. */
int hook_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;
	int in, result, error;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	hooks_start();
	if (!is_in_request(request) || !hooks_dual(fd))
		return real.ioctl(fd, request, arg);
	in = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (in < 0)
		return -1;
	result = real.ioctl(in, request, arg);
	error = errno;
	sys_close(in);
	errno = error;
	return result;
}

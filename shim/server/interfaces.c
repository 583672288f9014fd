#define _GNU_SOURCE
#include "server/interfaces.h"

#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "address/reply_source.h"
#include "base/sockaddr.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/mark.h"
#include "socket/options.h"

/* A socket has a time of last access (inode(7)), which the kernel never sets, not even at first: it has what
 * an earlier socket left in that memory. So the library keeps the address there that the socket stands for,
 * and bits of the socket's cookie as a check. */
enum { HALF = 16, SECONDS_CHECK = 15, NANOSECONDS_CHECK = 13 };

static struct timespec stamp_of(int fd, uint32_t address)
{
	const uint64_t cookie = socket_cookie(fd);
	const uint32_t low = address & ((1u << HALF) - 1), high = address >> HALF;

	return (struct timespec){
	    (time_t)(high << SECONDS_CHECK | (cookie & ((1u << SECONDS_CHECK) - 1))),
	    (long)(low << NANOSECONDS_CHECK | (cookie >> SECONDS_CHECK & ((1u << NANOSECONDS_CHECK) - 1)))};
}

static in_addr_t stands_for(int fd)
{
	struct timespec stamp;
	uint32_t address;
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISSOCK(st.st_mode))
		return INADDR_ANY;
	address = (uint32_t)st.st_atim.tv_sec >> SECONDS_CHECK << HALF |
		  (uint32_t)st.st_atim.tv_nsec >> NANOSECONDS_CHECK;
	stamp = stamp_of(fd, address);
	return stamp.tv_sec == st.st_atim.tv_sec && stamp.tv_nsec == st.st_atim.tv_nsec ? htonl(address)
											: INADDR_ANY;
}

void interfaces_note(int fd, const struct sockaddr_in *in)
{
	const struct timespec times[2] = {stamp_of(fd, ntohl(in->sin_addr.s_addr)), {0, UTIME_OMIT}};
	unsigned mark = mark_datagram(fd);

	(void)futimens(fd, times);
	if (mark)
		reply_source_fix(mark, in->sin_addr);
}

struct search {
	in_port_t port;
	int protocol;
	uint64_t cookie;
	in_addr_t mine;
	bool found;
};

static bool is_at(int fd, const struct search *s, union sockaddr_any *name)
{
	/* The port is at the same offset in both families. */
	return socket_name(fd, name) && name->in.sin_port == s->port && socket_same_ports(fd, s->protocol);
}

/* Whether FD has the port for another address, or for all. */
static int is_other(int fd, void *arg)
{
	const struct search *s = arg;
	union sockaddr_any name;

	return is_at(fd, s, &name) && name.any.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_UNSPECIFIED(&name.in6.sin6_addr) && mark_test(fd) != MARK_NONE &&
	       stands_for(fd) != s->mine;
}

bool interfaces_is_first(int fd, const struct sockaddr_in *in)
{
	struct search s = {
	    .port = in->sin_port, .protocol = socket_protocol(fd), .mine = in->sin_addr.s_addr};

	return s.port && s.protocol && descriptors_each(is_other, &s) <= 0;
}

static int is_first(int fd, void *arg)
{
	union sockaddr_any name;

	return is_at(fd, arg, &name) && name.any.sa_family == AF_INET6 && stands_for(fd) != INADDR_ANY;
}

static void share(int fd)
{
	options_note(SOL_SOCKET, SO_REUSEPORT);
	(void)socket_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

static int share_other(int fd, void *arg)
{
	struct search *s = arg;
	union sockaddr_any name;

	if (!is_at(fd, s, &name) || socket_cookie(fd) == s->cookie)
		return 0;
	share(fd);
	s->found = true;
	return 0;
}

/* Whether FD would have been in the way without the library: it has, or stands for, the same address or
 * 0.0.0.0, or that is wanted. A connection is not in the way, as the first socket accepts those to all
 * addresses. */
static int is_in_the_way(int fd, void *arg)
{
	const struct search *s = arg;
	union sockaddr_any name, peer;
	in_addr_t has;

	if (!is_at(fd, s, &name) || socket_cookie(fd) == s->cookie || socket_peer(fd, &peer))
		return 0;
	if (name.any.sa_family == AF_INET)
		has = name.in.sin_addr.s_addr;
	else if (IN6_IS_ADDR_UNSPECIFIED(&name.in6.sin6_addr) && mark_test(fd) != MARK_NONE)
		has = stands_for(fd);
	else
		return 0;
	return has == s->mine || has == htonl(INADDR_ANY) || s->mine == htonl(INADDR_ANY);
}

bool interfaces_share(int fd, const struct sockaddr_in *in, bool first)
{
	struct search s = {
	    .port = in->sin_port, .protocol = socket_protocol(fd), .cookie = socket_cookie(fd)};

	s.mine = in->sin_addr.s_addr ? in->sin_addr.s_addr : stands_for(fd);
	if (!s.port || !s.protocol || (!first && !(mark_expected() && descriptors_each(is_first, &s) > 0)) ||
	    descriptors_each(is_in_the_way, &s) != 0)
		return false;
	(void)descriptors_each(share_other, &s);
	if (s.found)
		share(fd);
	return s.found;
}

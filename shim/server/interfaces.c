#define _GNU_SOURCE
#include "server/interfaces.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "address/reply_source.h"
#include "base/real.h"
#include "base/sockaddr.h"
#include "socket/descriptors.h"
#include "socket/facts.h"
#include "socket/mark.h"
#include "socket/options.h"

/* Address, port and protocol of each first, in this order; 0 for none. TCP and MPTCP are one. */
enum { MOST = 16 };
static _Atomic uint64_t firsts[MOST];

static uint32_t key_of(int fd, in_port_t port)
{
	return (uint32_t)port << 16 | (uint16_t)socket_transport(fd);
}

/* The first of KEY, which is made MINE if there is none and MINE is not 0. */
static uint64_t first_of(uint32_t key, uint64_t mine)
{
	for (int i = 0; i < MOST; i++) {
		uint64_t is = atomic_load(&firsts[i]);

		if (is == 0 && (mine == 0 || atomic_compare_exchange_strong(&firsts[i], &is, mine)))
			return mine;
		if ((uint32_t)is == key)
			return is;
	}
	return 0;
}

bool interfaces_is_first(int fd, const struct sockaddr_in *in)
{
	uint32_t key = key_of(fd, in->sin_port);
	uint64_t mine = (uint64_t)in->sin_addr.s_addr << 32 | key;

	return in->sin_port && first_of(key, mine) == mine;
}

void interfaces_note(int fd, const struct sockaddr_in *in)
{
	unsigned mark = mark_datagram(fd);

	if (mark)
		reply_source_fix(mark, in->sin_addr);
}

struct search {
	in_port_t port;
	int protocol;
	uint64_t cookie;
	bool found;
};

static void share(int fd)
{
	const int on = 1;

	options_note(SOL_SOCKET, SO_REUSEPORT);
	(void)real.setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
}

static int share_other(int fd, void *arg)
{
	struct search *s = arg;
	union sockaddr_any name;
	socklen_t len = sizeof name;

	/* Both families have the port in the same place. */
	if (real.getsockname(fd, &name.any, &len) != 0 || name.in.sin_port != s->port ||
	    !socket_same_ports(fd, s->protocol) || socket_cookie(fd) == s->cookie)
		return 0;
	share(fd);
	s->found = true;
	return 0;
}

bool interfaces_share(int fd, in_port_t port)
{
	struct search s = {port, socket_protocol(fd), socket_cookie(fd), false};

	if (!port || !s.protocol || !first_of(key_of(fd, port), 0))
		return false;
	(void)descriptors_each(share_other, &s);
	if (s.found)
		share(fd);
	return s.found;
}

#define _GNU_SOURCE
#include "server/mapped.h"

#include <errno.h>

#include "address/reply_source.h"
#include "base/log.h"
#include "base/real.h"
#include "server/listeners.h"
#include "server/port.h"
#include "server/shield.h"
#include "socket/facts.h"
#include "socket/mark.h"
#include "socket/options.h"

#define OPT_IP_MINTTL 21 /* from linux/in.h */

bool mapped_wildcard(const struct in6_addr *addr)
{
	return IN6_IS_ADDR_V4MAPPED(addr) && addr->s6_addr32[3] == htonl(INADDR_ANY);
}

static int bind_to_all(int fd, int protocol, in_port_t port)
{
	const struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = port};
	int result = port_look_around(fd, protocol, &at);

	if (result)
		return result;
	result = shield_attach(fd, protocol);
	if (result == 0 && real.bind(fd, (const struct sockaddr *)&at, sizeof at) != 0) {
		result = -errno;
		shield_detach(fd, protocol);
	}
	return result;
}

/* Whether the program has set an option that guards FD in IPv4 alone. */
static bool is_guarded(int fd, int protocol)
{
	return (protocol == IPPROTO_UDP && shield_is_taken(fd)) || (options_kept() && mark_kept(fd)) ||
	       socket_int(fd, IPPROTO_IP, OPT_IP_MINTTL) > 0;
}

int mapped_widen(int fd, in_port_t port)
{
	int protocol = socket_protocol(fd), result = -EAFNOSUPPORT;

	if (protocol && socket_int(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 0 && (protocol != IPPROTO_UDP || port))
		result = is_guarded(fd, protocol) ? -EBUSY : bind_to_all(fd, protocol, port);
	log_line(LOG_LEVEL_INFO, "descriptor %d at [::ffff:0.0.0.0]:%u %s%s", fd, ntohs(port),
		 result ? "stays IPv4: " : "widened to [::]", result ? log_errno(-result) : "");
	if (result)
		return result;
	listeners_note(fd, fd);
	/* A later bind() to [::] is to find FD. A datagram socket has IPV6_MULTICAST_ALL as a marked stream
	 * has. */
	mark_expect_foreign();
	if (protocol == IPPROTO_UDP && mark_set_as_is(fd) == 0)
		reply_source_expect();
	return 0;
}

in_port_t mapped_port(int fd)
{
	in_port_t port = socket_wildcard_in6(fd);

	return port && mark_test(fd) == MARK_NONE && listeners_are_ours(fd) ? port : 0;
}

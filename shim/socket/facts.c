#define _GNU_SOURCE
#include "socket/facts.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>

#include "base/real.h"
#include "base/sys.h"

#define OPT_SO_COOKIE 57

/* A seccomp filter belongs to a thread. Firefox's reports each call that it refuses. */
static __thread bool refused __attribute__((tls_model("initial-exec")));

int socket_int(int fd, int level, int name)
{
	int value;
	socklen_t len = sizeof value;

	if (refused) {
		errno = ENOSYS;
		return -1;
	}
	if (real.getsockopt(fd, level, name, &value, &len) == 0)
		return value;
	refused = errno == ENOSYS;
	return -1;
}

int socket_option(int fd, int name)
{
	return socket_int(fd, SOL_SOCKET, name);
}

int socket_set(int fd, int level, int name, int value)
{
	return real.setsockopt(fd, level, name, &value, sizeof value) == 0 ? 0 : -errno;
}

int socket_protocol(int fd)
{
	int type = socket_option(fd, SO_TYPE), protocol = socket_option(fd, SO_PROTOCOL);

	if (type == SOCK_STREAM && (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP))
		return protocol;
	return type == SOCK_DGRAM && protocol == IPPROTO_UDP ? protocol : 0;
}

static inline int ask(int (*call)(int, struct sockaddr *, socklen_t *), int fd, union sockaddr_any *name)
{
	socklen_t len = sizeof *name;

	name->any.sa_family = AF_UNSPEC;
	return call(fd, &name->any, &len) == 0 &&
		       (name->any.sa_family == AF_INET || name->any.sa_family == AF_INET6)
		   ? name->any.sa_family
		   : 0;
}

int socket_name(int fd, union sockaddr_any *name)
{
	return ask(real.getsockname, fd, name);
}

int socket_peer(int fd, union sockaddr_any *name)
{
	return ask(real.getpeername, fd, name);
}

in_port_t socket_wildcard_in6(int fd)
{
	union sockaddr_any name;

	return socket_name(fd, &name) == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&name.in6.sin6_addr)
		   ? name.in6.sin6_port
		   : 0;
}

uint64_t socket_cookie(int fd)
{
	uint64_t cookie;
	socklen_t len = sizeof cookie;

	return real.getsockopt(fd, SOL_SOCKET, OPT_SO_COOKIE, &cookie, &len) == 0 ? cookie : 0;
}

/* SO_NETNS_COOKIE, Linux 5.14, needs exactly that much room (sk_getsockopt()). NAME is 0 if the kernel lacks
 * it. */
static int namespace_of(int fd, uint64_t *name)
{
	socklen_t len = sizeof *name;

	*name = 0;
	return real.getsockopt(fd, SOL_SOCKET, 71, name, &len) == 0 || errno == ENOPROTOOPT ? 0 : -errno;
}

int socket_same_namespace(int a, int b)
{
	uint64_t one, other;
	int result = namespace_of(a, &one);

	if (result == 0)
		result = namespace_of(b, &other);
	if (result)
		return result;
	return one == other ? 0 : -EXDEV;
}

bool socket_same_ports(int fd, int protocol)
{
	int own = socket_protocol(fd);

	return own && (own == IPPROTO_UDP) == (protocol == IPPROTO_UDP);
}

int socket_transport(int fd)
{
	int saved = errno, protocol = socket_protocol(fd);

	errno = saved;
	return protocol && protocol != IPPROTO_UDP ? IPPROTO_TCP : protocol;
}

/* A bind() that needs no port fails if there is one, else does nothing. */
bool socket_is_bound(int fd, sa_family_t family)
{
	const union sockaddr_any none = {.in6 = {.sin6_family = family}};
	int before = socket_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
	bool result;

	(void)socket_set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	result = real.bind(fd, &none.any, sizeof none.in6) != 0;
	(void)socket_set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, before > 0);
	return result;
}

bool socket_is_idle(int fd)
{
	struct pollfd now = {.fd = fd, .events = POLLIN};

	return sys_poll(&now, 1) == 0;
}

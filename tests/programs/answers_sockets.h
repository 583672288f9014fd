/* Descriptors of every kind, in every state. */
#ifndef TESTS_ANSWERS_SOCKETS_H
#define TESTS_ANSWERS_SOCKETS_H

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <unistd.h>

#include "answers.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

enum stage {
	FRESH,
	BOUND,       /* to the wildcard */
	BOUND_ZERO,  /* and a port of the kernel's choice */
	BOUND_LOCAL, /* to 127.0.0.1 */
	LISTENING,
	LISTENING_LOCAL,
	LISTENING_UNBOUND,
	QUEUED, /* a connection with "hello" waits to be accepted */
	QUEUED_GONE,
	CONNECTED,
	ACCEPTED,
	ACCEPTED_GONE, /* the peer has gone before */
	SHUT,
	REFUSED,
	PENDING, /* a datagram waits */
	BOUND_CONNECTED,
};
enum { V6 = 1 << 8, MPTCP = 1 << 9 };

static union address at(int family, int local, in_port_t port)
{
	union address a;

	memset(&a, 0, sizeof a);
	a.any.sa_family = (sa_family_t)family;
	a.in.sin_port = htons(port);
	if (family == AF_INET6)
		a.in6.sin6_addr = local ? in6addr_loopback : in6addr_any;
	else
		a.in.sin_addr.s_addr = htonl(local ? INADDR_LOOPBACK : INADDR_ANY);
	return a;
}

static socklen_t size_of(const union address *a)
{
	return a->any.sa_family == AF_INET6 ? sizeof a->in6 : sizeof a->in;
}

static int bind_at(int fd, int family, int local, in_port_t port)
{
	union address a = at(family, local, port);

	return bind(fd, &a.any, size_of(&a));
}

/* Connects FD to OTHER's address, of the same family. */
static int connect_to(int fd, int other)
{
	union address a;
	socklen_t len = sizeof a;
	int family;

	getsockname(other, &a.any, &len);
	family = a.any.sa_family;
	a = at(family, 1, ntohs(a.in.sin_port));
	return connect(fd, &a.any, size_of(&a));
}

static int nonblocking(int fd)
{
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void reset(int fd)
{
	const struct linger at_once = {1, 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fd);
}

/* A port where nobody listens. */
static int connect_nowhere(int fd, int family)
{
	union address a = at(family, 1, 5009);

	return connect(fd, &a.any, size_of(&a));
}

static long make_stream(long spec)
{
	int family = spec & V6 ? AF_INET6 : AF_INET, protocol = spec & MPTCP ? IPPROTO_MPTCP : 0;
	enum stage stage = spec & 0xff;
	int fd = socket(family, SOCK_STREAM, protocol), other;

	if (fd < 0 || stage == FRESH)
		return nonblocking(fd);
	if (stage == REFUSED) {
		nonblocking(fd);
		connect_nowhere(fd, family);
		return fd;
	}
	if (stage != LISTENING_UNBOUND)
		bind_at(fd, family, stage == BOUND_LOCAL || stage == LISTENING_LOCAL,
			stage == BOUND ? 5001 : 0);
	if (stage == BOUND || stage == BOUND_ZERO || stage == BOUND_LOCAL)
		return nonblocking(fd);
	listen(fd, 5);
	nonblocking(fd);
	if (stage == LISTENING || stage == LISTENING_LOCAL || stage == LISTENING_UNBOUND)
		return fd;
	other = socket(family, SOCK_STREAM, protocol);
	connect_to(other, fd);
	if (send(other, "hello", 5, 0) != 5)
		die("send");
	if (stage == QUEUED_GONE || stage == ACCEPTED_GONE)
		reset(other);
	if (stage == QUEUED || stage == QUEUED_GONE)
		return fd;
	if (stage == ACCEPTED || stage == ACCEPTED_GONE)
		return nonblocking(accept(fd, NULL, NULL));
	if (stage == SHUT)
		shutdown(other, SHUT_RDWR);
	return nonblocking(other);
}

static long make_datagram(long spec)
{
	int family = spec & V6 ? AF_INET6 : AF_INET;
	enum stage stage = spec & 0xff;
	int fd = nonblocking(socket(family, SOCK_DGRAM, 0)), other, on = 1;

	if (fd < 0 || stage == FRESH)
		return fd;
	if (stage == REFUSED) {
		connect_nowhere(fd, family);
		send(fd, "x", 1, 0);
		return fd;
	}
	if (stage != CONNECTED)
		bind_at(fd, family, stage == BOUND_LOCAL, stage == BOUND_ZERO ? 0 : 5002);
	if (stage == BOUND || stage == BOUND_ZERO || stage == BOUND_LOCAL)
		return fd;
	other = socket(family, SOCK_DGRAM, 0);
	bind_at(other, family, 1, 5003);
	if (stage == PENDING) {
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
		setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof on);
		setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
		connect_to(other, fd);
		if (send(other, "hello", 5, 0) != 5)
			die("send");
		return fd;
	}
	connect_to(fd, other);
	return fd;
}

enum other {
	REGULAR,
	PIPE_IN,
	PIPE_OUT,
	UNIX_FRESH,
	UNIX_PAIR,
	UNIX_DATAGRAMS,
	UNIX_QUEUED,
	EPOLL,
	RAW,
	SHELL
};

/* Listens under an abstract name (unix(7)). */
static long make_unix_queued(void)
{
	const struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "\0answers"};
	const socklen_t len = offsetof(struct sockaddr_un, sun_path) + 8;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	bind(fd, (const struct sockaddr *)&a, len);
	listen(fd, 5);
	connect(socket(AF_UNIX, SOCK_STREAM, 0), (const struct sockaddr *)&a, len);
	return nonblocking(fd);
}

static long make_other(long kind)
{
	int two[2] = {-1, -1};

	switch ((enum other)kind) {
	case REGULAR:
		two[0] = memfd_create("answers", 0);
		return write(two[0], "hello", 5) == 5 && lseek(two[0], 0, SEEK_SET) == 0 ? two[0] : -1;
	case PIPE_IN:
	case PIPE_OUT:
		if (pipe(two) || write(two[1], "hello", 5) != 5)
			die("pipe");
		return nonblocking(two[kind == PIPE_OUT]);
	case UNIX_FRESH:
		return socket(AF_UNIX, SOCK_STREAM, 0);
	case UNIX_PAIR:
	case UNIX_DATAGRAMS:
		if (socketpair(AF_UNIX, kind == UNIX_PAIR ? SOCK_STREAM : SOCK_DGRAM, 0, two) ||
		    write(two[1], "hello", 5) != 5)
			die("socketpair");
		return nonblocking(two[0]);
	case UNIX_QUEUED:
		return make_unix_queued();
	case EPOLL:
		return epoll_create1(0);
	case RAW:
		return nonblocking(socket(AF_INET, SOCK_RAW, IPPROTO_UDP));
	case SHELL:
		return open("/bin/sh", O_RDONLY);
	}
	return -1;
}

#define STREAM(name, spec) MADE(name, spec, make_stream)
#define DATAGRAM(name, spec) MADE(name, spec, make_datagram)
#define OTHER(name, kind) MADE(name, kind, make_other)

static const struct value sockets[] = {
    ALONE("-1", -1),
    ALONE("closed", 77),
    ALONE("high", 1 << 24),
    ALONE("lowest", INT32_MIN),
    MADE_ALONE("file", REGULAR, make_other),
    MADE_ALONE("pipe-in", PIPE_IN, make_other),
    MADE_ALONE("pipe-out", PIPE_OUT, make_other),
    MADE_ALONE("epoll", EPOLL, make_other),
    MADE_ALONE("unix", UNIX_FRESH, make_other),
    MADE_ALONE("unix-pair", UNIX_PAIR, make_other),
    MADE_ALONE("unix-datagrams", UNIX_DATAGRAMS, make_other),
    MADE_ALONE("unix-queued", UNIX_QUEUED, make_other),
    MADE_ALONE("raw", RAW, make_other),
    STREAM("tcp", FRESH),
    STREAM("tcp-bound", BOUND),
    MADE_ALONE("tcp-bound-zero", BOUND_ZERO, make_stream),
    MADE_ALONE("tcp-bound-local", BOUND_LOCAL, make_stream),
    MADE_ALONE("tcp-listening", LISTENING, make_stream),
    MADE_ALONE("tcp-listening-local", LISTENING_LOCAL, make_stream),
    MADE_ALONE("tcp-listening-unbound", LISTENING_UNBOUND, make_stream),
    STREAM("tcp-queued", QUEUED),
    MADE_ALONE("tcp-queued-gone", QUEUED_GONE, make_stream),
    MADE_ALONE("tcp-connected", CONNECTED, make_stream),
    STREAM("tcp-accepted", ACCEPTED),
    STREAM("tcp-accepted-gone", ACCEPTED_GONE),
    MADE_ALONE("tcp-shut", SHUT, make_stream),
    MADE_ALONE("tcp-refused", REFUSED, make_stream),
    MADE_ALONE("mptcp-bound", MPTCP | BOUND, make_stream),
    MADE_ALONE("mptcp-queued", MPTCP | QUEUED, make_stream),
    MADE_ALONE("mptcp-accepted", MPTCP | ACCEPTED, make_stream),
    MADE_ALONE("tcp6", V6, make_stream),
    MADE_ALONE("tcp6-bound", V6 | BOUND, make_stream),
    MADE_ALONE("tcp6-queued", V6 | QUEUED, make_stream),
    MADE_ALONE("tcp6-accepted", V6 | ACCEPTED, make_stream),
    DATAGRAM("udp", FRESH),
    DATAGRAM("udp-bound", BOUND),
    MADE_ALONE("udp-bound-zero", BOUND_ZERO, make_datagram),
    MADE_ALONE("udp-bound-local", BOUND_LOCAL, make_datagram),
    DATAGRAM("udp-pending", PENDING),
    MADE_ALONE("udp-connected", CONNECTED, make_datagram),
    MADE_ALONE("udp-bound-connected", BOUND_CONNECTED, make_datagram),
    MADE_ALONE("udp-refused", REFUSED, make_datagram),
    MADE_ALONE("udp6", V6, make_datagram),
    MADE_ALONE("udp6-bound", V6 | BOUND, make_datagram),
    MADE_ALONE("udp6-pending", V6 | PENDING, make_datagram),
    END,
};

/* The kinds that concern the library, for calls with many options. */
static const struct value widened[] = {
    STREAM("tcp", FRESH),
    STREAM("tcp-bound", BOUND),
    STREAM("tcp-listening", LISTENING),
    STREAM("tcp-accepted", ACCEPTED),
    STREAM("tcp-accepted-gone", ACCEPTED_GONE),
    STREAM("mptcp-bound", MPTCP | BOUND),
    DATAGRAM("udp-bound", BOUND),
    DATAGRAM("udp-bound-connected", BOUND_CONNECTED),
    STREAM("tcp6-bound", V6 | BOUND),
    END,
};

/* Descriptors of an executable file. */
static const struct value directories[] = {
    OTHER("sh", SHELL), IS("-1", -1), IS("cwd", AT_FDCWD), OTHER("file", REGULAR), STREAM("tcp", FRESH), END,
};

#endif

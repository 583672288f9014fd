/* The descriptors of the measured calls. A thing is a descriptor of the program's and its peer: under the
 * library an AF_INET program's sockets; natively, where IPv6 is to come, what a program that knows both
 * families has. */
#ifndef TESTS_BENCH_THINGS_H
#define TESTS_BENCH_THINGS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

union name {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

enum thing {
	NOTHING,
	REGULAR, /* a file */
	STREAM,  /* a connection of 127.0.0.1, neither listener nor client widened */
	FROM4,   /* accepted by a widened listener: from 127.0.0.1, ::1, and an address that is shown as a */
	FROM1,   /* synthetic one */
	FROM6,
	LISTENER, /* on 127.0.0.1 */
	LISTENER4,
	LISTENER1, /* widened; clients as above */
	LISTENER6,
	UDP, /* on 127.0.0.1 */
	UDP4,
	UDP6, /* widened; senders as above */
	THINGS
};

static const struct {
	int type;
	bool widened;
	const char *peer;
} kinds[THINGS] = {
    [STREAM] = {SOCK_STREAM, false, "127.0.0.1"},   [FROM4] = {SOCK_STREAM, true, "127.0.0.1"},
    [FROM1] = {SOCK_STREAM, true, "::1"},           [FROM6] = {SOCK_STREAM, true, "2001:db8::2"},
    [LISTENER] = {SOCK_STREAM, false, "127.0.0.1"}, [LISTENER4] = {SOCK_STREAM, true, "127.0.0.1"},
    [LISTENER1] = {SOCK_STREAM, true, "::1"},       [LISTENER6] = {SOCK_STREAM, true, "2001:db8::2"},
    [UDP] = {SOCK_DGRAM, false, "127.0.0.1"},       [UDP4] = {SOCK_DGRAM, true, "127.0.0.1"},
    [UDP6] = {SOCK_DGRAM, true, "2001:db8::2"},
};

static struct {
	bool made;
	int fd, partner;
	union name at; /* its address for a client, in its peer's family */
	socklen_t len;
	union name shown; /* the peer that the program sees */
	socklen_t shown_len;
} things[THINGS];

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static socklen_t name_parse(const char *text, union name *name)
{
	memset(name, 0, sizeof *name);
	/* The library takes a peer's text for AF_INET, too. */
	if (!strchr(text, ':') && inet_pton(AF_INET, text, &name->in.sin_addr) == 1) {
		name->any.sa_family = AF_INET;
		return sizeof name->in;
	}
	if (inet_pton(AF_INET6, text, &name->in6.sin6_addr) != 1)
		die(text);
	name->any.sa_family = AF_INET6;
	return sizeof name->in6;
}

/* The family of the kernel's socket, which the library hides. */
static int real_family(int fd)
{
	int family = -1;
	socklen_t len = sizeof family;

	syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, &family, &len);
	return family;
}

static int serve(enum thing which, bool native, in_port_t port)
{
	bool in6 = native && kinds[which].widened && strchr(kinds[which].peer, ':');
	const char *at = in6 ? "::" : kinds[which].widened ? "0.0.0.0" : "127.0.0.1";
	union name name;
	socklen_t len = name_parse(at, &name);
	int fd = socket(name.any.sa_family, kinds[which].type | SOCK_CLOEXEC, 0);

	name.in.sin_port = htons(port);
	if (kinds[which].type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (in6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, sizeof(int)))
		die("IPV6_V6ONLY");
	if (bind(fd, &name.any, len) || (kinds[which].type == SOCK_STREAM && listen(fd, 64)))
		die("bind");
	if (!native && (real_family(fd) == AF_INET6) != kinds[which].widened) {
		fprintf(stderr, "calls: port %d is not as it should be under the library\n", port);
		exit(2);
	}
	return fd;
}

/* A client of the thing, in its peer's family. */
static int visit(enum thing which)
{
	int fd = socket(things[which].at.any.sa_family, kinds[which].type | SOCK_CLOEXEC, 0);

	if (connect(fd, &things[which].at.any, things[which].len))
		die("connect");
	return fd;
}

static void make_udp(enum thing which)
{
	char byte;

	things[which].partner = visit(which);
	if (send(things[which].partner, "x", 1, 0) != 1)
		die("send");
	things[which].shown_len = sizeof things[which].shown;
	if (recvfrom(things[which].fd, &byte, 1, 0, &things[which].shown.any, &things[which].shown_len) != 1)
		die("recvfrom");
}

static void make_connection(enum thing which)
{
	int listener = things[which].fd;

	things[which].partner = visit(which);
	things[which].shown_len = sizeof things[which].shown;
	things[which].fd =
	    accept4(listener, &things[which].shown.any, &things[which].shown_len, SOCK_CLOEXEC);
	if (things[which].fd < 0)
		die("accept4");
	close(listener);
}

/* Makes it if it is not there. NATIVE: without the library. */
static void thing_make(enum thing which, bool native)
{
	in_port_t port = (in_port_t)(4000 + (int)which);

	if (things[which].made)
		return;
	things[which].made = true;
	things[which].fd = things[which].partner = -1;
	if (which == REGULAR)
		things[which].fd = memfd_create("calls", MFD_CLOEXEC);
	if (which < STREAM)
		return;
	things[which].len = name_parse(kinds[which].peer, &things[which].at);
	things[which].at.in.sin_port = htons(port);
	things[which].fd = serve(which, native, port);
	if (kinds[which].type == SOCK_DGRAM)
		make_udp(which);
	else if (which < LISTENER)
		make_connection(which);
}

#endif

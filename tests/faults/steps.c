#define _GNU_SOURCE
#include "scenarios.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- the program's peers */

socklen_t address(const char *text, in_port_t at, union address *a)
{
	memset(a, 0, sizeof *a);
	if (inet_pton(AF_INET, text, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(at);
		return sizeof a->in;
	}
	(void)inet_pton(AF_INET6, text, &a->in6.sin6_addr);
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = htons(at);
	return sizeof a->in6;
}

int other_socket(int family, int type)
{
	return (int)syscall(SYS_socket, family, type | SOCK_CLOEXEC, 0);
}

void other_close(int fd)
{
	const struct linger none = {1, 0};

	/* Leaves nothing in TIME_WAIT. */
	(void)syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
	(void)syscall(SYS_close, fd);
}

int other_connect(const char *host)
{
	union address to;
	socklen_t len = address(host, port, &to);
	int fd = other_socket(to.any.sa_family, SOCK_STREAM), error;

	if (syscall(SYS_connect, fd, &to, len) == 0)
		return fd;
	error = errno;
	other_close(fd);
	errno = error;
	return -1;
}

int other_bound(const char *host, int type)
{
	union address at;
	socklen_t len = address(host, port, &at);
	int fd = other_socket(at.any.sa_family, type), on = 1;

	if (at.any.sa_family == AF_INET6)
		(void)syscall(SYS_setsockopt, fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (syscall(SYS_bind, fd, &at, len) != 0 ||
	    (type == SOCK_STREAM && syscall(SYS_listen, fd, 8) != 0)) {
		perror("the other's server");
		_exit(2);
	}
	return fd;
}

bool other_waits(int fd, int ms)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	return syscall(SYS_ppoll, &wait, 1, &t, NULL, 0) == 1;
}

/* ---- what the program sees */

void say(const char *label, const char *format, ...)
{
	const unsigned space = sizeof page->text - page->used;
	unsigned used = (unsigned)snprintf(page->text + page->used, space, "%s: ", label);
	va_list args;

	va_start(args, format);
	if (used < space)
		used += (unsigned)vsnprintf(page->text + page->used + used, space - used, format, args);
	va_end(args);
	if (used + 2 > space) {
		(void)fprintf(stderr, "sweep: no space for what is seen\n");
		_exit(2);
	}
	page->text[page->used + used] = '\n';
	page->text[page->used + used + 1] = '\0';
	page->used += used + 1;
}

/* No error has this number. */
enum { UNTOUCHED = 4646 };

void begin(enum row own)
{
	page->own = own;
	errno = UNTOUCHED;
}

bool ended(const char *label, long result)
{
	const int error = errno;

	page->own = NO_ROW;
	if (result < 0)
		say(label, "%s", strerrorname_np(error) ? strerrorname_np(error) : "no error");
	else
		say(label, error == UNTOUCHED ? "ok" : "ok, but errno is changed");
	return result >= 0;
}

const char *text_of(const union address *a)
{
	static char text[INET6_ADDRSTRLEN + 16];

	if (a->any.sa_family == AF_INET && ntohl(a->in.sin_addr.s_addr) >> 28 == 15)
		return "synthetic";
	if (a->any.sa_family == AF_INET)
		(void)inet_ntop(AF_INET, &a->in.sin_addr, text, INET_ADDRSTRLEN);
	else if (a->any.sa_family == AF_INET6)
		(void)inet_ntop(AF_INET6, &a->in6.sin6_addr, text, INET6_ADDRSTRLEN);
	else
		(void)snprintf(text, sizeof text, "family %d", a->any.sa_family);
	return text;
}

const char *with(const char *label, const char *tail)
{
	char *text;

	if (asprintf(&text, "%s %s", label, tail) < 0)
		_exit(2);
	return text;
}

void say_address(const char *label, long result, const union address *a, const socklen_t *len)
{
	if (ended(label, result))
		say(with(label, "address"), "%s, %u bytes", text_of(a), (unsigned)*len);
}

void close_it(const char *label, int fd)
{
	begin(ROW_close);
	(void)ended(with(label, "close"), close(fd));
}

/* ---- steps of several scenarios */

void converse(const char *how, int connection, int client, const socklen_t space)
{
	union address a;
	socklen_t len = space;
	char byte = 0;

	memset(&a, 0, sizeof a);
	begin(ROW_getpeername);
	say_address(with("getpeername", how), getpeername(connection, &a.any, &len), &a, &len);
	len = space;
	memset(&a, 0, sizeof a);
	begin(ROW_getsockname);
	say_address(with("getsockname", how), getsockname(connection, &a.any, &len), &a, &len);
	(void)syscall(SYS_write, client, "a", 1);
	begin(ROW_recv);
	(void)ended(with("recv", how), recv(connection, &byte, 1, 0));
	begin(ROW_send);
	if (ended(with("send", how), send(connection, "b", 1, 0)) &&
	    (!other_waits(client, 1000) || syscall(SYS_read, client, &byte, 1) != 1 || byte != 'b'))
		say(with("answer", how), "lost");
}

bool visit(const char *how, const char *host, int listener, const socklen_t space)
{
	union address a;
	socklen_t len = space;
	int client = other_connect(host), connection;

	say(with("client", how), "%s", client < 0 ? strerrorname_np(errno) : "connected");
	if (client < 0)
		return true;
	memset(&a, 0, sizeof a);
	if (!other_waits(listener, 1000))
		say(with("accept", how), "nobody comes");
	begin(ROW_accept);
	connection = accept(listener, &a.any, &len);
	say_address(with("accept", how), connection, &a, &len);
	if (connection >= 0) {
		converse(how, connection, client, space);
		close_it(how, connection);
	}
	other_close(client);
	return connection >= 0;
}

bool bind_to(const char *label, int fd, const char *host)
{
	union address at;
	socklen_t len = address(host, port, &at);

	begin(at.any.sa_family == AF_INET6 ? ROW_bind_in6 : ROW_bind);
	return ended(label, bind(fd, &at.any, len));
}

bool listen_on(const char *label, int fd)
{
	begin(ROW_listen);
	return ended(label, listen(fd, 8));
}

bool look_up(const char *name, int type, union address *a)
{
	const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = type};
	struct addrinfo *list;
	char service[8];
	int error;

	(void)snprintf(service, sizeof service, "%u", port);
	begin(ROW_getaddrinfo);
	error = getaddrinfo(name, service, &hints, &list);
	page->own = NO_ROW;
	if (error) {
		say("getaddrinfo", "%d", error);
		return false;
	}
	memset(a, 0, sizeof *a);
	memcpy(a, list->ai_addr, list->ai_addrlen);
	say("getaddrinfo", "%s, %u bytes", text_of(a), (unsigned)list->ai_addrlen);
	freeaddrinfo(list);
	return true;
}

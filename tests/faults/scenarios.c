/* The scenarios: what an IPv4-only program does. Whom it talks to is played by system calls of the same
 * process, which the library does not see: at 192.0.2.1 and 2001:db8:1::1, which the host has. In /etc/hosts
 * are "both", "six" and "four", with these addresses. */
#define _GNU_SOURCE
#include "sweep.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define IN "192.0.2.1"
#define IN6 "2001:db8:1::1"

/* For an address, in a program that knows IPv4 only and in one that does not. */
#define ROOM sizeof(struct sockaddr_in)
#define ROOM6 sizeof(struct sockaddr_in6)

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
};

/* ---- the others */

static socklen_t address(const char *text, in_port_t at, union address *a)
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

static int other_socket(int family, int type)
{
	return (int)syscall(SYS_socket, family, type | SOCK_CLOEXEC, 0);
}

static void other_close(int fd)
{
	const struct linger none = {1, 0};

	/* Nothing is left in TIME_WAIT. */
	(void)syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
	(void)syscall(SYS_close, fd);
}

/* A client's connection to HOST, or -1 with errno. */
static int other_connect(const char *host)
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

static int other_bound(const char *host, int type)
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

static bool other_waits(int fd, int ms)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	return syscall(SYS_ppoll, &wait, 1, &t, NULL, 0) == 1;
}

/* ---- what the program sees */

/* Of the addresses that the library makes up, only that they are. */
static const char *text_of(const union address *a)
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

/* "LABEL TAIL", for a label that is there once for each of several. The process is short-lived. */
static const char *with(const char *label, const char *tail)
{
	char *text;

	if (asprintf(&text, "%s %s", label, tail) < 0)
		_exit(2);
	return text;
}

static void say_address(const char *label, long result, const union address *a, const socklen_t *len)
{
	if (ended(label, result))
		say(with(label, "address"), "%s, %u bytes", text_of(a), (unsigned)*len);
}

static void close_it(const char *label, int fd)
{
	begin(ROW_close);
	(void)ended(with(label, "close"), close(fd));
}

/* ---- servers, TCP */

/* ROOM for an address: what a program of that family has. */
static void converse(const char *how, int connection, int client, const socklen_t room)
{
	union address a;
	socklen_t len = room;
	char byte = 0;

	memset(&a, 0, sizeof a);
	begin(ROW_getpeername);
	say_address(with("getpeername", how), getpeername(connection, &a.any, &len), &a, &len);
	len = room;
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

/* A client comes to HOST, and LISTENER is to accept it. Returns whether that went on as it should. */
static bool visit(const char *how, const char *host, int listener, const socklen_t room)
{
	union address a;
	socklen_t len = room;
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
		converse(how, connection, client, room);
		close_it(how, connection);
	}
	other_close(client);
	return connection >= 0;
}

static bool bind_to(const char *label, int fd, const char *host)
{
	union address at;
	socklen_t len = address(host, port, &at);

	begin(at.any.sa_family == AF_INET6 ? ROW_bind_in6 : ROW_bind);
	return ended(label, bind(fd, &at.any, len));
}

static bool listen_on(const char *label, int fd)
{
	begin(ROW_listen);
	return ended(label, listen(fd, 8));
}

static bool set_int(const char *label, int fd, int level, int name, int value)
{
	begin(ROW_setsockopt);
	return ended(label, setsockopt(fd, level, name, &value, sizeof value));
}

static void get_int(const char *label, int fd, int level, int name)
{
	int value = 0;
	socklen_t len = sizeof value;

	begin(ROW_getsockopt);
	if (ended(label, getsockopt(fd, level, name, &value, &len)))
		say(with(label, "value"), "%d", value);
}

/* What is about other things than connections. */
static void ask_aside(int fd)
{
	struct ifreq request = {.ifr_name = "lo"};
	struct timeval t = {0, 0};
	fd_set in;

	begin(ROW_ioctl);
	(void)ended("ioctl", ioctl(fd, SIOCGIFADDR, &request));
	FD_ZERO(&in);
	FD_SET(fd, &in);
	begin(ROW_select);
	(void)ended("select", select(fd + 1, &in, NULL, NULL, &t));
}

static void tcp_server(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (set_int("SO_REUSEADDR", fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
	    set_int("IP_TOS", fd, IPPROTO_IP, IP_TOS, 16) && bind_to("bind", fd, "0.0.0.0") &&
	    listen_on("listen", fd) && visit("IPv4", IN, fd, ROOM) && visit("IPv6", IN6, fd, ROOM)) {
		ask_aside(fd);
		get_int("SO_DOMAIN", fd, SOL_SOCKET, SO_DOMAIN);
		get_int("IP_TOS again", fd, IPPROTO_IP, IP_TOS);
		(void)set_int("IP_TTL", fd, IPPROTO_IP, IP_TTL, 33);
		/* What makes the library give up IPv6. */
		(void)set_int("SO_DONTROUTE", fd, SOL_SOCKET, SO_DONTROUTE, 1);
		(void)visit("IPv4 again", IN, fd, ROOM);
	}
	close_it("listener", fd);
}

/* Registered before bind(), with a copy of the descriptor, in the way of Boost.Asio. */
static void tcp_server_epoll(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), copy = dup(fd), set = epoll_create1(0),
	    found;
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = 46};
	static const char *const hosts[][2] = {{"IPv4", IN}, {"IPv6", IN6}};

	/* So that it is another user's than one that is made now. */
	(void)syscall(SYS_fchown, fd, 1, 1);
	begin(ROW_dup2);
	(void)ended("dup2", dup2(fd, copy));
	begin(ROW_fcntl_other);
	(void)ended("O_ASYNC", fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC));
	begin(ROW_epoll_ctl);
	if (ended("epoll_ctl", epoll_ctl(set, EPOLL_CTL_ADD, fd, &event)) && bind_to("bind", fd, "0.0.0.0") &&
	    listen_on("listen", copy))
		for (int i = 0; i < 2; i++) {
			int client = other_connect(hosts[i][1]), connection;
			const char *how = hosts[i][0];

			say(with("client", how), "%s", client < 0 ? strerrorname_np(errno) : "connected");
			if (client < 0)
				continue;
			memset(&event, 0, sizeof event);
			begin(ROW_epoll_wait);
			found = epoll_wait(set, &event, 1, 1000);
			if (ended(with("epoll_wait", how), found))
				say(with("event", how), "%d, %u %x", found, event.data.u32, event.events);
			begin(ROW_accept4);
			connection = accept4(copy, NULL, NULL, SOCK_CLOEXEC);
			if (ended(with("accept4", how), connection)) {
				converse(how, connection, client, ROOM);
				close_it(how, connection);
			}
			other_close(client);
			if (connection < 0)
				break;
		}
	close_it("copy", copy);
	close_it("set", set);
	close_it("listener", fd);
}

/* listen() without bind(). */
static void tcp_server_unbound(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	union address a;
	socklen_t len = sizeof a;
	const in_port_t before = port;

	if (listen_on("listen", fd)) {
		(void)syscall(SYS_getsockname, fd, &a, &len);
		port = ntohs(a.in.sin_port);
		(void)(visit("IPv4", IN, fd, ROOM) && visit("IPv6", IN6, fd, ROOM));
		port = before;
	}
	close_it("listener", fd);
}

/* A program that has a socket for each family; REUSED: then the conflict shows in listen(). */
static void tcp_both(bool reused)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), fd6 = socket(AF_INET6, SOCK_STREAM, 0);
	bool goes_on = true;

	if (reused) {
		(void)set_int("SO_REUSEADDR", fd, SOL_SOCKET, SO_REUSEADDR, 1);
		(void)set_int("SO_REUSEADDR IPv6", fd6, SOL_SOCKET, SO_REUSEADDR, 1);
	}
	(void)set_int("IPV6_V6ONLY", fd6, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (bind_to("bind", fd, "0.0.0.0") && listen_on("listen", fd)) {
		if (bind_to("bind IPv6", fd6, "::") && listen_on("listen IPv6", fd6))
			goes_on = visit("IPv6", IN6, fd6, ROOM6);
		if (goes_on)
			(void)visit("IPv4", IN, fd, ROOM);
	}
	close_it("listener", fd);
	close_it("listener IPv6", fd6);
}

static void tcp_both_plain(void)
{
	tcp_both(false);
}

static void tcp_both_reused(void)
{
	tcp_both(true);
}

/* ---- UDP */

static void say_control(const char *label, struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		struct in_pktinfo info;
		union address a = {.in = {.sin_family = AF_INET}};

		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO) {
			say(with(label, "control"), "%d %d", c->cmsg_level, c->cmsg_type);
			continue;
		}
		memcpy(&info, CMSG_DATA(c), sizeof info);
		a.in.sin_addr = info.ipi_addr;
		say(with(label, "IP_PKTINFO"), "%s", text_of(&a));
	}
}

/* One datagram each by recvfrom() and sendto(), and by recvmsg() and sendmsg() with IP_PKTINFO. */
static bool exchange(const char *how, const char *host, int fd)
{
	union address to, from;
	socklen_t len = address(host, port, &to), size = sizeof from.in;
	int client = other_socket(to.any.sa_family, SOCK_DGRAM);
	char byte, control[256];
	struct iovec piece = {&byte, 1};
	struct msghdr message = {.msg_name = &from,
				 .msg_namelen = sizeof from.in,
				 .msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof control};

	(void)syscall(SYS_connect, client, &to, len);
	(void)syscall(SYS_write, client, "a", 1);
	if (!other_waits(fd, 0)) {
		say(with("datagram", how), "none");
		other_close(client);
		return true;
	}
	memset(&from, 0, sizeof from);
	begin(ROW_recvfrom);
	say_address(with("recvfrom", how), recvfrom(fd, &byte, 1, MSG_DONTWAIT, &from.any, &size), &from,
		    &size);
	if (from.any.sa_family) {
		begin(ROW_sendto);
		if (ended(with("sendto", how), sendto(fd, "b", 1, 0, &from.any, size)))
			say(with("sendto", with(how, "comes")), "%s",
			    other_waits(client, 100) && syscall(SYS_read, client, &byte, 1) == 1 ? "yes"
												 : "no");
		(void)syscall(SYS_write, client, "c", 1);
	}
	memset(&from, 0, sizeof from);
	begin(ROW_recvmsg);
	say_address(with("recvmsg", how), recvmsg(fd, &message, MSG_DONTWAIT), &from, &message.msg_namelen);
	if (from.any.sa_family) {
		say_control(with("recvmsg", how), &message);
		begin(ROW_sendmsg);
		if (ended(with("sendmsg", how), sendmsg(fd, &message, 0)))
			say(with("sendmsg", with(how, "comes")), "%s",
			    other_waits(client, 100) && syscall(SYS_read, client, &byte, 1) == 1 ? "yes"
												 : "no");
	}
	other_close(client);
	return from.any.sa_family;
}

/* By recvmmsg() and sendmmsg(). */
static bool exchange_many(const char *how, const char *host, int fd)
{
	union address to, from;
	socklen_t len = address(host, port, &to);
	int client = other_socket(to.any.sa_family, SOCK_DGRAM), got;
	char byte;
	struct iovec piece = {&byte, 1};
	struct mmsghdr message = {
	    .msg_hdr = {
		.msg_name = &from, .msg_namelen = sizeof from.in, .msg_iov = &piece, .msg_iovlen = 1}};

	(void)syscall(SYS_connect, client, &to, len);
	(void)syscall(SYS_write, client, "a", 1);
	if (!other_waits(fd, 0)) {
		say(with("datagram", how), "none");
		other_close(client);
		return true;
	}
	memset(&from, 0, sizeof from);
	begin(ROW_recvmmsg);
	got = recvmmsg(fd, &message, 1, MSG_DONTWAIT, NULL);
	say_address(with("recvmmsg", how), got, &from, &message.msg_hdr.msg_namelen);
	if (got == 1) {
		begin(ROW_sendmmsg);
		if (ended(with("sendmmsg", how), sendmmsg(fd, &message, 1, 0)))
			say(with("sendmmsg", with(how, "comes")), "%s",
			    other_waits(client, 100) ? "yes" : "no");
	}
	other_close(client);
	return got == 1;
}

static void udp_server(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (set_int("IP_PKTINFO", fd, IPPROTO_IP, IP_PKTINFO, 1) && bind_to("bind", fd, "0.0.0.0") &&
	    exchange("IPv4", IN, fd) && exchange("IPv6", IN6, fd) && exchange_many("many, IPv4", IN, fd) &&
	    exchange_many("many, IPv6", IN6, fd)) {
		(void)set_int("IP_RECVTTL", fd, IPPROTO_IP, IP_RECVTTL, 1);
	}
	close_it("socket", fd);
}

/* The first of NAME's addresses, or false. */
static bool look_up(const char *name, int type, union address *a)
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

static void udp_client(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), server = other_bound(IN6, SOCK_DGRAM), plain;
	union address to, from;
	socklen_t len = sizeof from;
	char byte;

	plain = other_bound(IN, SOCK_DGRAM);
	if (look_up("six", SOCK_DGRAM, &to)) {
		begin(ROW_sendto);
		if (ended("sendto", sendto(fd, "a", 1, 0, &to.any, sizeof to.in)) &&
		    other_waits(server, 1000)) {
			(void)syscall(SYS_recvfrom, server, &byte, 1, 0, &from, &len);
			(void)syscall(SYS_sendto, server, "b", 1, 0, &from, len);
			len = sizeof from.in;
			memset(&from, 0, sizeof from);
			begin(ROW_recvfrom);
			say_address("recvfrom", recvfrom(fd, &byte, 1, 0, &from.any, &len), &from, &len);
		}
	}
	(void)address(IN, port, &to);
	begin(ROW_sendto);
	if (ended("sendto IPv4", sendto(fd, "a", 1, 0, &to.any, sizeof to.in)))
		say("sendto IPv4 comes", "%s", other_waits(plain, 1000) ? "yes" : "no");
	other_close(server);
	other_close(plain);
	close_it("socket", fd);
}

/* ---- clients, TCP */

/* Who listens on PORT. */
static void client(const char *name, const char *server_host, bool nonblocking, bool (*wait)(int fd))
{
	int server = server_host ? other_bound(server_host, SOCK_STREAM) : -1, fd, error = 0, peer;
	union address to, a;
	socklen_t len = sizeof error;
	bool connected;
	char byte;

	fd = socket(AF_INET, SOCK_STREAM | (nonblocking ? SOCK_NONBLOCK : 0), 0);
	if (look_up(name, SOCK_STREAM, &to)) {
		begin(NO_ROW);
		page->connecting = strcmp(text_of(&to), "synthetic") == 0 ? ROW_connect_in6 : ROW_connect;
		connected = connect(fd, &to.any, sizeof to.in) == 0;
		if (!connected && nonblocking && errno == EINPROGRESS) {
			page->own = NO_ROW;
			if (wait(fd)) {
				begin(ROW_getsockopt);
				connected =
				    ended("SO_ERROR", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
				if (connected)
					say("connect", "%s", error ? strerrorname_np(error) : "ok");
				connected &= !error;
			}
		} else {
			connected = ended("connect", connected ? 0 : -1);
		}
		if (connected && server >= 0) {
			peer = (int)syscall(SYS_accept4, server, NULL, NULL, 0);
			(void)syscall(SYS_write, peer, "a", 1);
			len = sizeof a.in;
			memset(&a, 0, sizeof a);
			begin(ROW_getpeername);
			say_address("getpeername", getpeername(fd, &a.any, &len), &a, &len);
			if (nonblocking)
				(void)other_waits(fd, 1000);
			begin(ROW_read);
			(void)ended("read", read(fd, &byte, 1));
			begin(ROW_write);
			(void)ended("write", write(fd, "b", 1));
			other_close(peer);
		}
	}
	close_it("socket", fd);
	if (server >= 0)
		other_close(server);
}

static void client_in(void)
{
	client("both", IN, false, NULL);
}

static void client_in6(void)
{
	client("both", IN6, false, NULL);
}

static void client_six(void)
{
	client("six", IN6, false, NULL);
}

static void client_none(void)
{
	client("both", NULL, false, NULL);
}

static bool by_poll(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	int result;

	begin(ROW_poll);
	result = poll(&wait, 1, 3000);
	return ended("poll", result) && result;
}

static bool by_select(int fd)
{
	struct timeval t = {3, 0};
	fd_set out;
	int result;

	FD_ZERO(&out);
	FD_SET(fd, &out);
	begin(ROW_select);
	result = select(fd + 1, NULL, &out, NULL, &t);
	return ended("select", result) && result && FD_ISSET(fd, &out);
}

static bool by_epoll(int fd)
{
	struct epoll_event event = {.events = EPOLLOUT, .data.u32 = 46};
	int set = epoll_create1(0), result = -1;

	begin(ROW_epoll_ctl);
	if (ended("epoll_ctl", epoll_ctl(set, EPOLL_CTL_ADD, fd, &event))) {
		begin(ROW_epoll_wait);
		result = epoll_wait(set, &event, 1, 3000);
		(void)ended("epoll_wait", result);
	}
	close_it("set", set);
	return result == 1;
}

static void client_poll_in(void)
{
	client("both", IN, true, by_poll);
}

static void client_poll_in6(void)
{
	client("both", IN6, true, by_poll);
}

static void client_poll_none(void)
{
	client("both", NULL, true, by_poll);
}

static void client_select_in(void)
{
	client("both", IN, true, by_select);
}

static void client_epoll_in(void)
{
	client("both", IN, true, by_epoll);
}

static void client_epoll_in6(void)
{
	client("both", IN6, true, by_epoll);
}

/* ---- names */

static void say_list(const char *label, int error, struct addrinfo **list)
{
	char text[256] = "";
	size_t used = 0;

	page->own = NO_ROW;
	if (error) {
		say(label, "%d", error);
		return;
	}
	for (const struct addrinfo *a = *list; a; a = a->ai_next) {
		union address at;

		memset(&at, 0, sizeof at);
		memcpy(&at, a->ai_addr, a->ai_addrlen);
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %u%s%s", used ? ", " : "",
					 text_of(&at), (unsigned)a->ai_addrlen, a->ai_canonname ? " " : "",
					 a->ai_canonname ? a->ai_canonname : "");
	}
	say(label, "%s", text);
	freeaddrinfo(*list);
}

static void ask(const char *label, const char *name, int family)
{
	const struct addrinfo hints = {
	    .ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME};
	struct addrinfo *list = NULL;

	begin(ROW_getaddrinfo);
	say_list(label, getaddrinfo(name, "80", &hints, &list), &list);
}

static void names(void)
{
	ask("both AF_INET", "both", AF_INET);
	ask("six AF_INET", "six", AF_INET);
	ask("six AF_INET again", "six", AF_INET);
	ask("four AF_INET", "four", AF_INET);
	ask("four AF_INET6", "four", AF_INET6);
	ask("both AF_UNSPEC", "both", AF_UNSPEC);
	ask("literal", IN6, AF_INET);
}

static void say_host(const char *label, const struct hostent *h, int error)
{
	union address a = {.any = {.sa_family = 0}};

	page->own = NO_ROW;
	if (!h) {
		say(label, "%d", error);
		return;
	}
	a.any.sa_family = (sa_family_t)h->h_addrtype;
	memcpy(h->h_addrtype == AF_INET6 ? (void *)&a.in6.sin6_addr : (void *)&a.in.sin_addr,
	       h->h_addr_list[0], (size_t)h->h_length);
	say(label, "%s %d %s", text_of(&a), h->h_length, h->h_name);
}

static void host(const char *label, const char *name, int family)
{
	struct hostent *h;

	begin(ROW_gethostbyname2);
	h = gethostbyname2(name, family);
	say_host(label, h, h_errno);
}

static void host_r(const char *label, const char *name, int family)
{
	struct hostent entry, *h = NULL;
	char buffer[2048];
	int error = 0;

	begin(ROW_gethostbyname2_r);
	(void)gethostbyname2_r(name, family, &entry, buffer, sizeof buffer, &h, &error);
	say_host(label, h, error);
}

static void hosts(void)
{
	host("both", "both", AF_INET);
	host("six", "six", AF_INET);
	host("four AF_INET6", "four", AF_INET6);
	host_r("both, _r", "both", AF_INET);
	host_r("six, _r", "six", AF_INET);
	host_r("four AF_INET6, _r", "four", AF_INET6);
}

/* A synthetic address's text and name. */
static void reverse(void)
{
	union address to;
	struct hostent *h;
	char text[NI_MAXHOST];
	int error;

	if (!look_up("six", SOCK_STREAM, &to))
		return;
	begin(ROW_getnameinfo);
	error = getnameinfo(&to.any, sizeof to.in, text, sizeof text, NULL, 0, NI_NUMERICHOST);
	page->own = NO_ROW;
	if (error)
		say("getnameinfo", "%d", error);
	else
		say("getnameinfo", "%s", text);
	begin(ROW_gethostbyaddr);
	h = gethostbyaddr(&to.in.sin_addr, sizeof to.in.sin_addr, AF_INET);
	page->own = NO_ROW;
	if (h)
		say("gethostbyaddr", "%s %d", h->h_name, h->h_length);
	else
		say("gethostbyaddr", "%d", h_errno);
}

/* ---- programs that are executed */

/* The child of a daemon that has cleaned its environment: it accepts from a listener that it inherits.
 * EXECUTE starts it, and says how that went. */
static void inherit(pid_t (*execute)(char **args))
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), status = 0;
	char number[12], at[12], file[1024];
	char *args[] = {(char *)self, "accept", number, at, file, NULL};
	const char *error = "ok";
	pid_t child;

	(void)snprintf(number, sizeof number, "%d", fd);
	(void)snprintf(at, sizeof at, "%u", port);
	(void)snprintf(file, sizeof file, "%s", getenv("INJECT") ? getenv("INJECT") : "");
	if (bind_to("bind", fd, "0.0.0.0") && listen_on("listen", fd)) {
		errno = 0;
		child = execute(args);
		page->own = NO_ROW;
		if (child < 0)
			error = strerrorname_np(errno);
		else if (waitpid(child, &status, 0) != child || status)
			error = "it has failed";
		say("child", "%s", error);
		(void)visit("IPv4", IN, fd, ROOM);
	}
	close_it("listener", fd);
}

static char *none[] = {NULL};

static pid_t fork_and(enum row own, int (*execute)(char **args), char **args)
{
	pid_t child = fork();

	if (child == 0) {
		begin(own);
		(void)ended("exec", execute(args));
		_exit(0);
	}
	return child;
}

static int call_execve(char **args)
{
	return execve(self, args, none);
}

static int call_execvp(char **args)
{
	environ = none;
	return execvp(self, args);
}

static pid_t by_execve(char **args)
{
	return fork_and(ROW_execve, call_execve, args);
}

static pid_t by_execvp(char **args)
{
	return fork_and(ROW_execvpe, call_execvp, args);
}

static pid_t by_spawn(char **args)
{
	pid_t child;

	begin(ROW_posix_spawn);
	errno = posix_spawn(&child, self, NULL, NULL, args, none);
	return errno ? -1 : child;
}

static pid_t by_spawnp(char **args)
{
	pid_t child;

	begin(ROW_posix_spawnp);
	errno = posix_spawnp(&child, self, NULL, NULL, args, none);
	return errno ? -1 : child;
}

static void inherit_execve(void)
{
	inherit(by_execve);
}

static void inherit_execvp(void)
{
	inherit(by_execvp);
}

static void inherit_spawn(void)
{
	inherit(by_spawn);
}

static void inherit_spawnp(void)
{
	inherit(by_spawnp);
}

/* The library is loaded; the configuration and the rest of the environment are the sweep's. Not through
 * execve(), which would hand on what the library has read and made up already. */
static void start(void)
{
	char *args[] = {(char *)self, "serve", NULL, NULL, NULL, NULL};
	char at[12];
	int status;
	pid_t child = fork();

	(void)snprintf(at, sizeof at, "%u", port);
	args[2] = at;
	args[3] = getenv("INJECT");
	if (child == 0) {
		(void)syscall(SYS_execve, self, args, environ);
		_exit(1);
	}
	if (waitpid(child, &status, 0) == child)
		say("child", "%d", status);
}

int scenario_child(char **args)
{
	if (strcmp(args[0], "accept") == 0) {
		int fd = atoi(args[1]);

		port = (in_port_t)atoi(args[2]);
		(void)visit("IPv4 by child", IN, fd, ROOM);
		(void)visit("IPv6 by child", IN6, fd, ROOM);
		return 0;
	}
	port = (in_port_t)atoi(args[1]);
	tcp_server();
	return 0;
}

const struct scenario scenarios[] = {
    /* What can't hold for IPv6 alike is refused where the socket can't be made IPv4's again; what only an
     * AF_INET socket answers is asked of one that is made for it. */
    {"tcp-server", tcp_server, {"SO_DONTROUTE: *", "SO_DOMAIN value: 10", "ioctl: *"}, false},
    {"tcp-server-epoll", tcp_server_epoll, {NULL}, false},
    {"tcp-server-unbound", tcp_server_unbound, {NULL}, false},
    /* Where the widened socket can't be made room of, the other one has none. */
    {"tcp-both", tcp_both_plain, {"bind IPv6: EADDRINUSE"}, false},
    {"tcp-both-reused", tcp_both_reused, {"bind IPv6: EADDRINUSE", "listen IPv6: EADDRINUSE"}, false},
    {"udp-server",
     udp_server,
     {"sendto IPv6: ENETUNREACH", "sendmsg IPv6: ENETUNREACH", "sendmmsg many, IPv6: ENETUNREACH"},
     false},
    /* There is no way to the name's only address. */
    {"udp-client", udp_client, {"sendto: ENETUNREACH"}, false},
    /* connect() goes on then. */
    {"client-in", client_in, {"connect: EINTR"}, true},
    {"client-in6", client_in6, {"connect: EINTR"}, true},
    {"client-six", client_six, {"connect: ENETUNREACH", "connect: EINTR"}, true},
    {"client-none", client_none, {"connect: EINTR"}, true},
    {"client-poll-in", client_poll_in, {NULL}, true},
    {"client-poll-in6", client_poll_in6, {NULL}, true},
    {"client-poll-none", client_poll_none, {NULL}, true},
    {"client-select-in", client_select_in, {NULL}, true},
    {"client-epoll-in", client_epoll_in, {"connect: ENETUNREACH"}, true},
    {"client-epoll-in6", client_epoll_in6, {"connect: ENETUNREACH"}, true},
    {"names", names, {NULL}, false},
    {"hosts", hosts, {NULL}, false},
    {"reverse", reverse, {NULL}, false},
    {"inherit-execve", inherit_execve, {NULL}, false},
    {"inherit-execvp", inherit_execvp, {NULL}, false},
    {"inherit-spawn", inherit_spawn, {NULL}, false},
    {"inherit-spawnp", inherit_spawnp, {NULL}, false},
    {"start", start, {"SO_DONTROUTE: *", "SO_DOMAIN value: 10", "ioctl: *"}, false},
};
const int scenario_count = sizeof scenarios / sizeof *scenarios;

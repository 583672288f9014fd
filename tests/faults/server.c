#define _GNU_SOURCE
#include "scenarios.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- servers, TCP */

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

/* Calls that are not about connections. */
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

void tcp_server(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (set_int("SO_REUSEADDR", fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
	    set_int("IP_TOS", fd, IPPROTO_IP, IP_TOS, 16) && bind_to("bind", fd, "0.0.0.0") &&
	    listen_on("listen", fd) && visit("IPv4", IN, fd, SPACE) && visit("IPv6", IN6, fd, SPACE)) {
		ask_aside(fd);
		get_int("SO_DOMAIN", fd, SOL_SOCKET, SO_DOMAIN);
		get_int("IP_TOS again", fd, IPPROTO_IP, IP_TOS);
		(void)set_int("IP_TTL", fd, IPPROTO_IP, IP_TTL, 33);
		/* An option for which the library gives up IPv6. */
		(void)set_int("SO_DONTROUTE", fd, SOL_SOCKET, SO_DONTROUTE, 1);
		(void)visit("IPv4 again", IN, fd, SPACE);
	}
	close_it("listener", fd);
}

/* Registered before bind(), with a copy of the descriptor, like Boost.Asio. */
static void tcp_server_epoll(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), copy = dup(fd), set, found;
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = 46};
	static const char *const hosts[][2] = {{"IPv4", IN}, {"IPv6", IN6}};

	/* A socket made now would have another owner. */
	(void)syscall(SYS_fchown, fd, 1, 1);
	begin(ROW_epoll_create1);
	set = epoll_create1(0);
	if (!ended("epoll_create1", set))
		set = (int)syscall(SYS_epoll_create1, 0);
	begin(ROW_dup2);
	(void)ended("dup2", dup2(fd, copy));
	begin(NO_ROW);
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
				converse(how, connection, client, SPACE);
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
		(void)(visit("IPv4", IN, fd, SPACE) && visit("IPv6", IN6, fd, SPACE));
		port = before;
	}
	close_it("listener", fd);
}

/* A program with a socket for each family. With REUSED, the conflict shows only in listen(). */
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
			goes_on = visit("IPv6", IN6, fd6, SPACE6);
		if (goes_on)
			(void)visit("IPv4", IN, fd, SPACE);
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

const struct scenario server_scenarios[] = {
    /* An option that can't hold for IPv6 is refused if the socket can't be narrowed; a request that only
     * AF_INET sockets answer is made on a new one. */
    {"tcp-server", tcp_server, {"SO_DONTROUTE: *", "SO_DOMAIN value: 10", "ioctl: *"}, false},
    {"tcp-server-epoll", tcp_server_epoll, {NULL}, false},
    {"tcp-server-unbound", tcp_server_unbound, {NULL}, false},
    /* If the widened socket can't be narrowed, the IPv6 port is taken. */
    {"tcp-both", tcp_both_plain, {"bind IPv6: EADDRINUSE"}, false},
    {"tcp-both-reused", tcp_both_reused, {"bind IPv6: EADDRINUSE", "listen IPv6: EADDRINUSE"}, false},
    {"udp-server",
     udp_server,
     {"sendto IPv6: ENETUNREACH", "sendmsg IPv6: ENETUNREACH", "sendmmsg many, IPv6: ENETUNREACH"},
     false},
    /* The name's only address can't be reached. */
    {"udp-client", udp_client, {"sendto: ENETUNREACH"}, false},
    {NULL, NULL, {NULL}, false},
};

/* server STYLE FAMILY PORT [ADDR PORT]...: answers any request with 64 bytes, or with as much as it can if
 * the request begins with "B". FAMILY is 4, an IPv4-only server, or 46, the same server written dual-stack.
 * STYLE: epoll   one thread, level-triggered; also listens on each IPv4 ADDR and PORT serial  one connection
 * after the other, blocking udp     datagrams, by IPV6_RECVPKTINFO if dual-stack once    exits once it
 * listens */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, MANY = 8 };

/* As large as the program needs: accept() and recvfrom() are given the length of the family. */
static union {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
} peer;
static socklen_t size = sizeof peer.in;
static char chunk[1 << 16];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int bound(int dual, int type, const char *addr, const char *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((in_port_t)atoi(port))};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = in.sin_port};
	int fd = socket(dual ? AF_INET6 : AF_INET, type, 0), off = 0, on = 1;

	if (inet_pton(AF_INET, addr, &in.sin_addr) != 1)
		die(addr);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
		die("socket");
	if (dual && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off))
		die("IPV6_V6ONLY");
	if (dual ? bind(fd, (struct sockaddr *)&in6, sizeof in6)
		 : bind(fd, (struct sockaddr *)&in, sizeof in))
		die("bind");
	if (type == SOCK_STREAM && listen(fd, BACKLOG))
		die("listen");
	return fd;
}

static int accepted(int listener)
{
	socklen_t len = size;

	return accept(listener, &peer.any, &len);
}

/* Returns 1 if all is asked for, 0 after an answer, -1 at the end. */
static int answer(int fd)
{
	ssize_t n = recv(fd, chunk, sizeof chunk, 0);

	if (n <= 0)
		return -1;
	if (*chunk == 'B')
		return 1;
	return send(fd, chunk, 64, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static void watch(int epoll, int how, int fd, uint32_t what)
{
	struct epoll_event event = {.events = what, .data.fd = fd};

	if (epoll_ctl(epoll, how, fd, &event))
		die("epoll_ctl");
}

static void ready(int epoll, const struct epoll_event *event)
{
	int fd = event->data.fd, way;

	if (event->events & EPOLLOUT)
		way = send(fd, chunk, sizeof chunk, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN ? -1
													: 0;
	else
		way = answer(fd);
	if (way > 0)
		watch(epoll, EPOLL_CTL_MOD, fd, EPOLLOUT);
	else if (way < 0)
		close(fd);
}

static void by_epoll(const int *listeners, int count)
{
	int epoll = epoll_create1(0);
	struct epoll_event events[64];

	for (int i = 0; i < count; i++)
		watch(epoll, EPOLL_CTL_ADD, listeners[i], EPOLLIN);
	for (;;) {
		int n = epoll_wait(epoll, events, 64, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd > listeners[count - 1]) {
				ready(epoll, &events[i]);
			} else if ((fd = accepted(fd)) >= 0) {
				watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN);
			}
		}
	}
}

static void serially(int listener)
{
	for (;;) {
		int fd = accepted(listener), way;

		if (fd < 0)
			continue;
		while ((way = answer(fd)) == 0)
			;
		while (way > 0 && send(fd, chunk, sizeof chunk, MSG_NOSIGNAL) > 0)
			;
		close(fd);
	}
}

/* Answers leave from the address that was asked. */
static void dual_datagrams(int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct iovec piece = {.iov_base = chunk};
	struct msghdr message = {
	    .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_name = &peer};
	int on = 1;

	if (setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) != 0)
		die("IPV6_RECVPKTINFO");
	for (;;) {
		piece.iov_len = sizeof chunk;
		message.msg_namelen = sizeof peer.in6;
		message.msg_controllen = sizeof control;
		if (recvmsg(fd, &message, 0) < 0)
			continue;
		piece.iov_len = 64;
		sendmsg(fd, &message, 0);
	}
}

static void datagrams(int fd)
{
	for (;;) {
		socklen_t len = size;
		ssize_t n = recvfrom(fd, chunk, sizeof chunk, 0, &peer.any, &len);

		if (n >= 0)
			sendto(fd, chunk, 64, 0, &peer.any, len);
	}
}

int main(int argc, char **argv)
{
	int listeners[MANY], count = 0;

	if (argc < 4 || argc % 2 || argc > 4 + 2 * (MANY - 1)) {
		fprintf(stderr, "usage: server epoll|serial|udp|once 4|46 PORT [ADDR PORT]...\n");
		return 2;
	}
	int dual = strcmp(argv[2], "46") == 0;
	int type = strcmp(argv[1], "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;

	if (dual)
		size = sizeof peer.in6;
	listeners[count++] = bound(dual, type, "0.0.0.0", argv[3]);
	for (int i = 4; i < argc; i += 2)
		listeners[count++] = bound(0, type, argv[i], argv[i + 1]);
	if (strcmp(argv[1], "epoll") == 0)
		by_epoll(listeners, count);
	else if (strcmp(argv[1], "serial") == 0)
		serially(listeners[0]);
	else if (type == SOCK_DGRAM && dual)
		dual_datagrams(listeners[0]);
	else if (type == SOCK_DGRAM)
		datagrams(listeners[0]);
	return 0;
}

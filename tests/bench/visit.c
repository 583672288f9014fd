/* visit blocking|poll|epoll NAME PORT: an AF_INET client: connects to NAME's first address, and prints the
 * milliseconds that it took, without the look-up, and the family (4 or 6) that the server saw.
 * visit in-turn NAME PORT: the same by a client that knows both families and tries every address in turn. It
 * gives up after $LIMIT seconds, 10 unless set.
 * visit serve PORT: the server, which tells each client its family. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Seconds. */
enum { PATIENCE = 60 };
static int limit = 10;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* HTTP as far as curl needs it. */
static void answer(int fd, bool four)
{
	char request[1024];

	alarm(60);
	if (read(fd, request, sizeof request) > 0)
		dprintf(fd, "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n%d", four ? 4 : 6);
	exit(0);
}

static void serve(in_port_t port)
{
	const struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = port};
	int listener = socket(AF_INET6, SOCK_STREAM, 0);

	signal(SIGCHLD, SIG_IGN);
	if (setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, sizeof(int)) ||
	    bind(listener, (const struct sockaddr *)&at, sizeof at) || listen(listener, 64))
		die("bind");
	for (;;) {
		struct sockaddr_in6 from;
		socklen_t len = sizeof from;
		int fd = accept(listener, (struct sockaddr *)&from, &len);

		if (fd >= 0 && fork() == 0)
			answer(fd, IN6_IS_ADDR_V4MAPPED(&from.sin6_addr));
		close(fd);
	}
}

static void by_poll(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	if (poll(&p, 1, PATIENCE * 1000) != 1)
		die("poll");
}

static void by_epoll(int fd)
{
	struct epoll_event event = {.events = EPOLLOUT};
	int set = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) || epoll_wait(set, &event, 1, PATIENCE * 1000) != 1)
		die("epoll_wait");
}

static int connected(const struct addrinfo *to, void (*wait)(int fd))
{
	int fd = socket(to->ai_family, SOCK_STREAM | (wait ? SOCK_NONBLOCK : 0), 0), error = 0;
	socklen_t len = sizeof error;

	if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
		return fd;
	if (wait && errno == EINPROGRESS) {
		wait(fd);
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
		errno = error;
	}
	if (wait && errno == 0)
		return fd;
	close(fd);
	return -1;
}

static int in_turn(const struct addrinfo *list)
{
	int fd = -1;

	for (; list && fd < 0; list = list->ai_next)
		fd = connected(list, NULL);
	return fd;
}

static void give_up(int number)
{
	(void)number;
	printf("%d -\n", limit * 1000);
	fflush(stdout);
	_exit(0);
}

/* The last byte received. */
static char family_seen(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char data[256], last = '-';
	ssize_t size;

	dprintf(fd, "GET / HTTP/1.0\r\n\r\n");
	while (poll(&p, 1, PATIENCE * 1000) == 1 && (size = read(fd, data, sizeof data)) > 0)
		last = data[size - 1];
	return last;
}

static int visit(const char *how, const char *name, const char *port)
{
	bool turn = strcmp(how, "in-turn") == 0;
	const struct addrinfo hints = {.ai_family = turn ? AF_UNSPEC : AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list;
	double from, to;
	int fd;

	if (getaddrinfo(name, port, &hints, &list) != 0)
		die(name);
	signal(SIGALRM, give_up);
	alarm((unsigned)(turn ? limit : PATIENCE));
	from = now_ms();
	fd = turn                        ? in_turn(list)
	     : strcmp(how, "poll") == 0  ? connected(list, by_poll)
	     : strcmp(how, "epoll") == 0 ? connected(list, by_epoll)
					 : connected(list, NULL);
	to = now_ms();
	if (fd < 0)
		die("connect");
	alarm(0);
	printf("%.3f %c\n", to - from, family_seen(fd));
	return 0;
}

int main(int argc, char **argv)
{
	if (getenv("LIMIT"))
		limit = atoi(getenv("LIMIT"));
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		serve(htons((in_port_t)atoi(argv[2])));
	if (argc == 4)
		return visit(argv[1], argv[2], argv[3]);
	fprintf(stderr, "usage: visit blocking|poll|epoll|in-turn NAME PORT; visit serve PORT\n");
	return 2;
}

/* names HOW FAMILY NAME PORT SECONDS OPEN: connects to NAME's first address of FAMILY, 4 or 6, again and
 * again for SECONDS, with OPEN other descriptors; HOW is blocking, poll or epoll. Prints how many connects it
 * made a second. For 0 seconds it connects three times, each after a write() to descriptor -1. names progress
 * FAMILY NAME PORT COUNT: begins COUNT connects that nobody answers. Prints the microseconds that each of the
 * last ten took, and those of epoll_wait() for something else meanwhile. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char *how;
static const struct addrinfo *to;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void wait_by_poll(int fd)
{
	struct pollfd one = {.fd = fd, .events = POLLOUT};

	if (poll(&one, 1, 10000) != 1)
		die("poll");
}

static void wait_by_epoll(int fd)
{
	struct epoll_event event = {.events = EPOLLOUT};
	int set = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) != 0 || epoll_wait(set, &event, 1, 10000) != 1)
		die("epoll_wait");
	close(set);
}

static int begin(bool blocks)
{
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | (blocks ? 0 : SOCK_NONBLOCK), 0);

	if (fd < 0 || (connect(fd, to->ai_addr, to->ai_addrlen) != 0 && (blocks || errno != EINPROGRESS)))
		die("connect");
	return fd;
}

static void connect_once(void)
{
	int fd = begin(how[0] == 'b'), error = 0;
	socklen_t len = sizeof error;

	if (how[0] == 'p')
		wait_by_poll(fd);
	else if (how[0] == 'e')
		wait_by_epoll(fd);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error) {
		errno = error;
		die("connect");
	}
	close(fd);
}

static void connects(double seconds, int open)
{
	double start, end;
	long count = 0;

	while (open-- > 0)
		if (eventfd(0, EFD_CLOEXEC) < 0)
			die("eventfd");
	/* strace sees where one begins. */
	for (int i = 0; i < 3 && seconds == 0; i++) {
		(void)!write(-1, "next", 4);
		connect_once();
	}
	for (start = now(); (end = now()) < start + seconds; count++)
		connect_once();
	printf("%.1f\n", (double)count / (end - start));
}

static void progress(int count)
{
	enum { LAST = 10, WAITS = 1000 };
	struct epoll_event event = {.events = EPOLLIN};
	int set = epoll_create1(EPOLL_CLOEXEC), other = eventfd(1, EFD_CLOEXEC);
	double start, connected;

	epoll_ctl(set, EPOLL_CTL_ADD, other, &event);
	for (int i = 0; i < count - LAST; i++)
		begin(false);
	start = now();
	for (int i = 0; i < LAST; i++)
		begin(false);
	connected = now();
	for (int i = 0; i < WAITS; i++)
		if (epoll_wait(set, &event, 1, -1) != 1)
			die("epoll_wait");
	printf("%.2f %.2f\n", (connected - start) / LAST * 1e6, (now() - connected) / WAITS * 1e6);
}

int main(int argc, char **argv)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
	const struct rlimit many = {20000, 20000};

	if (argc < 6) {
		fprintf(stderr, "usage: names HOW FAMILY NAME PORT SECONDS|COUNT [OPEN]\n");
		return 2;
	}
	setrlimit(RLIMIT_NOFILE, &many);
	how = argv[1];
	hints.ai_family = argv[2][0] == '6' ? AF_INET6 : AF_INET;
	if (getaddrinfo(argv[3], argv[4], &hints, &list) != 0)
		die(argv[3]);
	to = list;
	if (strcmp(how, "progress") == 0)
		progress(atoi(argv[5]));
	else
		connects(atof(argv[5]), argc > 6 ? atoi(argv[6]) : 0);
	return 0;
}

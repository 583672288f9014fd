/* load MODE ADDR PORT CONCURRENT SECONDS [REQUEST]: puts a server under load, and prints how much it has done
 * a second, and in all. An answer has come when its first bytes have.
 *   connect  connections: connect, send REQUEST if there is one, wait for the answer, close
 *   peers    the same, over IPv6 each from an address of its own in the /64 of ADDR
 *   kept     requests, on CONCURRENT connections that stay
 *   bulk     MiB received after one REQUEST
 *   udp      datagrams answered, with CONCURRENT in flight
 *   hold     makes CONCURRENT connections from addresses like those of peers, each with an exchange, prints a
 *            line, and keeps them until standard input ends */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 10000 }; /* milliseconds for an answer */

static struct sockaddr_storage server;
static socklen_t server_len;
static const char *request = "";
static int epoll;
static int apart; /* each connection from an address of its own */
static char data[1 << 18];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void aim(const char *addr, const char *port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&server;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&server;
	in_port_t number = htons((in_port_t)atoi(port));

	if (inet_pton(AF_INET, addr, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = number;
		server_len = sizeof *in;
	} else if (inet_pton(AF_INET6, addr, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = number;
		server_len = sizeof *in6;
	} else {
		fprintf(stderr, "load: %s: not an address\n", addr);
		exit(2);
	}
}

static void ask(int fd)
{
	if (*request && send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		die("send");
}

/* connect() has the kernel choose the port, as without bind(). */
static void bind_apart(int fd)
{
	static uint32_t count;
	struct sockaddr_in6 from = {.sin6_family = AF_INET6};
	int on = 1;

	memcpy(&from.sin6_addr, &((struct sockaddr_in6 *)&server)->sin6_addr, 8);
	count++;
	memcpy(&from.sin6_addr.s6_addr[8], &count, sizeof count);
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on) ||
	    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) ||
	    bind(fd, (struct sockaddr *)&from, sizeof from))
		die("bind");
}

/* A connected socket in the epoll set, with the request sent. connect() blocks: on the loopback it ends
 * before it sleeps. */
static int open_one(int type)
{
	int fd = socket(server.ss_family, type, 0);
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (fd < 0)
		die("socket");
	if (apart)
		bind_apart(fd);
	if (connect(fd, (struct sockaddr *)&server, server_len))
		die("connect");
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
	ask(fd);
	return fd;
}

/* Waits for readable descriptors. */
static int wait_for(struct epoll_event *events, int room)
{
	int n = epoll_wait(epoll, events, room, PATIENCE);

	if (n < 0)
		die("epoll_wait");
	if (n == 0) {
		fprintf(stderr, "load: no answer\n");
		exit(1);
	}
	return n;
}

static size_t take(int fd)
{
	ssize_t n = recv(fd, data, sizeof data, 0);

	if (n < 0)
		die("recv");
	if (n == 0) {
		fprintf(stderr, "load: the server has closed the connection\n");
		exit(1);
	}
	return (size_t)n;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void again_connected(int fd)
{
	close(fd);
	open_one(SOCK_STREAM);
}

static void again_asked(int fd)
{
	ask(fd);
}

static void again_read(int fd)
{
	(void)fd;
}

static void hold(int concurrent)
{
	struct epoll_event event;

	for (int i = 0; i < concurrent; i++) {
		open_one(SOCK_STREAM);
		wait_for(&event, 1);
		take(event.data.fd);
	}
	puts("held");
	fflush(stdout);
	while (read(0, data, sizeof data) > 0)
		;
}

int main(int argc, char **argv)
{
	static const struct mode {
		const char *name;
		int type, bytes, apart;
		void (*again)(int fd);
	} modes[] = {
	    {"connect", SOCK_STREAM, 0, 0, again_connected},
	    {"peers", SOCK_STREAM, 0, 1, again_connected},
	    {"kept", SOCK_STREAM, 0, 0, again_asked},
	    {"bulk", SOCK_STREAM, 1, 0, again_read},
	    {"udp", SOCK_DGRAM, 0, 0, again_asked},
	    {"hold", SOCK_STREAM, 0, 1, NULL},
	    {NULL, 0, 0, 0, NULL},
	};
	const struct mode *mode = modes;
	struct epoll_event events[64];
	double start, passed, done = 0;

	while (argc > 1 && mode->name && strcmp(mode->name, argv[1]) != 0)
		mode++;
	if (argc < 6 || argc > 7 || !mode->name) {
		fprintf(
		    stderr,
		    "usage: load connect|peers|kept|bulk|udp|hold ADDR PORT CONCURRENT SECONDS [REQUEST]\n");
		return 2;
	}
	int concurrent = atoi(argv[4]);
	double seconds = atof(argv[5]);

	aim(argv[2], argv[3]);
	apart = mode->apart && server.ss_family == AF_INET6;
	if (argc == 7)
		request = argv[6];
	epoll = epoll_create1(0);
	if (epoll < 0)
		die("epoll_create1");
	if (!mode->again) {
		hold(concurrent);
		return 0;
	}
	/* One socket has all datagrams in flight. */
	int first = -1;

	for (int i = 0; i < concurrent; i++)
		if (mode->type == SOCK_DGRAM && first >= 0)
			ask(first);
		else
			first = open_one(mode->type);
	start = now();
	do {
		int n = wait_for(events, 64);

		for (int i = 0; i < n; i++) {
			size_t bytes = take(events[i].data.fd);

			mode->again(events[i].data.fd);
			done += mode->bytes ? (double)bytes / (1 << 20) : 1;
		}
		passed = now() - start;
	} while (passed < seconds);
	printf("%.1f %.1f\n", done / passed, done);
	return 0;
}

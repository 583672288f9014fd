/* options: sets every socket option, by number, on five levels to five values, at each moment of a socket's
 * life, and prints what comes of it and what is read back:
 *
 *   PROTOCOL MOMENT LEVEL NUMBER VALUE/BYTES) SET: GOT
 *
 * before: the option is read back once the socket is bound. Each line has a socket of its own; the lines must
 * be the same with the library and without. */
#define _GNU_SOURCE
#include "common.h"

#include <netinet/tcp.h>
#include <stdbool.h>
#include <unistd.h>

enum { NUMBERS = 128, UDP_PORT = 5000 };

static const struct {
	const char *name;
	int level;
} levels[] = {
    {"socket", SOL_SOCKET}, {"ip", IPPROTO_IP},   {"ipv6", IPPROTO_IPV6},
    {"tcp", IPPROTO_TCP},   {"udp", IPPROTO_UDP},
};

/* The same number in a structure is followed by zeroes. */
static const struct {
	int number;
	socklen_t size;
} values[] = {{0, 4}, {1, 4}, {64, 4}, {-1, 4}, {1, 16}};

enum { LEVELS = sizeof levels / sizeof *levels, VALUES = sizeof values / sizeof *values };

static int new_socket(int type)
{
	int fd = socket(AF_INET, type, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

/* TCP: to a port of the kernel's choice; the library takes a UDP socket without a port for a client's. */
static void bind_to_all(int fd, int type)
{
	const struct sockaddr_in at = {.sin_family = AF_INET,
				       .sin_port = htons(type == SOCK_DGRAM ? UDP_PORT : 0)};

	if (bind(fd, (const struct sockaddr *)&at, sizeof at) != 0)
		printf("bind %s ", error_name(errno));
}

static int bound(int type)
{
	int fd = new_socket(type);

	bind_to_all(fd, type);
	return fd;
}

static int tcp_before(void)
{
	return new_socket(SOCK_STREAM);
}

static int tcp_bound(void)
{
	return bound(SOCK_STREAM);
}

static int tcp_listening(void)
{
	int fd = bound(SOCK_STREAM);

	if (listen(fd, 8) != 0)
		die("listen");
	return fd;
}

/* From ::1 if that is served, which only the library does, and only if IN6; else from 127.0.0.1. */
static int connected(const struct sockaddr_in *at, bool in6)
{
	const struct sockaddr_in6 at6 = {
	    .sin6_family = AF_INET6, .sin6_port = at->sin_port, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = in6 ? socket(AF_INET6, SOCK_STREAM, 0) : -1;

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&at6, sizeof at6) == 0)
		return fd;
	close(fd);
	fd = new_socket(SOCK_STREAM);
	if (connect(fd, (const struct sockaddr *)at, sizeof *at) != 0)
		die("connect");
	return fd;
}

/* A connection of the same listener each time. */
static int accepted(bool in6)
{
	static int listener = -1;
	static struct sockaddr_in at;
	socklen_t len = sizeof at;
	int client, fd;

	if (listener < 0) {
		listener = tcp_listening();
		if (getsockname(listener, (struct sockaddr *)&at, &len) != 0)
			die("getsockname");
	}
	client = connected(&at, in6);
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		die("accept");
	close(client);
	return fd;
}

static int tcp_accepted(void)
{
	return accepted(false);
}

static int tcp_accepted_in6(void)
{
	return accepted(true);
}

static int udp_before(void)
{
	return new_socket(SOCK_DGRAM);
}

static int udp_bound(void)
{
	return bound(SOCK_DGRAM);
}

static const struct {
	const char *name;
	int type;
	bool before;
	int (*make)(void);
} moments[] = {
    {"tcp before", SOCK_STREAM, true, tcp_before},
    {"tcp bound", SOCK_STREAM, false, tcp_bound},
    {"tcp listening", SOCK_STREAM, false, tcp_listening},
    {"tcp accepted", SOCK_STREAM, false, tcp_accepted},
    {"tcp accepted-ipv6", SOCK_STREAM, false, tcp_accepted_in6},
    {"udp before", SOCK_DGRAM, true, udp_before},
    {"udp bound", SOCK_DGRAM, false, udp_bound},
};
enum { MOMENTS = sizeof moments / sizeof *moments };

static void print_got(int fd, int level, int number)
{
	unsigned char got[64];
	socklen_t len = sizeof got;

	memset(got, 0, sizeof got);
	if (getsockopt(fd, level, number, got, &len) != 0) {
		printf("%s\n", error_name(errno));
		return;
	}
	printf("%u:", (unsigned)len);
	for (socklen_t i = 0; i < len && i < 16; i++)
		printf("%s%02x", i % 4 ? "" : " ", got[i]);
	putchar('\n');
}

static void one(int moment, int level, int number, int value)
{
	char bytes[16] = {0};
	int fd = moments[moment].make();

	memcpy(bytes, &values[value].number, sizeof values[value].number);
	printf("%s %s %d %d/%u) ", moments[moment].name, levels[level].name, number, values[value].number,
	       (unsigned)values[value].size);
	printf("%s: ", setsockopt(fd, levels[level].level, number, bytes, values[value].size) == 0
			   ? "ok"
			   : error_name(errno));
	if (moments[moment].before)
		bind_to_all(fd, moments[moment].type);
	print_got(fd, levels[level].level, number);
	close(fd);
}

int main(void)
{
	for (int moment = 0; moment < MOMENTS; moment++)
		for (int level = 0; level < LEVELS; level++)
			for (int number = 0; number < NUMBERS; number++)
				for (int value = 0; value < VALUES; value++)
					one(moment, level, number, value);
	return 0;
}

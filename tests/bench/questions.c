/* questions ADDR PORT SECONDS: asks the UDP server at ADDR, of IPv4, again and again for SECONDS, each time
 * from a socket of its own at another port, as resolvers do. One more socket is a server's. Prints how many
 * answers came a second. For 0 seconds it asks three times, each after a write() to descriptor -1. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

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

static void ask(const struct sockaddr_in *to)
{
	static unsigned random_port = 20000;
	struct sockaddr_in at = {.sin_family = AF_INET}, from;
	socklen_t len = sizeof from;
	struct pollfd one = {.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), .events = POLLIN};
	char answer[100];

	do {
		random_port = 20000 + (random_port * 5 + 1) % 32768;
		at.sin_port = htons((in_port_t)random_port);
	} while (bind(one.fd, (const struct sockaddr *)&at, sizeof at) != 0 && errno == EADDRINUSE);
	if (connect(one.fd, (const struct sockaddr *)to, sizeof *to) != 0 || send(one.fd, "q", 1, 0) != 1 ||
	    poll(&one, 1, 5000) != 1 ||
	    recvfrom(one.fd, answer, sizeof answer, 0, (struct sockaddr *)&from, &len) < 0 ||
	    from.sin_addr.s_addr != to->sin_addr.s_addr)
		die("question");
	close(one.fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET}, at = {.sin_family = AF_INET};
	double seconds = argc == 4 ? atof(argv[3]) : -1, start, end;
	int server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
	long count = 0;

	if (seconds < 0 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: questions ADDR PORT SECONDS\n");
		return 2;
	}
	to.sin_port = htons((in_port_t)atoi(argv[2]));
	at.sin_port = htons((in_port_t)(atoi(argv[2]) + 1));
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(server, (const struct sockaddr *)&at, sizeof at) != 0)
		die("bind");
	for (int i = 0; i < 3 && seconds == 0; i++) {
		(void)!write(-1, "next", 4);
		ask(&to);
	}
	for (start = now(); (end = now()) < start + seconds; count++)
		ask(&to);
	printf("%.1f\n", (double)count / (end - start));
	return 0;
}

/* udp_rate serve FAMILY PORT: echoes datagrams: an AF_INET server (4), or a dual-stack one (46).
 * udp_rate ask ADDR PORT SECONDS: exchanges with 16 under way, and prints how many a second. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void serve(int dual, in_port_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = port};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = port};
	int fd = socket(dual ? AF_INET6 : AF_INET, SOCK_DGRAM, 0), off = 0;
	char data[512];

	if (dual && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off))
		die("IPV6_V6ONLY");
	if (dual ? bind(fd, (struct sockaddr *)&in6, sizeof in6)
		 : bind(fd, (struct sockaddr *)&in, sizeof in))
		die("bind");
	for (;;) {
		/* As large as the program needs it: a sockaddr_in for the one, a sockaddr_in6 for the other.
		 */
		struct sockaddr_in6 from;
		socklen_t len = dual ? sizeof from : sizeof in;
		ssize_t n = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &len);

		if (n >= 0)
			sendto(fd, data, (size_t)n, 0, (struct sockaddr *)&from, len);
	}
}

static void ask(const char *addr, in_port_t port, double seconds)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = port};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = port};
	int four = inet_pton(AF_INET, addr, &in.sin_addr) == 1;
	int fd = socket(four ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
	struct timeval patience = {.tv_sec = 1};
	struct timespec start, now;
	char data[64] = "x";
	double passed = 0;
	long count = 0;

	if (!four && inet_pton(AF_INET6, addr, &in6.sin6_addr) != 1)
		die(addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (four ? connect(fd, (struct sockaddr *)&in, sizeof in)
		 : connect(fd, (struct sockaddr *)&in6, sizeof in6))
		die("connect");
	for (int i = 0; i < 16; i++)
		send(fd, data, sizeof data, 0);
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (passed < seconds) {
		if (recv(fd, data, sizeof data, 0) < 0)
			die("recv");
		send(fd, data, sizeof data, 0);
		if (++count % 256 == 0) {
			clock_gettime(CLOCK_MONOTONIC, &now);
			passed =
			    (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
		}
	}
	printf("%.0f\n", (double)count / passed);
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "serve") == 0)
		serve(strcmp(argv[2], "46") == 0, htons((in_port_t)atoi(argv[3])));
	if (argc == 5 && strcmp(argv[1], "ask") == 0) {
		ask(argv[2], htons((in_port_t)atoi(argv[3])), atof(argv[4]));
		return 0;
	}
	fprintf(stderr, "usage: udp_rate serve 4|46 PORT; udp_rate ask ADDR PORT SECONDS\n");
	return 2;
}

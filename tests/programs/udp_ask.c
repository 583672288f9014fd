/* udp_ask ADDR PORT [TEXT [COUNT]]: sends TEXT as a datagram, from an unconnected socket, and prints each
 * answer and its source, until COUNT (1) have come or five seconds have passed. ADDR may have a scope
 * (fe80::1%eth0). With HOPS in the environment it sends one datagram and prints the length, hop limit and
 * traffic class of each of COUNT answers. With SEGMENT=SIZE it sends TEXT in segments of that size. Exits 0
 * if all came. */
#define _GNU_SOURCE
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int hops(int fd, const struct addrinfo *to, int count)
{
	int on = 1;

	if (to->ai_family == AF_INET) {
		setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof on);
		setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
	} else {
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof on);
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on);
	}
	if (sendto(fd, "x", 1, 0, to->ai_addr, to->ai_addrlen) < 0)
		return 1;
	for (int i = 0; i < count; i++) {
		_Alignas(struct cmsghdr) char control[256];
		char data[256];
		struct iovec io = {data, sizeof data};
		struct msghdr m = {.msg_iov = &io,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof control};
		ssize_t n = recvmsg(fd, &m, 0);

		if (n < 0)
			return 1;
		printf("%zd bytes", n);
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
			printf(" %s %d",
			       c->cmsg_type == IP_TTL || c->cmsg_type == IPV6_HOPLIMIT ? "hops" : "class",
			       *CMSG_DATA(c));
		printf("\n");
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM}, *to;
	struct timeval patience = {.tv_sec = 5};
	const char *text = argc > 3 ? argv[3] : "hello";
	int count = argc > 4 ? atoi(argv[4]) : 1;

	if (argc < 3 || getaddrinfo(argv[1], argv[2], &hints, &to)) {
		fprintf(stderr, "usage: udp_ask ADDR PORT [TEXT [COUNT]]\n");
		return 2;
	}
	int fd = socket(to->ai_family, SOCK_DGRAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (getenv("SEGMENT")) {
		int size = atoi(getenv("SEGMENT"));

		setsockopt(fd, IPPROTO_UDP, 103, &size, sizeof size); /* UDP_SEGMENT */
	}
	if (getenv("HOPS"))
		return hops(fd, to, count);
	for (int i = 0; i < count; i++)
		if (sendto(fd, text, strlen(text), 0, to->ai_addr, to->ai_addrlen) < 0) {
			perror("sendto");
			return 1;
		}
	for (int i = 0; i < count; i++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof from;
		char answer[2048], host[NI_MAXHOST];
		ssize_t n = recvfrom(fd, answer, sizeof answer - 1, 0, (struct sockaddr *)&from, &len);

		if (n < 0) {
			perror("recvfrom");
			return 1;
		}
		answer[n] = '\0';
		getnameinfo((struct sockaddr *)&from, len, host, sizeof host, NULL, 0, NI_NUMERICHOST);
		printf("%s [%s]\n", answer, host);
	}
	freeaddrinfo(to);
	return 0;
}

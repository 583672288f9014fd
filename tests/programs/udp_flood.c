/* udp_flood ADDR PORT NETWORK COUNT: sends a server COUNT datagrams from as many addresses of the /64
 * NETWORK, which must be local here. Each names its address. A regular peer asks now and then. Every answer
 * must come to the address that it names. */
#define _GNU_SOURCE
#include "common.h"

#include <poll.h>
#include <sys/time.h>
#include <unistd.h>

static struct sockaddr_in6 to;
static long wrong, right;

static int open_socket(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM, 0), on = 1;

	/* IPV6_FREEBIND and IPV6_RECVPKTINFO: from any address of the network, and which one was answered. */
	setsockopt(fd, IPPROTO_IPV6, 78, &on, sizeof on);
	setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
	return fd;
}

static void send_from(int fd, const struct in6_addr *from)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = {0};
	char text[INET6_ADDRSTRLEN];
	struct iovec io = {text, 0};
	struct msghdr m = {.msg_name = &to,
			   .msg_namelen = sizeof to,
			   .msg_iov = &io,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	inet_ntop(AF_INET6, from, text, sizeof text);
	io.iov_len = strlen(text);
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(struct in6_pktinfo));
	memcpy(CMSG_DATA(c), from, sizeof *from);
	if (sendmsg(fd, &m, 0) < 0 && errno != ENOBUFS)
		die("sendmsg");
}

/* Receives one answer, "ADDRESS from ...", within PATIENCE ms; false: there is none. */
static int take(int fd, int patience)
{
	_Alignas(struct cmsghdr) char control[128];
	char data[512], text[INET6_ADDRSTRLEN];
	struct iovec io = {data, sizeof data - 1};
	struct msghdr m = {
	    .msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct cmsghdr *c;
	ssize_t n;

	if (poll(&wait, 1, patience) != 1 || (n = recvmsg(fd, &m, 0)) < 0)
		return 0;
	data[n] = '\0';
	c = CMSG_FIRSTHDR(&m);
	inet_ntop(AF_INET6, CMSG_DATA(c), text, sizeof text);
	if (strncmp(data, text, strlen(text)) == 0 && data[strlen(text)] == ' ')
		right++;
	else if (wrong++ < 5)
		printf("to %s: %s\n", text, data);
	return 1;
}

int main(int argc, char **argv)
{
	struct in6_addr from;
	long count, lost = 0, asked = 0;
	int flood = open_socket(), regular = socket(AF_INET6, SOCK_DGRAM, 0);
	struct timeval patience = {.tv_sec = 5};
	char answer[512];

	if (argc != 5 || inet_pton(AF_INET6, argv[1], &to.sin6_addr) != 1 ||
	    inet_pton(AF_INET6, argv[3], &from) != 1)
		die("udp_flood ADDR PORT NETWORK COUNT");
	to.sin6_family = AF_INET6;
	to.sin6_port = htons((in_port_t)atoi(argv[2]));
	count = atol(argv[4]);
	setsockopt(regular, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(regular, (struct sockaddr *)&to, sizeof to))
		die("connect");
	for (long i = 1; i <= count; i++) {
		uint32_t host = htonl((uint32_t)i);

		memcpy(from.s6_addr + 12, &host, sizeof host);
		send_from(flood, &from);
		/* No more are in flight than fit into the buffers. */
		if (i % 50 == 0)
			for (int j = 0; j < 50; j++)
				if (!take(flood, 1000))
					break;
		if (i % 5000 == 0) {
			char ask[32];
			ssize_t n;

			asked++;
			snprintf(ask, sizeof ask, "regular%ld ", asked);
			if (send(regular, ask, strlen(ask), 0) < 0 ||
			    (n = recv(regular, answer, sizeof answer - 1, 0)) < 0 ||
			    strncmp(answer, ask, strlen(ask)) != 0)
				lost++;
		}
	}
	while (take(flood, 200))
		;
	printf("%ld of %ld answered\n", right, count);
	if (!lost && asked)
		printf("regular: every answer right\n");
	if (!wrong && right > count / 2)
		printf("flood: no answer to anybody else\n");
	return 0;
}

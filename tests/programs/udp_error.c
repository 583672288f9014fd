/* udp_error ADDR | peer: prints what IP_RECVERR says of a datagram that nobody receives. "peer": to an IPv6
 * peer, as shown to the program, whose socket is closed by then. */
#define _GNU_SOURCE
#include "common.h"

#include <poll.h>
#include <unistd.h>

#include <linux/errqueue.h> /* needs <time.h> */

/* A peer that sends something over IPv6 to PORT and goes. */
static struct sockaddr_in gone_peer(int fd)
{
	union address to = {
	    .in6 = {.sin6_family = AF_INET6, .sin6_port = htons(5055), .sin6_addr = IN6ADDR_LOOPBACK_INIT}};
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	int peer = socket(AF_INET6, SOCK_DGRAM, 0);
	char byte;

	if (sendto(peer, "x", 1, 0, &to.any, sizeof to.in6) != 1)
		die("sendto");
	if (recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&from, &len) != 1)
		die("recvfrom");
	close(peer);
	return from;
}

int main(int argc, char **argv)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(5055)};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)}, name;
	_Alignas(struct cmsghdr) char control[512];
	char data[64];
	struct iovec io = {data, sizeof data};
	struct msghdr m = {.msg_name = &name,
			   .msg_namelen = sizeof name,
			   .msg_iov = &io,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof control};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	struct pollfd wait = {.fd = fd};

	if (argc != 2 || bind(fd, (struct sockaddr *)&any, sizeof any) ||
	    setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on))
		die("udp_error ADDR | peer");
	if (strcmp(argv[1], "peer") == 0)
		to = gone_peer(fd);
	else if (inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		die(argv[1]);
	if (sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to) != 1)
		die("sendto");
	if (poll(&wait, 1, 5000) != 1 || recvmsg(fd, &m, MSG_ERRQUEUE) < 0)
		die("recvmsg");
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		const struct sock_extended_err *e = (const void *)CMSG_DATA(c);
		const struct sockaddr_in *offender = (const void *)SO_EE_OFFENDER(e);

		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_RECVERR) {
			printf("level %d type %d\n", c->cmsg_level, c->cmsg_type);
			continue;
		}
		printf("%s: origin %d type %d code %d offender %s family %d, errno %s\n",
		       memcmp(&name.sin_addr, &to.sin_addr, 4) || name.sin_family != AF_INET ? "another name"
											     : "refused",
		       e->ee_origin, e->ee_type, e->ee_code, inet_ntoa(offender->sin_addr),
		       offender->sin_family, error_name((int)e->ee_errno));
	}
	return 0;
}

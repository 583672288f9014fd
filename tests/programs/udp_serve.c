/* udp_serve STYLE PORT: an IPv4-only UDP server at 0.0.0.0, in the usual styles. It prints "ready", and
 * answers each datagram with what it saw of it. */
#define _GNU_SOURCE
#include "common.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

static void plain(int fd)
{
	struct sockaddr_in from;
	char data[2048], answer[4096];
	/* A size unknown to the compiler is checked at run time (udp_fortified.c). */
	volatile size_t size = sizeof data - 1;

	for (;;) {
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(fd, data, size, 0, (struct sockaddr *)&from, &len);
		char text[INET6_ADDRSTRLEN];

		if (n < 0)
			continue;
		data[n] = '\0';
		inet_ntop(AF_INET, &from.sin_addr, text, sizeof text);
		snprintf(answer, sizeof answer, "%s from %s length %u family %d ntop %s", data,
			 inet_ntoa(from.sin_addr), (unsigned)len, from.sin_family, text);
		sendto(fd, answer, strlen(answer), 0, (struct sockaddr *)&from, len);
	}
}

/* Prints the control messages of a message. */
static void control_text(struct msghdr *m, char *text)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			const struct in_pktinfo *p = (const void *)CMSG_DATA(c);

			text += sprintf(text, " pktinfo %s", inet_ntoa(p->ipi_spec_dst));
			text += sprintf(text, " %s %s", inet_ntoa(p->ipi_addr),
					p->ipi_ifindex > 0 ? "if" : "no-if");
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) {
			text += sprintf(text, " ttl %d", *(const int *)(const void *)CMSG_DATA(c));
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
			text += sprintf(text, " tos %d", *CMSG_DATA(c));
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == 20) {
			const struct sockaddr_in *a = (const void *)CMSG_DATA(c);

			text += sprintf(text, " origdst %s/%d family %d", inet_ntoa(a->sin_addr),
					ntohs(a->sin_port), a->sin_family);
		} else {
			text += sprintf(text, " level %d type %d", c->cmsg_level, c->cmsg_type);
		}
	}
}

/* Answers from the address that was asked, with the control messages that it got. */
static void messages(int fd, size_t control_size)
{
	static const int options[] = {IP_PKTINFO, IP_RECVTTL, IP_RECVTOS, 20 /* IP_RECVORIGDSTADDR */};
	int on = 1;

	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		setsockopt(fd, IPPROTO_IP, options[i], &on, sizeof on);
	for (;;) {
		_Alignas(struct cmsghdr) char control[512], reply[CMSG_SPACE(sizeof(struct in_pktinfo))];
		struct sockaddr_in from;
		char data[2048], seen[1024] = "", answer[4096];
		struct iovec in = {data, sizeof data - 1}, out = {answer, 0};
		struct msghdr m = {.msg_name = &from,
				   .msg_namelen = sizeof from,
				   .msg_iov = &in,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = control_size};
		ssize_t n = recvmsg(fd, &m, 0);

		if (n < 0)
			continue;
		data[n] = '\0';
		control_text(&m, seen);
		snprintf(answer, sizeof answer, "%s from %s length %u flags %x controllen %d%s", data,
			 inet_ntoa(from.sin_addr), (unsigned)m.msg_namelen, (unsigned)m.msg_flags,
			 (int)m.msg_controllen, seen);
		out.iov_len = strlen(answer);
		struct msghdr r = {
		    .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &out, .msg_iovlen = 1};
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);

		if (c && c->cmsg_type == IP_PKTINFO && c->cmsg_len == CMSG_LEN(sizeof(struct in_pktinfo))) {
			struct in_pktinfo *p = (void *)CMSG_DATA(c);

			p->ipi_ifindex = 0;
			memcpy(reply, control, sizeof reply);
			r.msg_control = reply;
			r.msg_controllen = sizeof reply;
		}
		if (sendmsg(fd, &r, 0) < 0)
			perror("sendmsg");
	}
}

static void pktinfo(int fd)
{
	messages(fd, 512);
}

/* Room for the first control message and a part of the second. */
static void cut(int fd)
{
	messages(fd, CMSG_SPACE(sizeof(struct in_pktinfo)) + sizeof(struct cmsghdr) + 2);
}

/* recvmmsg() and sendmmsg(), more than are translated at a time. */
static void many(int fd)
{
	enum { COUNT = 40 };
	static struct mmsghdr in[COUNT], out[COUNT];
	static struct sockaddr_in from[COUNT];
	static char data[COUNT][256], answer[COUNT][512];
	static struct iovec in_data[COUNT], out_data[COUNT];

	for (;;) {
		for (int i = 0; i < COUNT; i++) {
			in_data[i] = (struct iovec){data[i], sizeof data[i] - 1};
			in[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
							.msg_namelen = sizeof from[i],
							.msg_iov = &in_data[i],
							.msg_iovlen = 1};
		}
		/* Lets several arrive first. */
		poll(NULL, 0, 100);
		int got = recvmmsg(fd, in, COUNT, MSG_WAITFORONE, NULL);

		for (int i = 0; i < got; i++) {
			data[i][in[i].msg_len] = '\0';
			snprintf(answer[i], sizeof answer[i], "%.255s from %s", data[i],
				 inet_ntoa(from[i].sin_addr));
			out_data[i] = (struct iovec){answer[i], strlen(answer[i])};
			out[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
							 .msg_namelen = sizeof from[i],
							 .msg_iov = &out_data[i],
							 .msg_iovlen = 1};
		}
		if (got > 0 && sendmmsg(fd, out, (unsigned)got, 0) != got)
			perror("sendmmsg");
	}
}

/* Answers with its own hop limit and traffic class, in three segments (UDP_SEGMENT). */
static void sending(int fd)
{
	struct sockaddr_in from;
	char data[256];

	for (;;) {
		_Alignas(struct cmsghdr) char
		    control[CMSG_SPACE(sizeof(int)) * 2 + CMSG_SPACE(sizeof(uint16_t))] = {0};
		struct iovec out = {data, 30};
		socklen_t len = sizeof from;
		struct msghdr m = {.msg_name = &from,
				   .msg_namelen = sizeof from,
				   .msg_iov = &out,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof control};
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);

		if (recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &len) < 0)
			continue;
		memset(data, 'x', 30);
		*c = (struct cmsghdr){
		    .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_TTL};
		memcpy(CMSG_DATA(c), &(int){33}, sizeof(int));
		c = CMSG_NXTHDR(&m, c);
		*c = (struct cmsghdr){
		    .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_TOS};
		memcpy(CMSG_DATA(c), &(int){0x20}, sizeof(int));
		c = CMSG_NXTHDR(&m, c);
		*c = (struct cmsghdr){
		    .cmsg_len = CMSG_LEN(sizeof(uint16_t)), .cmsg_level = IPPROTO_UDP, .cmsg_type = 103};
		memcpy(CMSG_DATA(c), &(uint16_t){10}, sizeof(uint16_t));
		if (sendmsg(fd, &m, 0) != 30)
			perror("sendmsg");
	}
}

/* Receives segments together (UDP_GRO) and prints each one's length. */
static void gro(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_UDP, 104, &on, sizeof on);
	for (;;) {
		_Alignas(struct cmsghdr) char control[64];
		struct sockaddr_in from;
		char data[2048], answer[64];
		struct iovec in = {data, sizeof data};
		struct msghdr m = {.msg_name = &from,
				   .msg_namelen = sizeof from,
				   .msg_iov = &in,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof control};
		ssize_t n = recvmsg(fd, &m, 0);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		int size = 0;

		if (c && c->cmsg_level == IPPROTO_UDP && c->cmsg_type == 104)
			memcpy(&size, CMSG_DATA(c), sizeof size);
		snprintf(answer, sizeof answer, "%zd bytes, segments of %d", n, size);
		sendto(fd, answer, strlen(answer), 0, (struct sockaddr *)&from, m.msg_namelen);
	}
}

/* Like tftpd: a child for each datagram, with a socket bound to the address that was asked and connected to
 * the peer. */
static void transfer(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
	for (;;) {
		_Alignas(struct cmsghdr) char control[512];
		struct sockaddr_in from, local = {.sin_family = AF_INET};
		union address peer, name;
		socklen_t peer_len = sizeof peer, name_len = sizeof name;
		char data[256], answer[1024];
		struct iovec in = {data, sizeof data - 1};
		struct msghdr m = {.msg_name = &from,
				   .msg_namelen = sizeof from,
				   .msg_iov = &in,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof control};
		ssize_t n = recvmsg(fd, &m, 0);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);

		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (n < 0 || !c || fork() != 0)
			continue;
		data[n] = '\0';
		local.sin_addr = ((const struct in_pktinfo *)(const void *)CMSG_DATA(c))->ipi_spec_dst;
		int own = socket(AF_INET, SOCK_DGRAM, 0);
		int bound = bind(own, (struct sockaddr *)&local, sizeof local) ? errno : 0;
		int connected = connect(own, (struct sockaddr *)&from, sizeof from) ? errno : 0;

		getpeername(own, &peer.any, &peer_len);
		getsockname(own, &name.any, &name_len);
		snprintf(answer, sizeof answer, "%s bind %s connect %s peer as shown %s local as shown %s",
			 data, error_name(bound), error_name(connected),
			 memcmp(&peer, &from, sizeof from) ? "no" : "yes",
			 name.in.sin_addr.s_addr == local.sin_addr.s_addr ? "yes" : "no");
		if (send(own, answer, strlen(answer), 0) < 0)
			perror("send");
		_exit(0);
	}
}

static const struct {
	const char *name;
	void (*run)(int fd);
} styles[] = {
    {"plain", plain},       {"pktinfo", pktinfo}, {"cut", cut}, {"many", many},
    {"transfer", transfer}, {"sending", sending}, {"gro", gro},
};

int main(int argc, char **argv)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc == 2 && strcmp(argv[1], "inherited") == 0)
		plain(0);
	if (argc != 3)
		die("udp_serve STYLE PORT");
	any.sin_port = htons((in_port_t)atoi(argv[2]));
	if (bind(fd, (struct sockaddr *)&any, sizeof any))
		die("udp_serve");
	printf("ready\n");
	fflush(stdout);
	for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
		if (strcmp(styles[i].name, argv[1]) == 0)
			styles[i].run(fd);
	die("no such style");
}

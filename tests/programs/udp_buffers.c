/* udp_buffers PORT FROM: receives at 0.0.0.0:PORT with every kind of buffer and flag what it sends itself
 * from ::1 (FROM is 6) or 127.0.0.1 (4). Prints results, errors, lengths and flags, but no addresses. */
#define _GNU_SOURCE
#include "common.h"

#include <unistd.h>

static int fd, from6;
static in_port_t port;

/* Leaves one new datagram of ten bytes, and nothing else, to be received. */
static void refill(void)
{
	union address to = {
	    .in = {.sin_family = AF_INET, .sin_port = port, .sin_addr = {htonl(INADDR_LOOPBACK)}}};
	int peer = socket(from6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
	char byte;

	while (recv(fd, &byte, 1, MSG_DONTWAIT) >= 0)
		;
	if (from6)
		to.in6 = (struct sockaddr_in6){
		    .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	if (sendto(peer, "0123456789", 10, 0, &to.any, from6 ? sizeof to.in6 : sizeof to.in) != 10)
		die("sendto");
	close(peer);
}

/* Prints which bytes of the buffer were written, and whether they begin with AF_INET. */
static void written(const unsigned char *bytes, size_t size)
{
	size_t last = 0;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != 0xee)
			last = i + 1;
	printf(" wrote %zu%s", last, last >= 2 && bytes[0] == AF_INET && bytes[1] == 0 ? " AF_INET" : "");
}

static void by_recvfrom(int given, int flags, size_t room)
{
	_Alignas(8) unsigned char name[64];
	char data[32];
	socklen_t len = (socklen_t)given;
	ssize_t n;

	memset(name, 0xee, sizeof name);
	refill();
	errno = 0;
	n = recvfrom(fd, data, room, flags, given == 1000 ? NULL : (struct sockaddr *)(void *)name,
		     given == 1001 ? NULL : &len);
	printf("recvfrom name %d flags %x room %zu: %zd %s length %d", given, (unsigned)flags, room, n,
	       error_name(n < 0 ? errno : 0), (int)len);
	written(name, sizeof name);
	n = recv(fd, data, sizeof data, MSG_DONTWAIT);
	printf(" then %zd\n", n);
}

static void by_recvmsg(int given, size_t control_size, int flags, size_t room)
{
	_Alignas(8) unsigned char name[64];
	_Alignas(struct cmsghdr) unsigned char control[256];
	char data[32];
	struct iovec io[2] = {{data, room / 2}, {data + room / 2, room - room / 2}};
	struct msghdr m = {.msg_name = given == 1000 ? NULL : name,
			   .msg_namelen = (socklen_t)given,
			   .msg_iov = io,
			   .msg_iovlen = 2,
			   .msg_control = control_size ? control : NULL,
			   .msg_controllen = control_size};
	ssize_t n;

	memset(name, 0xee, sizeof name);
	memset(control, 0xee, sizeof control);
	refill();
	errno = 0;
	n = recvmsg(fd, &m, flags);
	printf("recvmsg name %d control %zu flags %x room %zu: %zd %s namelen %d controllen %zu flags %x "
	       "iovlen %zu",
	       given, control_size, (unsigned)flags, room, n, error_name(n < 0 ? errno : 0),
	       (int)m.msg_namelen, (size_t)m.msg_controllen, (unsigned)m.msg_flags, (size_t)m.msg_iovlen);
	written(name, sizeof name);
	/* Prints levels, types and places. */
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); n >= 0 && c; c = CMSG_NXTHDR(&m, c))
		printf(" [%td: %zu %d %d]", (unsigned char *)c - control, (size_t)c->cmsg_len, c->cmsg_level,
		       c->cmsg_type);
	printf("\n");
}

static void by_recvmmsg(unsigned count, int flags)
{
	struct mmsghdr m[4];
	struct sockaddr_in names[4];
	struct iovec io[4];
	char data[4][32];
	int got;

	refill();
	for (int i = 0; i < 4; i++) {
		io[i] = (struct iovec){data[i], 32};
		m[i].msg_hdr = (struct msghdr){.msg_name = &names[i],
					       .msg_namelen = sizeof names[i],
					       .msg_iov = &io[i],
					       .msg_iovlen = 1};
	}
	errno = 0;
	got = recvmmsg(fd, m, count, flags, NULL);
	printf("recvmmsg %u flags %x: %d %s", count, (unsigned)flags, got, error_name(got < 0 ? errno : 0));
	if (got > 0)
		printf(" length %u namelen %u family %d", m[0].msg_len, (unsigned)m[0].msg_hdr.msg_namelen,
		       names[0].sin_family);
	printf("\n");
}

/* Sends to the last datagram's source, with invalid control messages. */
static void malformed(void)
{
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	char byte;
	_Alignas(struct cmsghdr) char control[64] = {0};
	struct iovec io = {&byte, 1};
	struct cmsghdr *c = (struct cmsghdr *)(void *)control;
	static const size_t lengths[] = {0, 1, sizeof(struct cmsghdr) - 1, 65, 1000, (size_t)-1};

	refill();
	recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&from, &len);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct msghdr m = {.msg_name = &from,
				   .msg_namelen = sizeof from,
				   .msg_iov = &io,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof control};

		*c = (struct cmsghdr){.cmsg_len = lengths[i], .cmsg_level = IPPROTO_IP, .cmsg_type = IP_TTL};
		errno = 0;
		ssize_t n = sendmsg(fd, &m, 0);

		printf("sendmsg cmsg_len %zu: %zd %s\n", lengths[i], n, error_name(n < 0 ? errno : 0));
	}
}

int main(int argc, char **argv)
{
	static const int lengths[] = {0, 1, 2, 15, 16, 17, 28, 64, -1, 1000, 1001};
	static const int flags[] = {0, MSG_PEEK, MSG_TRUNC, MSG_PEEK | MSG_TRUNC, MSG_DONTWAIT};
	static const int options[] = {IP_PKTINFO, IP_RECVTTL, IP_RECVTOS, 20};
	struct sockaddr_in any = {.sin_family = AF_INET};
	int on = 1;

	if (argc != 3)
		die("udp_buffers PORT FROM");
	any.sin_port = port = htons((in_port_t)atoi(argv[1]));
	from6 = *argv[2] == '6';
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(fd, (struct sockaddr *)&any, sizeof any))
		die("bind");
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		by_recvfrom(lengths[i], 0, 32);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		for (size_t room = 0; room <= 20; room += 5)
			by_recvfrom(16, flags[i], room);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths - 1; i++)
		by_recvmsg(lengths[i], 0, 0, 32);
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		setsockopt(fd, IPPROTO_IP, options[i], &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on);
	for (size_t size = 0; size <= 240; size += size < 160 ? 1 : 40)
		by_recvmsg(16, size, 0, 32);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		by_recvmsg(16, 200, flags[i], 4);
	by_recvmsg(1000, 200, 0, 32);
	by_recvmmsg(1, 0);
	by_recvmmsg(4, MSG_DONTWAIT);
	by_recvmmsg(4, MSG_WAITFORONE);
	by_recvmmsg(0, 0);
	malformed();
	return 0;
}

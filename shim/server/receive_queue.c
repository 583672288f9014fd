#define _GNU_SOURCE
#include "server/receive_queue.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "socket/facts.h"

/* From linux/membarrier.h and asm-generic/socket.h. */
#define BARRIER_GLOBAL 1
#define OPT_SO_PEEK_OFF 42

/* A socket's pending errors come before its datagrams, one for each call. */
enum { MOST_ERRORS = 8 };

void receive_queue_settle(void)
{
#ifdef SYS_membarrier
	(void)syscall(SYS_membarrier, BARRIER_GLOBAL, 0);
#endif
}

struct ends {
	struct in6_addr from, to;
};

/* Receives a datagram's source and destination, without its data. recvmsg(3) is a cancellation point, but
 * bind(), which calls this, is none. Returns 0 or a negative errno, -EAGAIN at the end of the queue. */
static int receive(int fd, int flags, struct ends *e)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct sockaddr_in6 from = {.sin6_family = AF_UNSPEC};
	struct msghdr message;
	struct in6_pktinfo info = {.ipi6_ifindex = 0};
	const struct cmsghdr *c;
	int result = -EIO;

	for (int i = 0; i < MOST_ERRORS && result && result != -EAGAIN; i++) {
		message = (struct msghdr){.msg_name = &from,
					  .msg_namelen = sizeof from,
					  .msg_control = control,
					  .msg_controllen = sizeof control};
		result =
		    syscall(SYS_recvmsg, fd, &message, flags | MSG_DONTWAIT | MSG_TRUNC) < 0 ? -errno : 0;
	}
	if (result)
		return result;
	c = CMSG_FIRSTHDR(&message);
	if (c && c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
		memcpy(&info, CMSG_DATA(c), sizeof info);
	*e = (struct ends){from.sin6_addr, info.ipi6_addr};
	return 0;
}

typedef bool unwanted_function(const struct in6_addr *from, const struct in6_addr *to);

/* Drops the first datagram as long as it is unwanted. Returns 0 or a negative errno. */
static int drop_first(int fd, unwanted_function *unwanted)
{
	int result = socket_set(fd, SOL_SOCKET, OPT_SO_PEEK_OFF, -1);
	struct ends e;

	while (result == 0 && receive(fd, MSG_PEEK, &e) == 0 && unwanted(&e.from, &e.to) &&
	       receive(fd, 0, &e) == 0)
		;
	return result;
}

/* Goes through the queue by SO_PEEK_OFF, which moves on with each datagram. Returns the number of the last
 * unwanted one, counted from 1; 0 if there is none; or a negative errno. */
static int last_unwanted(int fd, unwanted_function *unwanted)
{
	int last = 0, result = socket_set(fd, SOL_SOCKET, OPT_SO_PEEK_OFF, 0);
	struct ends e;

	for (int n = 1; result == 0 && (result = receive(fd, MSG_PEEK, &e)) == 0; n++)
		if (unwanted(&e.from, &e.to))
			last = n;
	return result == -EAGAIN ? last : result;
}

/* SO_PEEK_OFF skips empty datagrams that were peeked at before (__skb_try_recv_from_queue()). If the program
 * has peeked at the first and it is empty, the count is wrong by one. */
int receive_queue_drop(int fd, unwanted_function *unwanted)
{
	const int peek = socket_option(fd, OPT_SO_PEEK_OFF),
		  info = socket_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
	int last;
	struct ends e;

	if (info < 0 || socket_set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) != 0)
		return -errno;
	do {
		last = drop_first(fd, unwanted);
		if (last == 0)
			last = last_unwanted(fd, unwanted);
		for (int n = 0; n < last && receive(fd, 0, &e) == 0; n++)
			;
	} while (last > 0);
	(void)socket_set(fd, SOL_SOCKET, OPT_SO_PEEK_OFF, peek);
	(void)socket_set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, info);
	return last;
}

/* The measured calls, and what is done before and after each; calls.c has the table of their descriptors. */
#ifndef TESTS_BENCH_CALLS_H
#define TESTS_BENCH_CALLS_H

#include "things.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { BATCH = 8, SPARE = 200, NO_SUCH = 900 };

/* What _FORTIFY_SOURCE compiles to. */
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t space);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
		size_t space);
const char *__inet_ntop_chk(int family, const void *addr, char *to, socklen_t size, size_t space)
    __attribute__((weak));
int __inet_pton_chk(int family, const char *from, void *to, size_t space) __attribute__((weak));
ssize_t __recv_chk(int fd, void *data, size_t size, size_t space, int flags);
ssize_t __read_chk(int fd, void *data, size_t size, size_t space);
ssize_t __recvfrom_chk(int fd, void *data, size_t size, size_t space, int flags, struct sockaddr *addr,
		       socklen_t *room);

/* The current row's descriptors. */
static enum thing which;
static int fd, partner, spare, set;
static const char *text;
static long result;

static char data[64];
static union name name;
static socklen_t len;
static struct addrinfo *list;
static const struct timespec at_once;
static struct pollfd polled;
static fd_set readable, writable;
static struct epoll_event event;
static union {
	struct cmsghdr align;
	char bytes[256];
} control[BATCH];
static struct iovec pieces[BATCH];
static struct mmsghdr messages[BATCH];
static char *const *environment;
static char *const clean[] = {(char[]){"PATH=/usr/bin:/bin"}, NULL};
static char *const arguments[] = {(char[]){"nonexistent"}, NULL};

/* Before the call. */

static void comes(void)
{
	if (send(partner, "x", 1, 0) != 1)
		die("send");
}

static void many_come(void)
{
	for (int i = 0; i < BATCH; i++)
		comes();
}

static void visitor_comes(void)
{
	spare = visit(which);
}

static void new_stream(void)
{
	spare = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	len = name_parse(text, &name);
}

static void new_datagram(void)
{
	spare = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	len = name_parse(text, &name);
	name.in.sin_port = htons(4900);
}

static void new_in6(void)
{
	spare = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	len = name_parse(text, &name);
}

static void new_bound(void)
{
	new_stream();
	if (bind(spare, &name.any, len))
		die("bind");
}

static void new_client(void)
{
	spare = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	name = things[which].at;
	len = things[which].len;
}

/* To the IPv4 address of the name TEXT, which has both; the server listens on both. */
static void new_client_of_name(void)
{
	const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};

	new_client();
	if (getaddrinfo(text, NULL, &hints, &list))
		die(text);
	memcpy(&name, list->ai_addr, sizeof name.in);
	freeaddrinfo(list);
	name.in.sin_port = things[which].at.in.sin_port;
}

static void copy(void)
{
	spare = dup(fd);
}

static void connected_copy(void)
{
	spare = visit(which);
}

static void to_shown(void)
{
	name = things[which].shown;
	len = things[which].shown_len;
}

static void parse(void)
{
	len = name_parse(text, &name);
}

static void fill_messages(size_t control_size)
{
	for (int i = 0; i < BATCH; i++) {
		pieces[i] = (struct iovec){data + i, 1};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
		if (control_size) {
			messages[i].msg_hdr.msg_control = &control[i];
			messages[i].msg_hdr.msg_controllen = control_size;
		}
	}
}

static void name_messages(void)
{
	for (int i = 0; i < BATCH; i++) {
		messages[i].msg_hdr.msg_name = &things[which].shown;
		messages[i].msg_hdr.msg_namelen = things[which].shown_len;
	}
}

static void message_out(void)
{
	fill_messages(0);
	if (which >= UDP)
		name_messages();
}

/* With a reply's source address, like a server on several addresses. */
static void message_out_control(void)
{
	bool in6 = things[which].shown.any.sa_family == AF_INET6;
	size_t size = in6 ? sizeof(struct in6_pktinfo) : sizeof(struct in_pktinfo);

	fill_messages(CMSG_SPACE(size));
	name_messages();
	memset(&control[0], 0, sizeof control[0]);
	control[0].align.cmsg_len = CMSG_LEN(size);
	control[0].align.cmsg_level = in6 ? IPPROTO_IPV6 : IPPROTO_IP;
	control[0].align.cmsg_type = in6 ? IPV6_PKTINFO : IP_PKTINFO;
}

static void messages_in(size_t control_size)
{
	static union name from[BATCH];

	fill_messages(control_size);
	for (int i = 0; i < BATCH; i++) {
		messages[i].msg_hdr.msg_name = &from[i];
		messages[i].msg_hdr.msg_namelen = sizeof from[i];
	}
}

static void message_in(void)
{
	comes();
	messages_in(0);
}

static void message_in_control(void)
{
	int on = 1, in6 = things[which].shown.any.sa_family == AF_INET6;

	if (in6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)
		: setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on))
		die("IP_PKTINFO");
	comes();
	messages_in(sizeof control[0]);
}

static void many_in(void)
{
	many_come();
	messages_in(0);
}

/* The executed program gets an environment without the library's variables. */
static void cleaned(void)
{
	environment = clean;
}

static void inherited(void)
{
	cleaned();
	fcntl(fd, F_SETFD, 0);
}

static void registered(void)
{
	set = epoll_create1(EPOLL_CLOEXEC);
	event = (struct epoll_event){.events = EPOLLOUT};
	if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
}

static void waits(void)
{
	polled = (struct pollfd){.fd = fd, .events = POLLOUT};
	FD_ZERO(&readable);
	FD_ZERO(&writable);
	FD_SET(fd, &writable);
}

/* After it. */

/* What is sent from one descriptor to another. */
static void source(void)
{
	spare = memfd_create("source", 0);
	(void)!pwrite(spare, data, sizeof data, 0);
}

static void this_process(void)
{
	spare = pidfd_open(getpid(), 0);
}

static void full_pipe(void)
{
	int ends[2];

	if (pipe(ends) != 0)
		die("pipe");
	(void)!write(ends[1], data, 1);
	close(ends[1]);
	spare = ends[0];
}

static void close_spare(void)
{
	close(spare);
}

static void close_both(void)
{
	close(spare);
	close((int)result);
}

static void close_set(void)
{
	close(set);
}

static void taken(void)
{
	char bytes[BATCH];

	(void)!recv(partner, bytes, sizeof bytes, MSG_DONTWAIT);
}

static void taken_and_close(void)
{
	taken();
	close_spare();
}

static void many_taken(void)
{
	for (int i = 0; i < BATCH; i++)
		taken();
}

static void free_list(void)
{
	freeaddrinfo(list);
}

static void as_it_was(void)
{
	environment = environ;
}

static void not_inherited(void)
{
	as_it_was();
	fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void reap(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}

static void not_inherited_and_reap(void)
{
	not_inherited();
	reap();
}

static void accept_and_close(void)
{
	close(accept(fd, NULL, NULL));
	close(spare);
}

/* The call. Negative: it has failed. */
#define CALL(called, ...)                   \
	static long call_##called(void)     \
	{                                   \
		return (long)(__VA_ARGS__); \
	}

/* There is no such program: the call or the child fails, after the library's work. */
#define NO_PROGRAM(called, ...)         \
	static long call_##called(void) \
	{                               \
		(void)(__VA_ARGS__);    \
		return 0;               \
	}

static socklen_t *room(void)
{
	len = sizeof name;
	return &len;
}

static struct hostent entry, *found;
static char buffer[1024];
static int error;
static const struct addrinfo in_hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};

CALL(nothing, 0)
CALL(bind, bind(spare, &name.any, len))
CALL(listen, listen(spare, 8))
CALL(connect, connect(spare, &name.any, len))
CALL(accept, accept(fd, &name.any, room()))
CALL(accept4, accept4(fd, &name.any, room(), SOCK_CLOEXEC))
CALL(accept_unasked, accept(fd, NULL, NULL))
CALL(getsockname, getsockname(fd, &name.any, room()))
CALL(getpeername, getpeername(fd, &name.any, room()))
CALL(so_error, getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error}))
CALL(so_rcvbuf, getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &error, &(socklen_t){sizeof error}))
CALL(so_keepalive, setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int)))
CALL(ip_tos, setsockopt(fd, IPPROTO_IP, IP_TOS, &(int){16}, sizeof(int)))
CALL(ioctl, ioctl(fd, FIONREAD, &error))
CALL(poll, poll(&polled, 1, 0))
CALL(ppoll, ppoll(&polled, 1, &at_once, NULL))
CALL(poll_chk, __poll_chk(&polled, 1, 0, sizeof polled))
CALL(ppoll_chk, __ppoll_chk(&polled, 1, &at_once, NULL, sizeof polled))
CALL(select, select(fd + 1, &readable, &writable, NULL, &(struct timeval){0, 0}))
CALL(pselect, pselect(fd + 1, &readable, &writable, NULL, &at_once, NULL))
CALL(epoll_create, set = epoll_create(1))
CALL(epoll_create1, set = epoll_create1(0))
CALL(epoll_ctl, epoll_ctl(set, EPOLL_CTL_MOD, fd, &event))
CALL(epoll_wait, epoll_wait(set, &event, 1, 0))
CALL(epoll_pwait, epoll_pwait(set, &event, 1, 0, NULL))
CALL(epoll_pwait2, epoll_pwait2(set, &event, 1, &at_once, NULL))
CALL(send, send(fd, data, 1, 0))
CALL(recv, recv(fd, data, 1, 0))
CALL(recv_chk, __recv_chk(fd, data, 1, sizeof data, 0))
CALL(read, read(fd, data, 1))
CALL(read_chk, __read_chk(fd, data, 1, sizeof data))
CALL(write, write(fd, data, 1))
CALL(readv, readv(fd, &(struct iovec){data, 1}, 1))
CALL(writev, writev(fd, &(struct iovec){data, 1}, 1))
CALL(preadv2, preadv2(fd, &(struct iovec){data, 1}, 1, -1, 0))
CALL(preadv64v2, preadv64v2(fd, &(struct iovec){data, 1}, 1, -1, 0))
CALL(pwritev2, pwritev2(fd, &(struct iovec){data, 1}, 1, -1, 0))
CALL(pwritev64v2, pwritev64v2(fd, &(struct iovec){data, 1}, 1, -1, 0))
CALL(sendfile, sendfile(fd, spare, &(off_t){0}, 1))
CALL(sendfile64, sendfile64(fd, spare, &(off64_t){0}, 1))
CALL(splice, splice(spare, NULL, fd, NULL, 1, 0))
CALL(shutdown, shutdown(spare, SHUT_WR))
CALL(close, close(spare))
CALL(dup, spare = dup(fd))
CALL(fcntl, fcntl(fd, F_GETFL))
CALL(fcntl_dupfd, spare = fcntl(fd, F_DUPFD, 0))
CALL(fcntl64, fcntl64(fd, F_GETFL))
CALL(dup2, dup2(fd, SPARE))
CALL(dup3, dup3(fd, SPARE, O_CLOEXEC))
CALL(close_range, close_range(NO_SUCH, NO_SUCH + 9, 0))
CALL(closefrom, (closefrom(NO_SUCH), 0))
CALL(pidfd_getfd, pidfd_getfd(spare, fd, 0))
CALL(sendto, sendto(fd, data, 1, 0, &name.any, len))
CALL(sendto_stream, sendto(fd, data, 1, 0, NULL, 0))
CALL(sendmsg, sendmsg(fd, &messages[0].msg_hdr, 0))
CALL(sendmmsg, sendmmsg(fd, messages, BATCH, 0) - BATCH)
CALL(recvfrom, recvfrom(fd, data, sizeof data, 0, &name.any, room()))
CALL(recvfrom_chk, __recvfrom_chk(fd, data, sizeof data, sizeof data, 0, &name.any, room()))
CALL(recvmsg, recvmsg(fd, &messages[0].msg_hdr, 0))
CALL(recvmmsg, recvmmsg(fd, messages, BATCH, 0, NULL) - BATCH)
CALL(inet_ntop, inet_ntop(AF_INET, &name.in.sin_addr, buffer, INET6_ADDRSTRLEN) ? 0 : -1)
CALL(inet_ntop6, inet_ntop(AF_INET6, &name.in6.sin6_addr, buffer, INET6_ADDRSTRLEN) ? 0 : -1)
CALL(inet_ntop_chk,
     (__inet_ntop_chk ? __inet_ntop_chk(AF_INET, &name.in.sin_addr, buffer, INET6_ADDRSTRLEN, sizeof buffer)
		      : inet_ntop(AF_INET, &name.in.sin_addr, buffer, INET6_ADDRSTRLEN))
	 ? 0
	 : -1)
CALL(inet_pton, inet_pton(AF_INET, text, &name) - 1)
CALL(inet_pton_chk, (__inet_pton_chk ? __inet_pton_chk(AF_INET, text, &name, sizeof name)
				     : inet_pton(AF_INET, text, &name)) -
			1)
CALL(inet_aton, inet_aton(text, &name.in.sin_addr) - 1)
CALL(inet_addr, inet_addr(text) == INADDR_NONE ? -1 : 0)
CALL(getnameinfo, getnameinfo(&name.any, len, buffer, sizeof buffer, NULL, 0, NI_NUMERICHOST))
CALL(gethostbyaddr, gethostbyaddr(&name.in.sin_addr, sizeof name.in.sin_addr, AF_INET) ? 0 : -1)
CALL(gethostbyaddr_r, gethostbyaddr_r(&name.in.sin_addr, sizeof name.in.sin_addr, AF_INET, &entry, buffer,
				      sizeof buffer, &found, &error))
CALL(getaddrinfo, getaddrinfo(text, "80", &in_hints, &list))
CALL(gethostbyname, gethostbyname(text) ? 0 : -1)
CALL(gethostbyname2, gethostbyname2(text, AF_INET) ? 0 : -1)
CALL(gethostbyname_r, gethostbyname_r(text, &entry, buffer, sizeof buffer, &found, &error))
CALL(gethostbyname2_r, gethostbyname2_r(text, AF_INET, &entry, buffer, sizeof buffer, &found, &error))
#ifdef __GLIBC__
static struct gaicb *no_request[] = {NULL}, done_request;
CALL(getaddrinfo_a, getaddrinfo_a(GAI_NOWAIT, no_request, 1, NULL))
CALL(gai_suspend, gai_suspend((const struct gaicb *const *)no_request, 1, NULL) - EAI_ALLDONE)
CALL(gai_cancel, gai_cancel(&done_request) - EAI_ALLDONE)
#endif
NO_PROGRAM(execve, execve("/nonexistent", arguments, environment))
NO_PROGRAM(execvpe, execvpe("/nonexistent", arguments, environment))
NO_PROGRAM(fexecve, fexecve(fd, arguments, environment))
NO_PROGRAM(execveat, execveat(AT_FDCWD, "/nonexistent", arguments, environment, 0))
NO_PROGRAM(posix_spawn, posix_spawn(&(pid_t){0}, "/nonexistent", NULL, NULL, arguments, environment))
NO_PROGRAM(posix_spawnp, posix_spawnp(&(pid_t){0}, "/nonexistent", NULL, NULL, arguments, environment))
NO_PROGRAM(execv, execv("/nonexistent", arguments))
NO_PROGRAM(execvp, execvp("/nonexistent", arguments))
NO_PROGRAM(execl, execl("/nonexistent", "nonexistent", NULL))
NO_PROGRAM(execlp, execlp("/nonexistent", "nonexistent", NULL))
NO_PROGRAM(execle, execle("/nonexistent", "nonexistent", NULL, environ))
CALL(dlopen, dlopen(NULL, RTLD_LAZY) ? 0 : -1)

#endif

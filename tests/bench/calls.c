/* calls native|shim [count]: makes each call of the table below CALLS times. Under callgrind it dumps for
 * each row how many instructions were spent in user space; with count, each call stands between two writes to
 * descriptor -1 in what strace sees: the row's name, and nothing. tests/bench/instructions runs it so.
 *
 * Every function that the library interposes must have a row, else it says which one has none, and fails.
 *
 * The rows' order is part of what they say: those named client are made before anything is widened, and those
 * named after-lookup once the library has had a thread, which glibc then reckons with for good
 * (SINGLE_THREAD_P). Other threads' instructions are not counted. */
#define _GNU_SOURCE
#include "things.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <valgrind/callgrind.h>

enum { CALLS = 8, BATCH = 8, SPARE = 200, NO_SUCH = 900 };

/* What _FORTIFY_SOURCE compiles to. */
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t space);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
		size_t space);
ssize_t __recv_chk(int fd, void *data, size_t size, size_t space, int flags);
ssize_t __read_chk(int fd, void *data, size_t size, size_t space);
ssize_t __recvfrom_chk(int fd, void *data, size_t size, size_t space, int flags, struct sockaddr *addr,
		       socklen_t *room);

/* What the row at hand is about. */
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

/* To the IPv4 address of the name TEXT, which has both; the server is on both. */
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

/* With the source address of a reply, as a server on several addresses gives it. */
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

/* The program to be gets an environment without the library's variables. */
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

/* The call; what it yields is negative when it failed. */
#define CALL(called, ...)                   \
	static long call_##called(void)     \
	{                                   \
		return (long)(__VA_ARGS__); \
	}

/* For want of a program the call fails, or the child that is to be one: the work of the library is done
 * before.
 */
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
CALL(shutdown, shutdown(spare, SHUT_WR))
CALL(close, close(spare))
CALL(dup2, dup2(fd, SPARE))
CALL(dup3, dup3(fd, SPARE, O_CLOEXEC))
CALL(close_range, close_range(NO_SUCH, NO_SUCH + 9, 0))
CALL(closefrom, (closefrom(NO_SUCH), 0))
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
CALL(getnameinfo, getnameinfo(&name.any, len, buffer, sizeof buffer, NULL, 0, NI_NUMERICHOST))
CALL(gethostbyaddr, gethostbyaddr(&name.in.sin_addr, sizeof name.in.sin_addr, AF_INET) ? 0 : -1)
CALL(gethostbyaddr_r, gethostbyaddr_r(&name.in.sin_addr, sizeof name.in.sin_addr, AF_INET, &entry, buffer,
				      sizeof buffer, &found, &error))
CALL(getaddrinfo, getaddrinfo(text, "80", &in_hints, &list))
CALL(gethostbyname, gethostbyname(text) ? 0 : -1)
CALL(gethostbyname2, gethostbyname2(text, AF_INET) ? 0 : -1)
CALL(gethostbyname_r, gethostbyname_r(text, &entry, buffer, sizeof buffer, &found, &error))
CALL(gethostbyname2_r, gethostbyname2_r(text, AF_INET, &entry, buffer, sizeof buffer, &found, &error))
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

static const struct row {
	const char *name;
	enum thing on;
	const char *text;
	void (*before)(void);
	long (*call)(void);
	void (*after)(void);
} rows[] = {
    {"nothing", NOTHING, NULL, NULL, call_nothing, NULL},
    {"accept/client", LISTENER, NULL, visitor_comes, call_accept, close_both},
    {"connect/client", LISTENER, NULL, new_client, call_connect, accept_and_close},
    {"getpeername/client", STREAM, NULL, NULL, call_getpeername, NULL},
    {"getsockopt/SO_ERROR-client", STREAM, NULL, NULL, call_so_error, NULL},
    {"setsockopt/SO_KEEPALIVE-client", STREAM, NULL, NULL, call_so_keepalive, NULL},
    {"poll/client", STREAM, NULL, waits, call_poll, NULL},
    {"recv/client", STREAM, NULL, comes, call_recv, NULL},
    {"sendto/client", UDP, NULL, to_shown, call_sendto, taken},
    {"recvfrom/client", UDP, NULL, comes, call_recvfrom, NULL},
    {"recvmsg/client", UDP, NULL, message_in, call_recvmsg, NULL},
    {"execve/client", NOTHING, NULL, NULL, call_execve, NULL},
    {"bind/other", NOTHING, "127.0.0.1", new_stream, call_bind, close_spare},
    {"bind/wildcard-stream", NOTHING, "0.0.0.0", new_stream, call_bind, close_spare},
    {"bind/wildcard-udp", NOTHING, "0.0.0.0", new_datagram, call_bind, close_spare},
    {"bind/ipv6", NOTHING, "::1", new_in6, call_bind, close_spare},
    {"listen/other", NOTHING, "127.0.0.1", new_bound, call_listen, close_spare},
    {"listen/widened", NOTHING, "0.0.0.0", new_bound, call_listen, close_spare},
    {"connect/address", LISTENER, NULL, new_client, call_connect, accept_and_close},
    {"connect/udp", UDP, "127.0.0.1", new_datagram, call_connect, close_spare},
    {"accept/other", LISTENER, NULL, visitor_comes, call_accept, close_both},
    {"accept/widened-ipv4", LISTENER4, NULL, visitor_comes, call_accept, close_both},
    {"accept/widened-loopback", LISTENER1, NULL, visitor_comes, call_accept, close_both},
    {"accept/widened-ipv6", LISTENER6, NULL, visitor_comes, call_accept, close_both},
    {"accept/widened-ipv6-unasked", LISTENER6, NULL, visitor_comes, call_accept_unasked, close_both},
    {"accept4/other", LISTENER, NULL, visitor_comes, call_accept4, close_both},
    {"accept4/widened-ipv4", LISTENER4, NULL, visitor_comes, call_accept4, close_both},
    {"accept4/widened-ipv6", LISTENER6, NULL, visitor_comes, call_accept4, close_both},
    {"getsockname/other", STREAM, NULL, NULL, call_getsockname, NULL},
    {"getsockname/widened-ipv4", FROM4, NULL, NULL, call_getsockname, NULL},
    {"getsockname/widened-ipv6", FROM6, NULL, NULL, call_getsockname, NULL},
    {"getpeername/other", STREAM, NULL, NULL, call_getpeername, NULL},
    {"getpeername/widened-ipv4", FROM4, NULL, NULL, call_getpeername, NULL},
    {"getpeername/widened-loopback", FROM1, NULL, NULL, call_getpeername, NULL},
    {"getpeername/widened-ipv6", FROM6, NULL, NULL, call_getpeername, NULL},
    {"getsockopt/SO_ERROR", STREAM, NULL, NULL, call_so_error, NULL},
    {"getsockopt/SO_RCVBUF", STREAM, NULL, NULL, call_so_rcvbuf, NULL},
    {"getsockopt/SO_RCVBUF-widened", FROM6, NULL, NULL, call_so_rcvbuf, NULL},
    {"setsockopt/SO_KEEPALIVE", STREAM, NULL, NULL, call_so_keepalive, NULL},
    {"setsockopt/SO_KEEPALIVE-widened", FROM6, NULL, NULL, call_so_keepalive, NULL},
    {"setsockopt/IP_TOS", STREAM, NULL, NULL, call_ip_tos, NULL},
    {"setsockopt/IP_TOS-widened", FROM6, NULL, NULL, call_ip_tos, NULL},
    {"ioctl/stream", STREAM, NULL, NULL, call_ioctl, NULL},
    {"poll/stream", STREAM, NULL, waits, call_poll, NULL},
    {"ppoll/stream", STREAM, NULL, waits, call_ppoll, NULL},
    {"__poll_chk/stream", STREAM, NULL, waits, call_poll_chk, NULL},
    {"__ppoll_chk/stream", STREAM, NULL, waits, call_ppoll_chk, NULL},
    {"select/stream", STREAM, NULL, waits, call_select, NULL},
    {"pselect/stream", STREAM, NULL, waits, call_pselect, NULL},
    {"epoll_ctl/stream", STREAM, NULL, registered, call_epoll_ctl, close_set},
    {"epoll_wait/stream", STREAM, NULL, registered, call_epoll_wait, close_set},
    {"epoll_pwait/stream", STREAM, NULL, registered, call_epoll_pwait, close_set},
    {"epoll_pwait2/stream", STREAM, NULL, registered, call_epoll_pwait2, close_set},
    {"send/stream", STREAM, NULL, NULL, call_send, taken},
    {"send/widened-ipv6", FROM6, NULL, NULL, call_send, taken},
    {"recv/stream", STREAM, NULL, comes, call_recv, NULL},
    {"recv/widened-ipv6", FROM6, NULL, comes, call_recv, NULL},
    {"__recv_chk/stream", STREAM, NULL, comes, call_recv_chk, NULL},
    {"read/stream", STREAM, NULL, comes, call_read, NULL},
    {"read/file", REGULAR, NULL, NULL, call_read, NULL},
    {"__read_chk/stream", STREAM, NULL, comes, call_read_chk, NULL},
    {"write/stream", STREAM, NULL, NULL, call_write, taken},
    {"write/file", REGULAR, NULL, NULL, call_write, NULL},
    {"readv/stream", STREAM, NULL, comes, call_readv, NULL},
    {"writev/stream", STREAM, NULL, NULL, call_writev, taken},
    {"shutdown/stream", LISTENER, NULL, connected_copy, call_shutdown, accept_and_close},
    {"close/stream", STREAM, NULL, copy, call_close, NULL},
    {"close/widened-ipv6", FROM6, NULL, copy, call_close, NULL},
    {"close/file", REGULAR, NULL, copy, call_close, NULL},
    {"dup2/stream", STREAM, NULL, NULL, call_dup2, NULL},
    {"dup3/stream", STREAM, NULL, NULL, call_dup3, NULL},
    {"close_range/none", NOTHING, NULL, NULL, call_close_range, NULL},
    {"closefrom/none", NOTHING, NULL, NULL, call_closefrom, NULL},
    {"sendto/stream", STREAM, NULL, NULL, call_sendto_stream, taken},
    {"sendto/other", UDP, NULL, to_shown, call_sendto, taken},
    {"sendto/widened-ipv4", UDP4, NULL, to_shown, call_sendto, taken},
    {"sendto/widened-ipv6", UDP6, NULL, to_shown, call_sendto, taken},
    {"sendmsg/stream", STREAM, NULL, message_out, call_sendmsg, taken},
    {"sendmsg/other", UDP, NULL, message_out, call_sendmsg, taken},
    {"sendmsg/widened-ipv4", UDP4, NULL, message_out, call_sendmsg, taken},
    {"sendmsg/widened-ipv4-control", UDP4, NULL, message_out_control, call_sendmsg, taken},
    {"sendmsg/widened-ipv6", UDP6, NULL, message_out, call_sendmsg, taken},
    {"sendmsg/widened-ipv6-control", UDP6, NULL, message_out_control, call_sendmsg, taken},
    {"sendmmsg/other", UDP, NULL, message_out, call_sendmmsg, many_taken},
    {"sendmmsg/widened-ipv4", UDP4, NULL, message_out, call_sendmmsg, many_taken},
    {"sendmmsg/widened-ipv6", UDP6, NULL, message_out, call_sendmmsg, many_taken},
    {"recvfrom/stream", STREAM, NULL, comes, call_recvfrom, NULL},
    {"recvfrom/other", UDP, NULL, comes, call_recvfrom, NULL},
    {"recvfrom/widened-ipv4", UDP4, NULL, comes, call_recvfrom, NULL},
    {"recvfrom/widened-ipv6", UDP6, NULL, comes, call_recvfrom, NULL},
    {"__recvfrom_chk/widened-ipv6", UDP6, NULL, comes, call_recvfrom_chk, NULL},
    {"recvmsg/stream", STREAM, NULL, message_in, call_recvmsg, NULL},
    {"recvmsg/other", UDP, NULL, message_in, call_recvmsg, NULL},
    {"recvmsg/widened-ipv4", UDP4, NULL, message_in, call_recvmsg, NULL},
    {"recvmsg/widened-ipv6", UDP6, NULL, message_in, call_recvmsg, NULL},
    {"recvmmsg/other", UDP, NULL, many_in, call_recvmmsg, NULL},
    {"recvmmsg/widened-ipv4", UDP4, NULL, many_in, call_recvmmsg, NULL},
    {"recvmmsg/widened-ipv6", UDP6, NULL, many_in, call_recvmmsg, NULL},
    {"recvmsg/widened-ipv4-control", UDP4, NULL, message_in_control, call_recvmsg, NULL},
    {"recvmsg/widened-ipv6-control", UDP6, NULL, message_in_control, call_recvmsg, NULL},
    {"inet_ntop/ipv4", NOTHING, "192.0.2.1", parse, call_inet_ntop, NULL},
    {"inet_ntop/ipv6", NOTHING, "2001:db8::2", parse, call_inet_ntop6, NULL},
    {"getnameinfo/ipv4", NOTHING, "192.0.2.1", parse, call_getnameinfo, NULL},
    {"getnameinfo/widened-ipv6", UDP6, NULL, to_shown, call_getnameinfo, NULL},
    {"gethostbyaddr/ipv4", NOTHING, "127.0.0.1", parse, call_gethostbyaddr, NULL},
    {"gethostbyaddr_r/ipv4", NOTHING, "127.0.0.1", parse, call_gethostbyaddr_r, NULL},
    {"getaddrinfo/address", NOTHING, "192.0.2.1", NULL, call_getaddrinfo, free_list},
    {"gethostbyname/address", NOTHING, "192.0.2.1", NULL, call_gethostbyname, NULL},
    {"gethostbyname2/address", NOTHING, "192.0.2.1", NULL, call_gethostbyname2, NULL},
    {"gethostbyname_r/address", NOTHING, "192.0.2.1", NULL, call_gethostbyname_r, NULL},
    {"gethostbyname2_r/address", NOTHING, "192.0.2.1", NULL, call_gethostbyname2_r, NULL},
    {"execve/none", NOTHING, NULL, NULL, call_execve, NULL},
    {"execve/cleaned", NOTHING, NULL, cleaned, call_execve, as_it_was},
    {"execve/inherits", LISTENER6, NULL, inherited, call_execve, not_inherited},
    {"execvpe/none", NOTHING, NULL, NULL, call_execvpe, NULL},
    {"fexecve/none", REGULAR, NULL, NULL, call_fexecve, NULL},
    {"execveat/none", NOTHING, NULL, NULL, call_execveat, NULL},
    {"posix_spawn/none", NOTHING, NULL, NULL, call_posix_spawn, reap},
    {"posix_spawn/inherits", LISTENER6, NULL, inherited, call_posix_spawn, not_inherited_and_reap},
    {"posix_spawnp/none", NOTHING, NULL, NULL, call_posix_spawnp, reap},
    {"execv/none", NOTHING, NULL, NULL, call_execv, NULL},
    {"execvp/none", NOTHING, NULL, NULL, call_execvp, NULL},
    {"execl/none", NOTHING, NULL, NULL, call_execl, NULL},
    {"execlp/none", NOTHING, NULL, NULL, call_execlp, NULL},
    {"execle/none", NOTHING, NULL, NULL, call_execle, NULL},
    {"getaddrinfo/name", NOTHING, "both.example", NULL, call_getaddrinfo, free_list},
    {"connect/name", LISTENER6, "both.example", new_client_of_name, call_connect, accept_and_close},
    {"poll/after-lookup", STREAM, NULL, waits, call_poll, NULL},
    {"recv/after-lookup", STREAM, NULL, comes, call_recv, NULL},
};

static const char *const interposed[] = {
#define HOOK(type, name, params) #name,
#define OPTIONAL(type, name, params) #name,
#define EXPORTED(type, name, params) #name,
#include "hooks.def"
};

enum { ROWS = sizeof rows / sizeof *rows, INTERPOSED = sizeof interposed / sizeof *interposed };

static bool has_row(const char *function)
{
	size_t size = strlen(function);

	for (int i = 0; i < ROWS; i++)
		if (strncmp(rows[i].name, function, size) == 0 && rows[i].name[size] == '/')
			return true;
	return false;
}

static void all_have_rows(void)
{
	bool missing = false;

	for (int i = 0; i < INTERPOSED; i++) {
		if (has_row(interposed[i]))
			continue;
		fprintf(stderr, "calls: %s() has no row\n", interposed[i]);
		missing = true;
	}
	if (missing)
		exit(1);
}

static void once(const struct row *row, bool measured, bool count)
{
	fd = things[which].fd;
	partner = things[which].partner;
	text = row->text;
	if (row->before)
		row->before();
	if (measured && count)
		syscall(SYS_write, -1, row->name, strlen(row->name));
	if (measured)
		CALLGRIND_TOGGLE_COLLECT;
	result = row->call();
	if (measured)
		CALLGRIND_TOGGLE_COLLECT;
	if (measured && count)
		syscall(SYS_write, -1, "", 0);
	/* Valgrind does not know the newest system calls; what the library does about them it does all the
	 * same.
	 */
	if (result < 0 && !(RUNNING_ON_VALGRIND && errno == ENOSYS))
		die(row->name);
	if (row->after)
		row->after();
}

int main(int argc, char **argv)
{
	bool count = argc == 3 && strcmp(argv[2], "count") == 0;

	if (argc < 2)
		return 2;
	all_have_rows();
	alarm(60);
	/* Some calls look at every descriptor. */
	syscall(SYS_close_range, STDERR_FILENO + 1, SPARE, 0);
	environment = environ;
	for (int i = 0; i < ROWS; i++) {
		which = rows[i].on;
		thing_make(which, strcmp(argv[1], "native") == 0);
		for (int n = 0; n <= CALLS; n++)
			once(&rows[i], n > 0, count);
		CALLGRIND_DUMP_STATS_AT(rows[i].name);
	}
	return 0;
}

#define _GNU_SOURCE
#include "scenarios.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The server listens on PORT. */
static void client(const char *name, const char *server_host, bool nonblocking, bool (*wait)(int fd))
{
	int server = server_host ? other_bound(server_host, SOCK_STREAM) : -1, fd, error = 0, peer;
	union address to, a;
	socklen_t len = sizeof error;
	bool connected;
	char byte;

	fd = socket(AF_INET, SOCK_STREAM | (nonblocking ? SOCK_NONBLOCK : 0), 0);
	if (look_up(name, SOCK_STREAM, &to)) {
		begin(NO_ROW);
		page->connecting = strcmp(text_of(&to), "synthetic") == 0 ? ROW_connect_in6 : ROW_connect;
		connected = connect(fd, &to.any, sizeof to.in) == 0;
		if (!connected && nonblocking && errno == EINPROGRESS) {
			page->own = NO_ROW;
			if (wait(fd)) {
				begin(ROW_getsockopt);
				connected =
				    ended("SO_ERROR", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
				if (connected)
					say("connect", "%s", error ? strerrorname_np(error) : "ok");
				connected &= !error;
			}
		} else {
			connected = ended("connect", connected ? 0 : -1);
		}
		if (connected && server >= 0) {
			peer = (int)syscall(SYS_accept4, server, NULL, NULL, 0);
			(void)syscall(SYS_write, peer, "a", 1);
			len = sizeof a.in;
			memset(&a, 0, sizeof a);
			begin(ROW_getpeername);
			say_address("getpeername", getpeername(fd, &a.any, &len), &a, &len);
			if (nonblocking)
				(void)other_waits(fd, 1000);
			begin(ROW_read);
			(void)ended("read", read(fd, &byte, 1));
			begin(ROW_write);
			(void)ended("write", write(fd, "b", 1));
			other_close(peer);
		}
	}
	close_it("socket", fd);
	if (server >= 0)
		other_close(server);
}

static void client_in(void)
{
	client("both", IN, false, NULL);
}

static void client_in6(void)
{
	client("both", IN6, false, NULL);
}

static void client_six(void)
{
	client("six", IN6, false, NULL);
}

static void client_none(void)
{
	client("both", NULL, false, NULL);
}

static bool poll_for(int fd, int ms)
{
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	int result;

	begin(ROW_poll);
	result = poll(&wait, 1, ms);
	return ended("poll", result) && result;
}

static bool by_poll(int fd)
{
	return poll_for(fd, 3000);
}

static bool by_short_poll(int fd)
{
	return poll_for(fd, 200);
}

static bool by_select(int fd)
{
	struct timeval t = {3, 0};
	fd_set out;
	int result;

	FD_ZERO(&out);
	FD_SET(fd, &out);
	begin(ROW_select);
	result = select(fd + 1, NULL, &out, NULL, &t);
	return ended("select", result) && result && FD_ISSET(fd, &out);
}

static bool by_epoll(int fd)
{
	struct epoll_event event = {.events = EPOLLOUT, .data.u32 = 46};
	int set, result = -1;

	begin(ROW_epoll_create1);
	set = epoll_create1(0);
	if (!ended("epoll_create1", set))
		return false;
	begin(ROW_epoll_ctl);
	if (ended("epoll_ctl", epoll_ctl(set, EPOLL_CTL_ADD, fd, &event))) {
		begin(ROW_epoll_wait);
		result = epoll_wait(set, &event, 1, 3000);
		(void)ended("epoll_wait", result);
	}
	close_it("set", set);
	return result == 1;
}

static void client_poll_in(void)
{
	client("both", IN, true, by_poll);
}

static void client_poll_in6(void)
{
	client("both", IN6, true, by_poll);
}

static void client_poll_none(void)
{
	client("both", NULL, true, by_poll);
}

/* Both are on their way at the same time. */
static void client_poll_silent(void)
{
	client("silent", IN6, true, by_short_poll);
}

static void client_select_in(void)
{
	client("both", IN, true, by_select);
}

static void client_epoll_in(void)
{
	client("both", IN, true, by_epoll);
}

static void client_epoll_in6(void)
{
	client("both", IN6, true, by_epoll);
}

const struct scenario client_scenarios[] = {
    /* The connect goes on after EINTR. */
    {"client-in", client_in, {"connect: EINTR"}, true},
    {"client-in6", client_in6, {"connect: EINTR"}, true},
    {"client-six", client_six, {"connect: ENETUNREACH", "connect: EINTR"}, true},
    {"client-none", client_none, {"connect: EINTR"}, true},
    {"client-poll-in", client_poll_in, {NULL}, true},
    {"client-poll-in6", client_poll_in6, {NULL}, true},
    {"client-poll-none", client_poll_none, {NULL}, true},
    {"client-poll-silent", client_poll_silent, {NULL}, true},
    {"client-select-in", client_select_in, {NULL}, true},
    {"client-epoll-in", client_epoll_in, {"connect: ENETUNREACH"}, true},
    {"client-epoll-in6", client_epoll_in6, {"connect: ENETUNREACH"}, true},
    {NULL, NULL, {NULL}, false},
};

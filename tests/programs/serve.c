/* serve STYLE PORT: an IPv4-only server (AF_INET alone) in the usual styles. It binds 0.0.0.0:PORT, prints
 * "ready", and answers each connection with a line: what accept(), getpeername(), getsockname() and SO_DOMAIN
 * gave, and how inet_ntop(), with a large buffer, and getnameinfo() print the peer. */
#define _GNU_SOURCE
#include "answer.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *self;
static char *const clean_environment[] = {"PATH=/usr/bin:/bin", NULL};

static void blocking(int listener)
{
	union address from;

	for (;;) {
		int fd = accept_one(listener, &from);

		if (fd >= 0)
			answer(fd, &from);
	}
}

/* Asks for no address. */
static void null(int listener)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			answer(fd, NULL);
	}
}

static void forking(int listener)
{
	union address from;

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept_one(listener, &from);

		if (fd >= 0 && fork() == 0) {
			answer(fd, &from);
			_exit(0);
		}
		close(fd);
	}
}

/* Four processes accept from one socket; the parent ends with them. */
static void prefork(int listener)
{
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			break;
	blocking(listener);
}

/* Executes a program for each connection, its standard input, in a cleaned environment. */
static void executing(int listener)
{
	union address from;

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept_one(listener, &from);

		if (fd >= 0 && fork() == 0) {
			dup2(fd, 0);
			close(fd);
			close(listener);
			execle(self, self, "handle", NULL, clean_environment);
			_exit(127);
		}
		close(fd);
	}
}

static void vforking(int listener)
{
	union address from;
	char *const argv[] = {(char *)self, "handle", NULL};

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		volatile int fd = accept_one(listener, &from); /* vfork(2) shares it */

		if (fd >= 0 && vfork() == 0) {
			dup2(fd, 0);
			execve(self, argv, clean_environment);
			_exit(127);
		}
		close(fd);
	}
}

static void spawning(int listener)
{
	union address from;
	char *const argv[] = {(char *)self, "handle", NULL};
	pid_t pid;

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept_one(listener, &from);
		posix_spawn_file_actions_t actions;

		fcntl(fd, F_SETFD, FD_CLOEXEC);
		posix_spawn_file_actions_init(&actions);
		posix_spawn_file_actions_adddup2(&actions, fd, 0);
		posix_spawn(&pid, self, &actions, NULL, argv, clean_environment);
		posix_spawn_file_actions_destroy(&actions);
		close(fd);
	}
}

/* Passes the connection to another process over a Unix socket. */
static void passing(int listener)
{
	int pair[2];
	char control[CMSG_SPACE(sizeof(int))], byte = 0;
	struct iovec data = {&byte, 1};
	union address from;

	socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
	if (fork() == 0)
		for (;;) {
			struct msghdr m = {.msg_iov = &data,
					   .msg_iovlen = 1,
					   .msg_control = control,
					   .msg_controllen = sizeof control};
			int fd;

			if (recvmsg(pair[1], &m, 0) < 0)
				_exit(1);
			memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
			answer(fd, NULL);
		}
	for (;;) {
		int fd = accept_one(listener, &from);
		struct msghdr m = {.msg_iov = &data,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof control};
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
		sendmsg(pair[0], &m, 0);
		close(fd);
	}
}

static void *thread(void *listener)
{
	blocking((int)(long)listener);
	return NULL;
}

static void threads(int listener)
{
	pthread_t id;

	for (int i = 0; i < 3; i++)
		pthread_create(&id, NULL, thread, (void *)(long)listener);
	blocking(listener);
}

static void polling(int listener)
{
	for (;;) {
		struct pollfd p = {.fd = listener, .events = POLLIN};
		union address from;

		if (poll(&p, 1, -1) == 1) {
			int fd = accept_one(listener, &from);

			if (fd >= 0)
				answer(fd, &from);
		}
	}
}

static void selecting(int listener)
{
	for (;;) {
		fd_set set;
		union address from;

		FD_ZERO(&set);
		FD_SET(listener, &set);
		if (select(listener + 1, &set, NULL, NULL, NULL) == 1) {
			int fd = accept_one(listener, &from);

			if (fd >= 0)
				answer(fd, &from);
		}
	}
}

static void epolling(int listener, unsigned mode)
{
	int set = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN | mode, .data.fd = listener};

	fcntl(listener, F_SETFL, O_NONBLOCK);
	epoll_ctl(set, EPOLL_CTL_ADD, listener, &event);
	for (;;) {
		union address from;
		int fd;

		epoll_wait(set, &event, 1, -1);
		while ((fd = accept_one(event.data.fd, &from)) >= 0)
			answer(fd, &from);
	}
}

static void epoll_level(int listener)
{
	epolling(listener, 0);
}

static void epoll_edge(int listener)
{
	epolling(listener, EPOLLET);
}

/* Does everything in a signal handler. */
static int signal_listener;

static void on_io(int number)
{
	union address from;
	int fd, saved = errno;

	(void)number;
	while ((fd = accept_one(signal_listener, &from)) >= 0)
		answer(fd, &from);
	errno = saved;
}

static void signals(int listener)
{
	union address from;

	signal_listener = listener;
	for (;;) {
		/* And also outside of it, at any moment. */
		int fd = accept_one(listener, &from);

		if (fd >= 0)
			answer(fd, &from);
		else
			poll(NULL, 0, 50);
	}
}

/* An FTP server's active mode (RFC 959, 3.2): the client names a port; the server binds the address that the
 * client connected to, and connects to the client's. */
static void ftp(int listener)
{
	union address peer, local, data;
	socklen_t peer_len, local_len, data_len;
	char line[16];

	for (;;) {
		int fd = accept_one(listener, &peer), to = socket(AF_INET, SOCK_STREAM, 0);

		peer_len = local_len = data_len = sizeof peer;
		getpeername(fd, &peer.any, &peer_len);
		getsockname(fd, &local.any, &local_len);
		line[read(fd, line, sizeof line - 1)] = '\0';
		peer.in.sin_port = htons((in_port_t)atoi(line));
		local.in.sin_port = htons(2020);
		dprintf(fd, "bind %s\n", error_name(bind(to, &local.any, local_len) ? errno : 0));
		dprintf(fd, "connect %s\n", error_name(connect(to, &peer.any, peer_len) ? errno : 0));
		getpeername(to, &data.any, &data_len);
		dprintf(fd, "data connection to %s, as shown %s, domain %d\n", address_text(&data),
			memcmp(&data.in, &peer.in, sizeof data.in) ? "differently" : "before",
			data.any.sa_family);
		close(to);
		close(fd);
	}
}

static const struct {
	const char *name;
	void (*run)(int listener);
} styles[] = {
    {"blocking", blocking},   {"null", null},      {"fork", forking},     {"prefork", prefork},
    {"exec", executing},      {"vfork", vforking}, {"spawn", spawning},   {"pass", passing},
    {"threads", threads},     {"poll", polling},   {"select", selecting}, {"epoll", epoll_level},
    {"epoll-et", epoll_edge}, {"signal", signals}, {"ftp", ftp},
};

int main(int argc, char **argv)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int listener, on = 1;

	self = argv[0];
	if (argc == 2 && strcmp(argv[1], "handle") == 0) {
		answer(0, NULL);
		return 0;
	}
	if (argc != 3)
		die("serve STYLE PORT");
	any.sin_port = htons((in_port_t)atoi(argv[2]));
	listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (strcmp(argv[1], "signal") == 0) {
		/* Before bind(): the receiver of SIGIO must be copied to the new socket. */
		signal_listener = listener;
		signal(SIGIO, on_io);
		fcntl(listener, F_SETOWN, getpid());
		fcntl(listener, F_SETFL, O_NONBLOCK | O_ASYNC);
	}
	if (bind(listener, (struct sockaddr *)&any, sizeof any) || listen(listener, 100) || chdir("/"))
		die("serve");
	printf("ready\n");
	fflush(stdout);
	for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
		if (strcmp(styles[i].name, argv[1]) == 0)
			styles[i].run(listener);
	die("no such style");
}

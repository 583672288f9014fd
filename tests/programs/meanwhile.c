/* meanwhile WHAT NAME PORT: connects without blocking to NAME's first IPv4 address, and does WHAT:
 *
 * again      waits until it is over, and connects once more
 * refused    waits until the kernel has refused it, and connects once more
 * arguments  waits with arguments that the kernel refuses, and makes calls that don't wait
 * shutdown   shuts it down in no direction
 * number     after a while, closes all low numbers but its own, and makes epoll sets of its own there
 * last       has one descriptor to spare
 * gone       registers it in an epoll set, and closes that
 * child      registers it in an epoll set; a child waits for it, too, and ends
 * reused     closes it by fclose(), and connects another socket, with the same number, to itself
 * same       registers it in an epoll set with the same data as a pipe, which is closed at its other end
 * woken      another thread is woken by a pipe, and then for a connect, in a set where all have the same data
 * signal     waits in all ways; a signal comes while the library makes another attempt (socket() is the
 *            program's own)
 *
 * Prints what it sees, and how the connect ends. */
#define _GNU_SOURCE
#include "common.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONG = 10000, WHILE = 400, LOW = 100, SETS = 4 };

static struct sockaddr_in to;
static int fd;

/* How many signals socket() is to send. */
static volatile sig_atomic_t signals;

int socket(int family, int type, int protocol)
{
	if (signals > 0) {
		signals--;
		raise(SIGALRM);
	}
	return (int)syscall(SYS_socket, family, type, protocol);
}

static void look_up(const char *name, const char *port)
{
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list;

	if (getaddrinfo(name, port, &hints, &list))
		die(name);
	memcpy(&to, list->ai_addr, sizeof to);
	freeaddrinfo(list);
}

static void show(const char *what, long result)
{
	printf("%s: %s\n", what, result < 0 ? error_name(errno) : "done");
}

static int waits(int ms)
{
	struct pollfd one = {.fd = fd, .events = POLLOUT};

	return poll(&one, 1, ms);
}

static void end(void)
{
	int error = -1;
	socklen_t len = sizeof error;

	if (waits(LONG) < 1)
		printf("end: never\n");
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0)
		printf("end: %s\n", error ? error_name(error) : "connected");
}

static int registered(void)
{
	struct epoll_event event = {.events = EPOLLOUT, .data.fd = fd};
	int set = epoll_create1(EPOLL_CLOEXEC);

	if (set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, fd, &event))
		die("epoll");
	return set;
}

static void again(void)
{
	waits(LONG);
	show("again", connect(fd, (struct sockaddr *)&to, sizeof to));
}

static void refused(void)
{
	struct pollfd one = {.fd = fd};

	while (syscall(SYS_ppoll, &one, 1, NULL, NULL, 0) < 1)
		;
	show("again", connect(fd, (struct sockaddr *)&to, sizeof to));
}

static void arguments(void)
{
	struct iovec piece = {&to, sizeof to};
	struct timeval none = {0, 0};
	struct epoll_event event;
	void *volatile nowhere = (void *)16;
	int ends[2];

	waits(WHILE);
	if (pipe(ends))
		die("pipe");
	show("poll", poll(nowhere, 1, 0));
	show("select", select(8, nowhere, NULL, NULL, &none));
	show("no set", epoll_wait(ends[0], &event, 1, LONG));
	show("no room", epoll_wait(registered(), &event, 0, LONG));
	show("out of band", recv(fd, ends, 1, MSG_OOB));
	show("fast open", send(fd, ends, 1, MSG_FASTOPEN));
#ifdef __GLIBC__ /* musl has both since 1.2.5 */
	show("read at", preadv2(fd, &piece, 1, 0, 0));
	show("write at", pwritev2(fd, &piece, 1, 0, 0));
#else
	(void)piece;
#endif
}

static void shutdown_nowhere(void)
{
	show("shutdown", shutdown(fd, SHUT_RDWR + 1));
	end();
}

static void number(void)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	int sets[SETS], ends[2], told = 0;

	waits(WHILE);
	for (int i = fd + 1; i < LOW; i++)
		close(i);
	for (int i = 0; i < SETS; i++)
		sets[i] = epoll_create1(EPOLL_CLOEXEC);
	if (pipe(ends) || write(ends[1], "x", 1) != 1)
		die("pipe");
	for (int i = 0; i < SETS; i++)
		epoll_ctl(sets[i], EPOLL_CTL_ADD, ends[0], &event);
	waits(1);
	for (int i = 0; i < SETS; i++)
		told += epoll_wait(sets[i], &event, 1, 0) == 1;
	printf("events: %d\n", told);
}

static void last(void)
{
	struct rlimit few = {LOW, LOW};
	int spare = -1, next;

	setrlimit(RLIMIT_NOFILE, &few);
	while ((next = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		spare = next;
	close(spare);
	end();
}

static void gone(void)
{
	close(registered());
	end();
}

static void child(void)
{
	struct epoll_event event;
	int set = registered(), status;
	pid_t pid = fork();

	if (pid == 0) {
		waits(2 * WHILE);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	printf("events: %d\n", epoll_wait(set, &event, 1, LONG));
	end();
}

static void same(void)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = fd};
	int set = registered(), ends[2];

	if (pipe(ends) || epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event))
		die("pipe");
	close(ends[1]);
	printf("same: %d\n", epoll_wait(set, &event, 1, LONG));
}

/* The other thread. */
static _Atomic pid_t other_thread;

static void *take_one(void *set)
{
	struct epoll_event event;
	int count;

	other_thread = (pid_t)syscall(SYS_gettid);
	do
		count = epoll_wait(*(int *)set, &event, 1, LONG);
	while (count == 1 && event.events != EPOLLIN);
	printf("woken: %d\n", count);
	return NULL;
}

/* Whether it is in epoll_wait(). */
static bool waits_there(void)
{
	char path[64], text[64] = "";
	FILE *file;
	long call;

	snprintf(path, sizeof path, "/proc/self/task/%d/syscall", (int)other_thread);
	file = fopen(path, "r");
	if (file && !fgets(text, sizeof text, file))
		*text = '\0';
	if (file)
		fclose(file);
	call = *text >= '0' && *text <= '9' ? strtol(text, NULL, 10) : -1;
#ifdef SYS_epoll_wait
	if (call == SYS_epoll_wait)
		return true;
#endif
	return call == SYS_epoll_pwait;
}

/* At a higher priority on the same processor, so that both are ready when the other thread goes on. */
static void woken(void)
{
	struct epoll_event in = {.events = EPOLLIN | EPOLLET}, out = {.events = EPOLLOUT | EPOLLET};
	struct sched_param first = {.sched_priority = 1}, other = {.sched_priority = 0};
	int set = epoll_create1(EPOLL_CLOEXEC), ends[2];
	pthread_t thread;
	cpu_set_t one;

	close(fd);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (pipe(ends) || epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &in) ||
	    epoll_ctl(set, EPOLL_CTL_ADD, fd, &out) || sched_setaffinity(0, sizeof one, &one) ||
	    pthread_create(&thread, NULL, take_one, &set))
		die("woken");
	while (!waits_there())
		sched_yield();
	if (sched_setscheduler(0, SCHED_FIFO, &first) || write(ends[1], "x", 1) != 1 ||
	    connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || sched_setscheduler(0, SCHED_OTHER, &other))
		die("priority");
	pthread_join(thread, NULL);
}

/* The C library's own close() comes by nobody. */
static void reused(void)
{
	struct sockaddr_in near = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof near;
	int listener = socket(AF_INET, SOCK_STREAM, 0), before = fd;

	if (bind(listener, (struct sockaddr *)&near, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&near, &len))
		die("listen");
	fclose(fdopen(fd, "r+"));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd != before)
		die("another number");
	alarm(LONG / 1000);
	show("reused", connect(fd, (struct sockaddr *)&near, len));
	end();
}

static void handle(int number)
{
	(void)number;
}

/* A connect of its own, to the server that is silent. */
static int begin(int type)
{
	int other = socket(AF_INET, type, 0);

	signals = 1;
	if (!(type & SOCK_NONBLOCK))
		show("blocking", connect(other, (struct sockaddr *)&to, sizeof to));
	else if (connect(other, (struct sockaddr *)&to, sizeof to) == 0 || errno != EINPROGRESS)
		die("connect");
	return other;
}

static void signal_comes(void)
{
	const struct sigaction action = {.sa_handler = handle};
	struct epoll_event event = {.events = EPOLLOUT};
	struct timeval limit = {LONG / 1000, 0};
	int set = epoll_create1(EPOLL_CLOEXEC), other;
	fd_set out;

	close(fd);
	sigaction(SIGALRM, &action, NULL);
	begin(SOCK_STREAM);
	fd = begin(SOCK_STREAM | SOCK_NONBLOCK);
	show("poll", waits(LONG));
	close(fd);
	other = begin(SOCK_STREAM | SOCK_NONBLOCK);
	FD_ZERO(&out);
	FD_SET(other, &out);
	show("select", select(other + 1, NULL, &out, NULL, &limit));
	close(other);
	other = begin(SOCK_STREAM | SOCK_NONBLOCK);
	epoll_ctl(set, EPOLL_CTL_ADD, other, &event);
	show("epoll", epoll_wait(set, &event, 1, LONG));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} all[] = {{"again", again},         {"refused", refused},
		   {"arguments", arguments}, {"shutdown", shutdown_nowhere},
		   {"number", number},       {"last", last},
		   {"gone", gone},           {"child", child},
		   {"reused", reused},       {"same", same},
		   {"signal", signal_comes}, {"woken", woken}};

	if (argc != 4)
		die("meanwhile WHAT NAME PORT");
	look_up(argv[2], argv[3]);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	show("connect", connect(fd, (struct sockaddr *)&to, sizeof to));
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i].name, argv[1]) == 0)
			all[i].run();
	return 0;
}

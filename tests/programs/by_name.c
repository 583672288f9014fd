/* by_name CASE NAME: an IPv4-only program connects to NAME, port $PORT (7000), and does something else at the
 * same time. Prints what it saw; 60 s are the most that it waits.
 *   alarm      a timer's signal, whose handler is set without SA_RESTART, while connect() blocks and another
 *              thread sleeps; ten times (its timer takes the place of the 60 s)
 *   linger     a child closes its copy of a socket that is on its way, with SO_LINGER set
 *   stack      poll() of 2000 descriptors in a thread with the smallest stack, while one is on its way
 *   single     whether the process has one thread for the C library, before and after it asks for NAME
 *   transfer   data by sendfile(), splice(), pwritev2() and stdio once the kernel says that the socket has
 * failed unwatched  a listener at NAME's IPv4 address in the same process accepts what nobody waits for
 *   events     epoll_wait() in one thread, while another one waits elsewhere; a thousand times
 *   polls      poll() in eight threads, of a socket of its own each; 250 times each */
#define _GNU_SOURCE
#include "common.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <sys/single_threaded.h>
#endif

static struct sockaddr_in to;

static void ask(const char *name)
{
	const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list;

	if (getaddrinfo(name, getenv("PORT") ? getenv("PORT") : "7000", &hints, &list) != 0)
		die(name);
	memcpy(&to, list->ai_addr, sizeof to);
	freeaddrinfo(list);
}

static int tcp(int flags)
{
	int fd = socket(AF_INET, SOCK_STREAM | flags, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

/* A socket on its way. */
static int on_its_way(void)
{
	int fd = tcp(SOCK_NONBLOCK);

	/* 0 if another thread goes on for longer than DUALSTACK_DELAY before this one begins. */
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
		die("connect");
	return fd;
}

/* ---- alarm */

static void on_alarm(int number)
{
	(void)number;
}

static void *sleeping(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void alarm_case(void)
{
	/* Again and again: on a busy machine it may be early for one connect(). */
	const struct itimerval soon = {.it_value.tv_usec = 300000, .it_interval.tv_usec = 300000};
	const struct sigaction action = {.sa_handler = on_alarm};
	pthread_t thread;
	int interrupted = 0;

	sigaction(SIGALRM, &action, NULL);
	pthread_create(&thread, NULL, sleeping, NULL);
	for (int i = 0; i < 10; i++) {
		int fd = tcp(0);

		setitimer(ITIMER_REAL, &soon, NULL);
		interrupted += connect(fd, (const struct sockaddr *)&to, sizeof to) == -1 && errno == EINTR;
		close(fd);
	}
	printf("interrupted %d\n", interrupted);
}

/* ---- linger */

static void linger_case(void)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};
	socklen_t len = sizeof linger;
	int fd = tcp(SOCK_NONBLOCK);
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 || errno != EINPROGRESS)
		die("connect");
	if (fork() == 0) {
		close(fd);
		_exit(0);
	}
	wait(NULL);
	if (poll(&p, 1, -1) != 1)
		die("poll");
	getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len);
	printf("linger %d %d\n", linger.l_onoff, linger.l_linger);
}

/* ---- stack */

enum { MANY = 2000 };

static void *polling(void *fds)
{
	return (void *)(intptr_t)poll(fds, MANY, -1);
}

static void stack_case(void)
{
	static struct pollfd fds[MANY];
	pthread_attr_t attributes;
	pthread_t thread;
	struct rlimit limit;
	void *result;

	/* Usually 1024, of which poll() takes no more. */
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < MANY; i++)
		fds[i].fd = -1;
	fds[0] = (struct pollfd){.fd = on_its_way(), .events = POLLOUT};
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 16384);
	if (pthread_create(&thread, &attributes, polling, fds) != 0)
		die("thread");
	pthread_join(thread, &result);
	printf("poll %d, events %#x\n", (int)(intptr_t)result, (unsigned)fds[0].revents);
}

/* ---- transfer */

/* Waits by a bare system call, which no library sees; not for long, as the library may have gone on already.
 */
static void until_failed(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	(void)syscall(SYS_ppoll, &p, 1, &(struct timespec){.tv_nsec = 200000000}, NULL, 0);
}

static void tell(const char *call, ssize_t result)
{
	printf("%s %s\n", call, result < 0 ? error_name(errno) : "ok");
}

static void transfer_case(void)
{
	struct iovec piece = {.iov_base = (char[]){"x"}, .iov_len = 1};
	struct mmsghdr message = {.msg_hdr = {.msg_iov = &piece, .msg_iovlen = 1}};
	int file = memfd_create("file", 0), ends[2], fd;
	FILE *stream;

	if (file < 0 || pwrite(file, "file", 4, 0) != 4 || pipe(ends) != 0 || write(ends[1], "pipe", 4) != 4)
		die("file");
	fd = on_its_way();
	until_failed(fd);
	tell("sendfile", sendfile(fd, file, &(off_t){0}, 4));
	close(fd);
	fd = on_its_way();
	until_failed(fd);
	tell("splice", splice(ends[0], NULL, fd, NULL, 4, 0));
	close(fd);
	fd = on_its_way();
	until_failed(fd);
	tell("splice from it", splice(fd, NULL, ends[1], NULL, 4, 0));
	close(fd);
#ifdef __GLIBC__
	fd = on_its_way();
	until_failed(fd);
	tell("pwritev2", pwritev2(fd, &piece, 1, -1, 0));
	close(fd);
	fd = on_its_way();
	until_failed(fd);
	tell("preadv2", preadv2(fd, &piece, 1, -1, 0));
	close(fd);
#endif
	fd = on_its_way();
	until_failed(fd);
	tell("sendmmsg", sendmmsg(fd, &message, 1, 0));
	close(fd);
	fd = on_its_way();
	until_failed(fd);
	tell("recvmmsg", recvmmsg(fd, &message, 1, 0, NULL));
	close(fd);
	fd = on_its_way();
	until_failed(fd);
	/* stdio writes unseen: the program has to wait in a way that is seen, as event loops do. */
	poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 0);
	stream = fdopen(fd, "w");
	fputs("stdio", stream);
	tell("fflush", fflush(stream));
}

/* ---- unwatched */

static void unwatched_case(void)
{
	int listener = tcp(0), fd, on = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (const struct sockaddr *)&to, sizeof to) != 0 || listen(listener, 5) != 0)
		die("listen");
	fd = tcp(SOCK_NONBLOCK);
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
		die("connect");
	printf("accepted %s\n", accept(listener, NULL, NULL) < 0 ? error_name(errno) : "ok");
}

/* ---- events */

static _Atomic bool over;

static void *driving(void *unused)
{
	while (!over)
		poll(NULL, 0, rand() % 2);
	return unused;
}

static void events_case(void)
{
	int set = epoll_create1(0), wrong = 0;
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, driving, NULL);
	for (int i = 0; i < 1000; i++) {
		struct epoll_event event = {.events = EPOLLOUT};
		int fd = on_its_way(), error = -1;
		socklen_t len = sizeof error;

		epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
		if (epoll_wait(set, &event, 1, -1) != 1)
			die("epoll_wait");
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
		wrong += event.events != EPOLLOUT || error;
		close(fd);
	}
	over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	printf("wrong %d\n", wrong);
}

/* ---- polls */

static _Atomic int polled_wrong;

static void *connecting(void *unused)
{
	for (int i = 0; i < 250; i++) {
		struct pollfd p = {.fd = on_its_way(), .events = POLLOUT};

		if (poll(&p, 1, -1) != 1)
			die("poll");
		polled_wrong += p.revents != POLLOUT;
		close(p.fd);
	}
	return unused;
}

static void polls_case(void)
{
	pthread_t threads[8];

	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, connecting, NULL);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	printf("wrong %d\n", polled_wrong);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {{"alarm", alarm_case},       {"linger", linger_case},       {"stack", stack_case},
		     {"transfer", transfer_case}, {"unwatched", unwatched_case}, {"events", events_case},
		     {"polls", polls_case}};

	if (argc != 3)
		return 2;
	alarm(60);
#ifdef __GLIBC__
	if (strcmp(argv[1], "single") == 0)
		printf("before %d\n", __libc_single_threaded);
#endif
	ask(argv[2]);
#ifdef __GLIBC__
	if (strcmp(argv[1], "single") == 0)
		printf("after %d\n", __libc_single_threaded);
#endif
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (strcmp(argv[1], cases[i].name) == 0)
			cases[i].run();
	return 0;
}

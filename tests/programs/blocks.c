/* blocks SCENARIO NAME PORT: connects to NAME's first IPv4 address, waiting in connect(), and prints what it
 * observes, like connects.c. $OPEN is a command that makes a silent server answer.
 *
 * SCENARIO  plain    just connects
 *           timeout  SO_SNDTIMEO ends twice before the server answers; then connects again
 *           eintr    a signal comes meanwhile, handled without SA_RESTART; then connects again
 *           restart  the same with SA_RESTART
 *           ignored  the same with a signal that is ignored
 *           poll     after eintr, poll() says when it is done
 *           bound    first binds 0.0.0.0 and $LOCAL_PORT; ephemeral: a port of the kernel's choice
 *           local    first binds the address in $LOCAL; local-timeout: and has a timeout
 *           full     with no descriptor left
 *           options  first sets options and flags
 *           threads  eight at a time, each in a thread
 *           cancel   a thread is cancelled meanwhile
 *           handler  in a signal handler, while the program waits in connect() itself
 */
#define _GNU_SOURCE
#include "common.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Some C libraries lack it. */
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif

enum { THREADS = 8 };

static struct sockaddr_in to;
static volatile int in_handler = -2;

static void show(const char *what, long result)
{
	printf("%s %ld %s\n", what, result, error_name(result < 0 ? errno : 0));
	fflush(stdout);
}

static int connect_to(int fd)
{
	return connect(fd, (struct sockaddr *)&to, sizeof to);
}

static void open_server(void)
{
	const char *command = getenv("OPEN");

	if (!command || system(command) != 0)
		fprintf(stderr, "OPEN failed\n");
}

/* Opens the server later, from another thread: after the library's first wait, in which the SIGCHLD of what
 * opens it would count as handled (dualstack(7)). */
static void *open_later(void *arg)
{
	const struct timespec t = {0, 500000000};
	sigset_t all;

	(void)arg;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	nanosleep(&t, NULL);
	open_server();
	return NULL;
}

static pthread_t start(void *(*what)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, what, NULL) != 0)
		die("pthread_create");
	return thread;
}

static void finish(int fd)
{
	union address a = {.any = {.sa_family = AF_UNSPEC}};
	socklen_t len = sizeof a;
	char data[6] = "";

	show("connect", connect_to(fd));
	show("getpeername", getpeername(fd, &a.any, &len));
	printf("family %d length %u port %s\n", a.any.sa_family, (unsigned)len,
	       a.in.sin_port == to.sin_port ? "as asked" : "another");
	printf("flags %s\n", fcntl(fd, F_GETFL) & O_NONBLOCK ? "O_NONBLOCK" : "none");
	show("send", send(fd, "hello", 5, MSG_NOSIGNAL));
	show("recv", recv(fd, data, 5, MSG_WAITALL));
	printf("%s\n", data);
}

static void on_signal(int number)
{
	int fd;

	in_handler = -1;
	if (number != SIGUSR1)
		return;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	in_handler = connect_to(fd) == 0 ? 0 : errno;
	close(fd);
}

static void signal_in(int number, int ms, int flags, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
	struct itimerspec when = {.it_value = {0, ms * 1000000L}};
	timer_t timer;

	sigaction(number, &action, NULL);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &when, NULL);
}

static void with_timeout(int fd)
{
	struct timeval timeout = {0, 400000};

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
	show("connect", connect_to(fd));
	show("connect", connect_to(fd));
	timeout = (struct timeval){0, 0};
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
	open_server();
	show("connect", connect_to(fd));
	finish(fd);
}

static void interrupted(int fd, int flags, void (*handler)(int))
{
	pthread_t thread;
	int result;

	signal_in(SIGALRM, 100, flags, handler);
	thread = start(open_later);
	result = connect_to(fd);
	show("connect", result);
	printf("handler %d\n", in_handler);
	if (result < 0)
		show("connect", connect_to(fd));
	pthread_join(thread, NULL);
	finish(fd);
}

static void polled(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	signal_in(SIGALRM, 100, 0, on_signal);
	show("connect", connect_to(fd));
	show("poll", poll(&p, 1, 0));
	open_server();
	show("poll", poll(&p, 1, 10000));
	printf("events %x\n", (unsigned)p.revents);
	finish(fd);
}

static void bind_local(int fd)
{
	struct sockaddr_in in = {.sin_family = AF_INET};

	inet_pton(AF_INET, getenv("LOCAL"), &in.sin_addr);
	show("bind", bind(fd, (const struct sockaddr *)&in, sizeof in));
}

static void bound(int fd, const char *local, in_port_t port)
{
	union address a = {.in = {.sin_family = AF_INET, .sin_port = port}};
	socklen_t len = sizeof a;
	in_port_t before;

	inet_pton(AF_INET, local, &a.in.sin_addr);
	show("bind", bind(fd, &a.any, sizeof a.in));
	getsockname(fd, &a.any, &len);
	before = a.in.sin_port;
	printf("bound port %d\n", before != 0 && (port == 0 || before == port));
	show("connect", connect_to(fd));
	len = sizeof a;
	getsockname(fd, &a.any, &len);
	printf("same port %d\n", a.in.sin_port == before);
	finish(fd);
}

static void show_option(const char *what, int fd, int level, int name)
{
	int value[2] = {-1, -1};
	socklen_t len = sizeof value;

	show(what, getsockopt(fd, level, name, value, &len));
	printf("%s %d %d\n", what, value[0], value[1]);
}

static void with_options(int fd)
{
	static const struct {
		const char *what;
		int level, name, value;
	} set[] = {
	    {"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 1},  {"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, 30000},
	    {"SO_PRIORITY", SOL_SOCKET, SO_PRIORITY, 3},    {"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 1},
	    {"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 9}, {"IP_TOS", IPPROTO_IP, IP_TOS, 0x20},
	    {"TCP_SYNCNT", IPPROTO_TCP, TCP_SYNCNT, 4},     {"IP_TTL", IPPROTO_IP, IP_TTL, 33},
	};
	const struct linger linger = {1, 7};

	for (size_t i = 0; i < sizeof set / sizeof *set; i++)
		show(set[i].what, setsockopt(fd, set[i].level, set[i].name, &set[i].value, sizeof(int)));
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	show("connect", connect_to(fd));
	for (size_t i = 0; i < sizeof set / sizeof *set; i++)
		show_option(set[i].what, fd, set[i].level, set[i].name);
	show_option("SO_LINGER", fd, SOL_SOCKET, SO_LINGER);
	show_option("SO_SNDBUF", fd, SOL_SOCKET, SO_BUF_LOCK);
	printf("FD_CLOEXEC %d\n", fcntl(fd, F_GETFD));
	finish(fd);
}

static void *connect_one(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char byte = 0;
	long ok = connect_to(fd) == 0 && send(fd, "x", 1, MSG_NOSIGNAL) == 1 && recv(fd, &byte, 1, 0) == 1;

	(void)arg;
	close(fd);
	return (void *)ok;
}

static void with_threads(void)
{
	pthread_t threads[THREADS];
	void *one;
	int ok = 0, before = count_descriptors();

	for (int i = 0; i < THREADS; i++)
		threads[i] = start(connect_one);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &one);
		ok += one != NULL;
	}
	printf("connected %d, descriptors %d more\n", ok, count_descriptors() - before);
}

static void cancelled(void)
{
	const struct timespec t = {0, 400000000};
	int before = count_descriptors(), after;
	pthread_t thread = start(connect_one);
	struct pollfd none = {.fd = -1};
	void *result;

	nanosleep(&t, NULL);
	show("cancel", pthread_cancel(thread));
	pthread_join(thread, &result);
	printf("cancelled %d\n", result == PTHREAD_CANCELED);
	poll(&none, 1, 0);
	/* The program must close its socket; the library goes on with another, and the set that tells of it.
	 */
	after = count_descriptors();
	printf("descriptors %s\n", after - before <= 3 ? "as expected" : "left behind");
}

int main(int argc, char **argv)
{
	const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	const char *what = argc == 4 ? argv[1] : "";
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (argc != 4 || getaddrinfo(argv[2], argv[3], &hints, &list) != 0)
		die("getaddrinfo");
	memcpy(&to, list->ai_addr, sizeof to);
	freeaddrinfo(list);
	if (strcmp(what, "plain") == 0) {
		show("connect", connect_to(fd));
		finish(fd);
	} else if (strcmp(what, "full") == 0) {
		while (dup(0) >= 0)
			;
		show("connect", connect_to(fd));
		finish(fd);
	} else if (strcmp(what, "timeout") == 0) {
		with_timeout(fd);
	} else if (strcmp(what, "local-timeout") == 0) {
		bind_local(fd);
		with_timeout(fd);
	} else if (strcmp(what, "eintr") == 0) {
		interrupted(fd, 0, on_signal);
	} else if (strcmp(what, "restart") == 0) {
		interrupted(fd, SA_RESTART, on_signal);
	} else if (strcmp(what, "ignored") == 0) {
		interrupted(fd, 0, SIG_IGN);
	} else if (strcmp(what, "poll") == 0) {
		polled(fd);
	} else if (strcmp(what, "bound") == 0) {
		bound(fd, "0.0.0.0", htons((in_port_t)atoi(getenv("LOCAL_PORT"))));
	} else if (strcmp(what, "ephemeral") == 0) {
		bound(fd, "0.0.0.0", 0);
	} else if (strcmp(what, "local") == 0) {
		bound(fd, getenv("LOCAL"), 0);
	} else if (strcmp(what, "options") == 0) {
		with_options(fd);
	} else if (strcmp(what, "threads") == 0) {
		with_threads();
	} else if (strcmp(what, "cancel") == 0) {
		cancelled();
	} else if (strcmp(what, "handler") == 0) {
		pthread_t thread = start(open_later);

		signal_in(SIGUSR1, 100, SA_RESTART, on_signal);
		show("connect", connect_to(fd));
		pthread_join(thread, NULL);
		printf("handler %d\n", in_handler);
	}
	return 0;
}

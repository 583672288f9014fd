/* connects WAIT SCENARIO NAME PORT: connects without blocking to NAME's first IPv4 address, waits by WAIT,
 * and prints what it observes, so that runs with and without the library can be compared. It prints no
 * addresses and no descriptor numbers.
 *
 * WAIT      poll ppoll poll_chk ppoll_chk select pselect
 *           epoll epoll_pwait epoll_pwait2: level-triggered, registered after connect()
 *           epoll-et epoll-oneshot, and with -before each: registered before connect()
 *           epoll-nested: in a set that is in another; epoll-two: in two sets
 * SCENARIO  quick    just connects
 *           held     the server does not answer until the command in $OPEN has run; asks everything
 *           short    the same, waiting for 20 ms again and again
 *           none     the same, not waiting at all, again and again
 *           signal   the same, and a signal comes meanwhile
 *           change   the same, and changes what it waits for (EPOLL_CTL_DEL, ADD, MOD)
 *           others   the same, and closes all other descriptors
 *           unseen   the same, by the bare system call, and uses their numbers again
 *           close dup2 shutdown unspec   ends the connect so
 *           fork     the same, and the child waits
 *           refused refused-unseen   closes all other descriptors, as above, after a while
 *           many     twenty at a time
 */
#define _GNU_SOURCE
#include "common.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t space);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
		size_t space);

enum { MANY = 20 };

static const char *how;
static int sets[2] = {-1, -1};
static struct sockaddr_in to;
static const sigset_t *mask;

static bool is(const char *what)
{
	return strcmp(how, what) == 0;
}

static void show(const char *what, long result)
{
	printf("%s %ld %s\n", what, result, error_name(result < 0 ? errno : 0));
	fflush(stdout);
}

/* The events that poll, select and epoll share. IN and RDHUP come with the server's first bytes, or later. */
static unsigned common_events(unsigned epoll_events)
{
	return epoll_events & (EPOLLOUT | EPOLLERR | EPOLLHUP);
}

static struct timespec *from_ms(int ms, struct timespec *t)
{
	*t = (struct timespec){ms / 1000, ms % 1000 * 1000000L};
	return ms < 0 ? NULL : t;
}

static int by_poll(int fd, int ms, unsigned *events)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
	struct timespec t;
	int result;

	if (is("ppoll"))
		result = ppoll(&p, 1, from_ms(ms, &t), mask);
#ifdef __GLIBC__
	else if (is("poll_chk"))
		result = __poll_chk(&p, 1, ms, sizeof p);
	else if (is("ppoll_chk"))
		result = __ppoll_chk(&p, 1, from_ms(ms, &t), mask, sizeof p);
#endif
	else
		result = poll(&p, 1, ms);
	*events = result > 0 ? common_events((unsigned)p.revents) : 0;
	return result;
}

static int by_select(int fd, int ms, unsigned *events)
{
	struct timeval v = {ms / 1000, ms % 1000 * 1000};
	struct timespec t;
	fd_set in, out, urgent;
	int result;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&urgent);
	FD_SET(fd, &in);
	FD_SET(fd, &out);
	FD_SET(fd, &urgent);
	if (is("select"))
		result = select(fd + 1, &in, &out, &urgent, ms < 0 ? NULL : &v);
	else
		result = pselect(fd + 1, &in, &out, &urgent, from_ms(ms, &t), mask);
	*events = result > 0 && FD_ISSET(fd, &out) ? EPOLLOUT : 0;
	if (result > 0 && FD_ISSET(fd, &urgent))
		*events |= EPOLLPRI;
	return result > 1 ? 1 : result;
}

/* musl 1.2.3 has neither of these. */
static int wait_2(int set, struct epoll_event *event, const struct timespec *t)
{
#ifdef __GLIBC__
	return epoll_pwait2(set, event, 1, t, mask);
#else
	(void)set, (void)event, (void)t;
	errno = ENOSYS;
	return -1;
#endif
}

static int close_above(int fd)
{
#ifdef __GLIBC__
	return close_range((unsigned)fd + 1, ~0U, 0);
#else
	(void)fd;
	errno = ENOSYS;
	return -1;
#endif
}

/* Closes it by the bare system call, and puts something else there. */
static void close_unseen(void)
{
	syscall(SYS_close_range, 60, ~0U, 0);
	for (int i = 0; i < 100; i++)
		fcntl(STDIN_FILENO, F_DUPFD, 60);
}

static int wait_in(int set, int ms, struct epoll_event *event)
{
	struct timespec t;

	if (is("epoll_pwait"))
		return epoll_pwait(set, event, 1, ms, mask);
	if (is("epoll_pwait2"))
		return wait_2(set, event, from_ms(ms, &t));
	return epoll_wait(set, event, 1, ms);
}

static int by_epoll(int ms, unsigned *events)
{
	struct epoll_event event = {.events = 0};
	struct pollfd outer = {.fd = sets[1], .events = POLLIN};
	int result;

	*events = 0;
	if (is("epoll-nested")) {
		result = poll(&outer, 1, ms);
		if (result <= 0)
			return result;
		ms = 0;
		result = epoll_wait(sets[1], &event, 1, 0);
		if (result != 1 || event.data.u32 != 77)
			return -2;
	}
	result = wait_in(sets[0], ms, &event);
	if (result == 1 && event.data.u32 != 42)
		return -3;
	*events = common_events(event.events);
	if (result == 1 && is("epoll-two"))
		*events |= epoll_wait(sets[1], &event, 1, 0) == 1 ? EPOLLMSG : 0;
	return result;
}

static int wait_for(int fd, int ms, unsigned *events)
{
	if (strstr(how, "epoll"))
		return by_epoll(ms, events);
	return strstr(how, "select") ? by_select(fd, ms, events) : by_poll(fd, ms, events);
}

static struct epoll_event wanted(void)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.u32 = 42};

	if (strstr(how, "-et"))
		event.events |= EPOLLET;
	if (strstr(how, "-oneshot"))
		event.events |= EPOLLONESHOT;
	return event;
}

static void register_in_sets(int fd)
{
	struct epoll_event event = wanted(), inner = {.events = EPOLLIN, .data.u32 = 77};

	if (!strstr(how, "epoll"))
		return;
	show("add", epoll_ctl(sets[0], EPOLL_CTL_ADD, fd, &event));
	if (is("epoll-two"))
		show("add", epoll_ctl(sets[1], EPOLL_CTL_ADD, fd, &event));
	if (is("epoll-nested"))
		show("add", epoll_ctl(sets[1], EPOLL_CTL_ADD, sets[0], &inner));
}

static int make(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (strstr(how, "-before"))
		register_in_sets(fd);
	show("connect", connect(fd, (struct sockaddr *)&to, sizeof to));
	if (!strstr(how, "-before"))
		register_in_sets(fd);
	return fd;
}

static void show_names(int fd)
{
	union address a;
	socklen_t len = sizeof a;
	int result = getpeername(fd, &a.any, &len);

	show("getpeername", result);
	if (result == 0)
		printf("family %d port %s\n", a.any.sa_family,
		       a.in.sin_port == to.sin_port ? "as asked" : "another");
	len = sizeof a;
	show("getsockname", getsockname(fd, &a.any, &len));
	printf("family %d length %u\n", a.any.sa_family, (unsigned)len);
}

static int error_of(int fd)
{
	int error = -1;
	socklen_t len = sizeof error;

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error;
}

static void ask_meanwhile(int fd)
{
	char byte = 0;
	unsigned events;

	show("wait", wait_for(fd, 0, &events));
	show("connect again", connect(fd, (struct sockaddr *)&to, sizeof to));
	printf("SO_ERROR %s\n", error_name(error_of(fd)));
	show_names(fd);
	show("send", send(fd, "x", 1, MSG_NOSIGNAL));
	show("recv", recv(fd, &byte, 1, 0));
	show("setsockopt", setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int)));
	show("wait", wait_for(fd, 50, &events));
}

static void open_server(void)
{
	const char *command = getenv("OPEN");
	int status = command ? system(command) : -1;

	if (status != 0)
		fprintf(stderr, "OPEN: %d\n", status);
}

/* The end of a connect, whether it has succeeded or not. */
static void finish(int fd)
{
	char data[6] = "";
	int keepalive = 0;
	socklen_t len = sizeof keepalive;
	int error = error_of(fd);

	printf("SO_ERROR %s\n", error_name(error));
	if (error) {
		show_names(fd);
		printf("SO_ERROR %s\n", error_name(error_of(fd)));
		return;
	}
	getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &keepalive, &len);
	printf("SO_KEEPALIVE %d flags %s\n", keepalive,
	       fcntl(fd, F_GETFL) & O_NONBLOCK ? "O_NONBLOCK" : "none");
	show("connect", connect(fd, (struct sockaddr *)&to, sizeof to));
	show("connect", connect(fd, (struct sockaddr *)&to, sizeof to));
	show_names(fd);
	fcntl(fd, F_SETFL, 0);
	show("send", send(fd, "hello", 5, MSG_NOSIGNAL));
	show("recv", recv(fd, data, 5, MSG_WAITALL));
	printf("%s\n", data);
}

static void wait_and_finish(int fd, int ms)
{
	unsigned events = 0;
	long result;

	do
		result = wait_for(fd, ms, &events);
	while (result == 0 && ms >= 0);
	show("wait", result);
	printf("events %x\n", events);
	finish(fd);
}

/* Nobody is there; the error has come or will come. */
static void refused(const char *scenario, int fd)
{
	unsigned events = 0;

	poll(NULL, 0, 500);
	if (strcmp(scenario, "refused") == 0)
		show("close_range", close_above(59));
	else
		close_unseen();
	show("wait", wait_for(fd, 10000, &events));
	printf("events %x\n", events);
	finish(fd);
}

static void on_alarm(int number)
{
	(void)number;
}

/* Sends SIGALRM after FIRST ms, and each EVERY ms from then on; 0: never. */
static void alarm_in(int first, int every)
{
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	static timer_t timer;
	static bool made;
	struct itimerspec when = {.it_value = {first / 1000, first % 1000 * 1000000L},
				  .it_interval = {every / 1000, every % 1000 * 1000000L}};

	sigaction(SIGALRM, &action, NULL);
	if (!made)
		made = timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0;
	timer_settime(timer, 0, &when, NULL);
}

static void change(int fd)
{
	struct epoll_event event = wanted();

	if (!strstr(how, "epoll"))
		return;
	show("del", epoll_ctl(sets[0], EPOLL_CTL_DEL, fd, NULL));
	show("del", epoll_ctl(sets[0], EPOLL_CTL_DEL, fd, NULL));
	show("add", epoll_ctl(sets[0], EPOLL_CTL_ADD, fd, &event));
	event.events = EPOLLIN;
	show("mod", epoll_ctl(sets[0], EPOLL_CTL_MOD, fd, &event));
	event = wanted();
	show("mod", epoll_ctl(sets[0], EPOLL_CTL_MOD, fd, &event));
}

static void held(const char *scenario, int fd)
{
	unsigned events;
	int status;

	if (strcmp(scenario, "signal") == 0) {
		/* The first may come before the wait, on a loaded machine. */
		alarm_in(100, 100);
		show("wait", wait_for(fd, -1, &events));
		alarm_in(0, 0);
	}
	if (strcmp(scenario, "mask") == 0) {
		sigset_t alarm_only, none;

		sigemptyset(&none);
		sigemptyset(&alarm_only);
		sigaddset(&alarm_only, SIGALRM);
		sigprocmask(SIG_BLOCK, &alarm_only, NULL);
		alarm_in(1, 0);
		show("wait", wait_for(fd, 200, &events));
		mask = &none;
		show("wait", wait_for(fd, -1, &events));
		mask = NULL;
		sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
	}
	if (strcmp(scenario, "change") == 0)
		change(fd);
	if (strcmp(scenario, "move") == 0) {
		int moved = fcntl(fd, F_DUPFD, 60);

		show("close", close(fd));
		fd = moved;
	}
	if (strcmp(scenario, "others") == 0)
		show("close_range", close_above(fd));
	if (strcmp(scenario, "unseen") == 0)
		close_unseen();
	if (strcmp(scenario, "baddup") == 0)
		show("dup2", dup2(999, fd));
	/* The child has the parent's connection only if there was one socket. */
	if (strcmp(scenario, "fork") == 0 && fork() != 0) {
		wait(&status);
		printf("child %d\n", status);
		show("wait", wait_for(fd, 10000, &events));
		printf("events %x SO_ERROR %s\n", events, error_name(error_of(fd)));
		show_names(fd);
		return;
	}
	open_server();
	wait_and_finish(fd, strcmp(scenario, "short") == 0 ? 20 : strcmp(scenario, "none") == 0 ? 0 : -1);
	if (strcmp(scenario, "fork") == 0)
		exit(0);
}

static void ending(const char *scenario, int fd)
{
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	struct pollfd other = {.fd = -1};
	unsigned events = 0;
	int before = count_descriptors();
	int pipes[2] = {-1, -1};

	if (strcmp(scenario, "close") == 0)
		show("close", close(fd));
	if (strcmp(scenario, "dup2") == 0 && pipe(pipes) == 0)
		show("dup2", dup2(pipes[0], fd) == fd ? 0 : -1);
	if (strcmp(scenario, "shutdown") == 0)
		show("shutdown", shutdown(fd, SHUT_RDWR));
	if (strcmp(scenario, "unspec") == 0)
		show("connect AF_UNSPEC", connect(fd, &none, sizeof none));
	poll(&other, 1, 50);
	if (strcmp(scenario, "close") == 0)
		printf("descriptors %d\n", count_descriptors() <= before - 1);
	if (strcmp(scenario, "dup2") == 0)
		printf("descriptors %d\n", count_descriptors() <= before + 2);
	if (strcmp(scenario, "unspec") == 0) {
		open_server();
		show("connect", connect(fd, (struct sockaddr *)&to, sizeof to));
		wait_and_finish(fd, -1);
	}
	if (strcmp(scenario, "shutdown") == 0) {
		show("wait", wait_for(fd, 1000, &events));
		printf("events %x\n", events);
	}
}

static void many(void)
{
	int fds[MANY], connected = 0, waits = 0, ready;
	unsigned events;

	for (int i = 0; i < MANY; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fds[i], (struct sockaddr *)&to, sizeof to);
		register_in_sets(fds[i]);
	}
	/* All are in one level-triggered epoll set; else they are waited for in turn. */
	for (int i = 0; i < MANY; i++) {
		ready = wait_for(fds[i], 10000, &events);
		waits += ready == 1 && events == EPOLLOUT;
	}
	for (int i = 0; i < MANY; i++)
		if (!strstr(how, "epoll"))
			connected += error_of(fds[i]) == 0 && send(fds[i], "x", 1, MSG_NOSIGNAL) == 1;
	printf("ready %d connected %d\n", waits, connected);
}

int main(int argc, char **argv)
{
	const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list;
	const char *scenario = argc > 2 ? argv[2] : "";
	int fd;

	if (argc != 5)
		return 2;
	how = argv[1];
	if (getaddrinfo(argv[3], argv[4], &hints, &list) != 0)
		die("getaddrinfo");
	memcpy(&to, list->ai_addr, sizeof to);
	freeaddrinfo(list);
	sets[0] = epoll_create1(EPOLL_CLOEXEC);
	sets[1] = epoll_create1(EPOLL_CLOEXEC);
	alarm(60);
	if (strcmp(scenario, "many") == 0) {
		many();
		return 0;
	}
	fd = make();
	if (strcmp(scenario, "quick") == 0) {
		wait_and_finish(fd, -1);
		return 0;
	}
	if (strncmp(scenario, "refused", 7) == 0) {
		refused(scenario, fd);
		return 0;
	}
	ask_meanwhile(fd);
	if (strstr("close dup2 shutdown unspec", scenario))
		ending(scenario, fd);
	else
		held(scenario, fd);
	return 0;
}

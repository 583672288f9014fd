/* storm_close ROUNDS: a server at 0.0.0.0:5000 like serve.c's, in threads, while the program closes
 * descriptors by close_range(), closefrom(), dup2() and the bare system call, with connects to the names of
 * storm_names.h in progress on them. It closes some or all of its descriptors from HIGH on, at random; those
 * below go on, and must end with the right peer or the right error. On SIGTERM it prints the result. */
#define _GNU_SOURCE
#include "answer.h"
#include "storm_names.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/time.h>

enum { AT_ONCE = 24, THREADS = 3, HIGH = 100, SPREAD = 200 };

static struct client {
	int fd, name;
} clients[AT_ONCE];

static struct sockaddr_in to[STORM_NAMES + 1];
static int listener, null;
static _Atomic bool ending, drained;
static _Atomic long accepted;
static long rounds, ended, closed, wrong;

static void *serving(void *unused)
{
	union address from;

	while (!ending) {
		int fd = accept_one(listener, &from);

		if (fd >= 0) {
			answer(fd, &from);
			accepted++;
		}
	}
	return unused;
}

/* Drives the connects at any moment, also between a close of the program's and the library's reaction. */
static void *tending(void *unused)
{
	while (!drained)
		poll(NULL, 0, (int)storm_chance(3));
	return unused;
}

static void complain(const char *what, const struct client *c, int error, const char *text)
{
	wrong++;
	printf("%s: %s%d on %d: %s %s\n", what, storm_sort(c->name)->name, c->name, c->fd, error_name(error),
	       text);
}

/* If one is closed, its name's other addresses are given up, perhaps also for another in the same table. Then
 * the error of the address that was asked for is right; with IPv6 only, that may be the silent one. */
static bool error_is_right(int name, int error)
{
	return storm_error_is_right(name, error) || (storm_sort(name)->in == NONE && error == ETIMEDOUT);
}

static void judge(struct client *c)
{
	char text[INET6_ADDRSTRLEN] = "";
	int error = -1;
	socklen_t len = sizeof error;
	size_t used = 0;
	ssize_t n = 0;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (!error)
		fcntl(c->fd, F_SETFL, 0);
	while (!error && (n = read(c->fd, text + used, sizeof text - 1 - used)) > 0)
		used += (size_t)n;
	if (error ? !error_is_right(c->name, error) : n < 0 || !storm_peer_is_right(c->name, c->fd, text))
		complain("ended", c, error, text);
	ended++;
	close(c->fd);
	c->fd = -1;
}

/* Often a late one: the address that was asked for has failed, on a descriptor of the library's; another goes
 * on. */
static int some_name(void)
{
	int n = (int)storm_chance(STORM_NAMES) + 1;

	return strcmp(storm_sort(n)->name, "late") == 0 ? n : storm_any_name();
}

static void begin(struct client *c)
{
	*c = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), .name = some_name()};
	if (connect(c->fd, (const struct sockaddr *)&to[c->name], sizeof to[c->name]) == 0 ||
	    errno != EINPROGRESS)
		die("connect");
	/* It is moved to where it may be closed; sometimes a copy stays. */
	if (storm_chance(2)) {
		int high = fcntl(c->fd, F_DUPFD, HIGH + (int)storm_chance(SPREAD));

		if (storm_chance(4)) {
			close(c->fd);
			c->fd = high;
		}
	}
}

static unsigned random_high(void)
{
	return HIGH + storm_chance(SPREAD);
}

/* musl has neither. */
#ifndef __GLIBC__
static int close_range(unsigned first, unsigned last, int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

static void closefrom(int first)
{
	close_range((unsigned)first, ~0U, 0);
}
#endif

/* Closes unknown descriptors in one of the ways in which programs do, at random. */
static void close_some(void)
{
	unsigned first = random_high();

	switch (storm_chance(7)) {
	case 0:
		close_range(HIGH, ~0U, 0);
		break;
	case 1:
		closefrom(HIGH);
		break;
	case 2:
		close_range(first, first + storm_chance(SPREAD), 0);
		break;
	case 3:
		syscall(SYS_close_range, HIGH, ~0U, 0);
		break;
	case 4:
		for (int i = 0; i < 50; i++)
			dup2(null, (int)random_high());
		break;
	case 5:
		/* The library has not seen what is there next. */
		syscall(SYS_close_range, HIGH, ~0U, 0);
		for (int i = 0; i < 50; i++)
			fcntl(null, F_DUPFD, HIGH);
		break;
	default:
		for (int i = 0; i < AT_ONCE; i++)
			close((int)random_high());
	}
}

/* The library's own are close-on-exec, the program's from HIGH on are not. */
static bool is_socket(int fd, int flags)
{
	int type;
	socklen_t len = sizeof type;

	return fcntl(fd, F_GETFD) == flags && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0;
}

/* Forgets connects whose descriptor was closed or is something else now. Those below HIGH must still be
 * there. */
static void see_what_is_left(void)
{
	for (int i = 0; i < AT_ONCE; i++) {
		struct client *c = &clients[i];

		if (c->fd < 0 || is_socket(c->fd, 0))
			continue;
		if (c->fd < HIGH)
			complain("gone", c, 0, "");
		closed++;
		c->fd = -1;
	}
}

/* Waits for the rest, for MS at most, and closes those that have not ended. */
static void wait_for_some(int ms)
{
	struct timespec start, now;
	int left = AT_ONCE;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (left && ms > 0) {
		struct pollfd fds[AT_ONCE];

		left = 0;
		for (int i = 0; i < AT_ONCE; i++) {
			left += clients[i].fd >= 0;
			fds[i] = (struct pollfd){.fd = clients[i].fd, .events = POLLOUT};
		}
		if (!left || poll(fds, AT_ONCE, ms) == 0)
			break;
		for (int i = 0; i < AT_ONCE; i++)
			if (fds[i].revents)
				judge(&clients[i]);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (ms < 10000 &&
		    (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 > ms)
			break;
	}
	for (int i = 0; i < AT_ONCE; i++)
		if (clients[i].fd >= 0)
			close(clients[i].fd);
}

/* The program closes all its descriptors; any that is left is a leak of the library's. */
static void clean_up(void)
{
	int left = 0;

	for (int fd = HIGH; fd < HIGH + 3 * SPREAD; fd++)
		if (fcntl(fd, F_GETFD) == 0)
			close(fd);
	for (int fd = HIGH; fd < HIGH + 3 * SPREAD; fd++)
		left += fcntl(fd, F_GETFD) != -1;
	if (left) {
		wrong++;
		printf("round %ld: %d sockets left\n", rounds, left);
	}
}

static void one_round(void)
{
	for (int i = 0; i < AT_ONCE; i++)
		begin(&clients[i]);
	for (uint32_t shots = storm_chance(3); shots < 3; shots++) {
		close_some();
		see_what_is_left();
		if (storm_chance(2))
			poll(NULL, 0, (int)storm_chance(300));
	}
	wait_for_some(storm_chance(4) ? (int)storm_chance(300) : 20000);
	clean_up();
	rounds++;
	storm_step("between two rounds");
}

static void on_term(int number)
{
	(void)number;
	ending = true;
}

int main(int argc, char **argv)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(5000)};
	const struct timeval moment = {.tv_usec = 100000};
	pthread_t threads[THREADS], tender;
	int on = 1, before;
	long memory = 0;

	if (argc != 2)
		die("storm_close ROUNDS");
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* The descriptors that it was started with. */
	closefrom(HIGH);
	for (int n = 1; n <= STORM_NAMES; n++)
		storm_look_up(n, &to[n]);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	before = count_descriptors();
	listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment);
	if (bind(listener, (const struct sockaddr *)&any, sizeof any) || listen(listener, 1000))
		die("listen");
	signal(SIGTERM, on_term);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, serving, NULL);
	pthread_create(&tender, NULL, tending, NULL);
	while (!ending || rounds < atol(argv[1])) {
		one_round();
		if (rounds == atol(argv[1]) / 4)
			memory = storm_memory();
	}
	drained = true;
	pthread_join(tender, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	close(listener);
	printf("%ld rounds, %ld connects ended, %ld closed, %ld accepted\n", rounds, ended, closed, accepted);
	printf("%ld KiB, and %ld more at the end\n", memory, storm_memory() - memory);
	printf("%ld wrong, %d descriptors left\n", wrong, count_descriptors() - before);
	return wrong ? 1 : 0;
}

/* storm_signals THREADS CONNECTS: a server at 0.0.0.0:5000 like serve.c's that is also a client of the names
 * of storm_names.h, and does both in signal handlers, too. A process of its own sends signals at any moment,
 * and threads connect, wait and accept all the time, so that every call is interrupted sooner or later. On
 * SIGTERM it ends what it has begun, and prints the result. */
#define _GNU_SOURCE
#include "answer.h"
#include "storm_names.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

enum { SLOTS = 64, MOST_THREADS = 8 };
enum { FREE, BUSY, GOING };

/* A connect that handlers have begun, and that handlers drive. */
static struct slot {
	_Atomic int state;
	int fd, name;
} slots[SLOTS];

static struct sockaddr_in to[STORM_NAMES + 1];
static int listener;
static _Atomic bool ending, drained;
static long wanted, memory, memory_at_end;
static _Atomic long signals, accepted, in_handlers, in_threads, wrong;

static void accept_some(void)
{
	union address from;
	int fd;

	for (int i = 0; i < 2 && (fd = accept_one(listener, &from)) >= 0; i++) {
		answer(fd, &from);
		accepted++;
	}
}

/* Closes one that has ended, with ERROR or with an answer to come. */
static void judge(int fd, int name, int error)
{
	char answer_text[INET6_ADDRSTRLEN] = "";
	size_t used = 0;
	ssize_t n = 0;

	/* The server writes at once, so this is short. */
	if (!error)
		fcntl(fd, F_SETFL, 0);
	while (!error && (n = read(fd, answer_text + used, sizeof answer_text - 1 - used)) > 0)
		used += (size_t)n;
	if (error ? !storm_error_is_right(name, error)
		  : n < 0 || !storm_peer_is_right(name, fd, answer_text)) {
		wrong++;
		dprintf(STDOUT_FILENO, "%s%d: %s %s\n", storm_sort(name)->name, name, error_name(error),
			answer_text);
	}
	close(fd);
}

static int error_of(int fd)
{
	int error = -1;
	socklen_t len = sizeof error;

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error;
}

static int begin(int name, int flags)
{
	int fd = socket(AF_INET, SOCK_STREAM | flags, 0), error;

	if (fd < 0)
		die("socket");
	error = connect(fd, (const struct sockaddr *)&to[name], sizeof to[name]) ? errno : 0;
	if (error == EINPROGRESS)
		return fd;
	judge(fd, name, error);
	return -1;
}

static void tend(struct slot *s)
{
	struct pollfd p = {.events = POLLOUT};
	int is = FREE;

	if (!drained && atomic_compare_exchange_strong(&s->state, &is, BUSY)) {
		in_handlers++;
		s->name = storm_any_name();
		s->fd = begin(s->name, SOCK_NONBLOCK);
		s->state = s->fd < 0 ? FREE : GOING;
		return;
	}
	is = GOING;
	if (!atomic_compare_exchange_strong(&s->state, &is, BUSY))
		return;
	p.fd = s->fd;
	if (poll(&p, 1, 0) != 1) {
		s->state = GOING;
		return;
	}
	judge(s->fd, s->name, error_of(s->fd));
	s->state = FREE;
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The next signal comes not before this, in memory shared with the sender: after as long as the last one
 * took, so that threads have time on a busy machine. */
static _Atomic int64_t *quiet;

static void on_signal(int number)
{
	int saved = errno;
	int64_t began = now();

	(void)number;
	signals++;
	accept_some();
	tend(&slots[storm_chance(SLOTS)]);
	*quiet = 2 * now() - began;
	errno = saved;
}

static void on_term(int number)
{
	(void)number;
	ending = true;
}

static void connect_and_poll(int name)
{
	struct pollfd p = {.fd = begin(name, SOCK_NONBLOCK), .events = POLLOUT};

	if (p.fd < 0)
		return;
	while (poll(&p, 1, -1) != 1)
		;
	judge(p.fd, name, error_of(p.fd));
}

static void connect_and_epoll(int name)
{
	struct epoll_event event = {.events = EPOLLOUT | EPOLLET};
	int set = epoll_create1(EPOLL_CLOEXEC), fd = begin(name, SOCK_NONBLOCK);

	if (fd >= 0) {
		epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
		while (epoll_wait(set, &event, 1, -1) != 1)
			;
		judge(fd, name, error_of(fd));
	}
	close(set);
}

static void *run(void *number)
{
	storm_seed += 7919 * (uint32_t)(long)number;
	while (!ending || in_handlers < wanted) {
		int name = storm_any_name();

		switch (storm_chance(3)) {
		case 0:
			(void)begin(name, 0);
			break;
		case 1:
			connect_and_poll(name);
			break;
		default:
			connect_and_epoll(name);
		}
		in_threads++;
		accept_some();
		if (number)
			continue;
		storm_step("connecting and accepting");
		/* By then every page of the table of peers is used. */
		if (!memory && in_handlers >= wanted / 4 && accepted > 2000)
			memory = storm_memory();
	}
	return NULL;
}

static pid_t start_sender(void)
{
	const pid_t target = getpid(), child = fork();

	if (child != 0)
		return child;
	signal(SIGTERM, SIG_DFL);
	while (getppid() == target) {
		if (now() >= *quiet)
			kill(target, SIGUSR1);
		usleep(storm_chance(1000));
	}
	_exit(0);
}

static void end_slots(void)
{
	drained = true;
	for (int i = 0; i < SLOTS; i++)
		while (slots[i].state != FREE) {
			tend(&slots[i]);
			poll(NULL, 0, 1);
		}
}

static void make_listener(void)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(5000)};
	int on = 1;

	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (const struct sockaddr *)&any, sizeof any) || listen(listener, 1000))
		die("listen");
}

int main(int argc, char **argv)
{
	const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART},
			       term = {.sa_handler = on_term, .sa_flags = SA_RESTART};
	pthread_t threads[MOST_THREADS];
	int count = argc == 3 ? atoi(argv[1]) : 0, before;
	pid_t sender;

	if (count < 1 || count > MOST_THREADS)
		die("storm_signals THREADS CONNECTS");
	wanted = atol(argv[2]);
	for (int n = 1; n <= STORM_NAMES; n++)
		storm_look_up(n, &to[n]);
	before = count_descriptors();
	make_listener();
	quiet = mmap(NULL, sizeof *quiet, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGTERM, &term, NULL);
	sender = start_sender();
	for (int i = 1; i < count; i++)
		pthread_create(&threads[i], NULL, run, (void *)(long)i);
	run(NULL);
	for (int i = 1; i < count; i++)
		pthread_join(threads[i], NULL);
	storm_step("ending what handlers began");
	end_slots();
	/* Before the memory shared with the sender is this process's alone. */
	memory_at_end = storm_memory();
	kill(sender, SIGKILL);
	waitpid(sender, NULL, 0);
	close(listener);
	printf("%ld signals, %ld accepted, %ld connects by handlers, %ld by threads\n", signals, accepted,
	       in_handlers, in_threads);
	printf("%ld KiB, and %ld more at the end\n", memory, memory_at_end - memory);
	printf("%ld wrong, %d descriptors left\n", wrong, count_descriptors() - before);
	return wrong ? 1 : 0;
}

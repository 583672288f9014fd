/* storm_connects WAIT COUNT ROUNDS: makes COUNT non-blocking connects at once, to names of storm_names.h, and
 * waits for them by poll, epoll or epoll-et. Each must end with the right peer or the right error. After each
 * round as many descriptors are open as before. */
#define _GNU_SOURCE
#include "storm_names.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

enum { MOST = 1000, EVENTS = 64 };

struct client {
	int fd; /* -1: it is over */
	int name;
	bool connected;
	size_t used;
	char answer[INET6_ADDRSTRLEN];
};

static struct client clients[MOST];
static int count, going, set = -1;
static uint32_t edge;
static long wrong;
static long tally[STORM_SORTS][2]; /* of each kind: connected, failed */

static void over(struct client *c, bool right, int error)
{
	tally[c->name % STORM_SORTS][error != 0]++;
	if (!right && wrong++ < 10)
		printf("%s%d: %s %s\n", storm_sort(c->name)->name, c->name, error_name(error), c->answer);
	close(c->fd);
	c->fd = -1;
	going--;
	storm_step("waiting");
}

static void begin(struct client *c, int name, const struct sockaddr_in *to)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | edge, .data.ptr = c};

	storm_step("connecting");
	*c = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), .name = name};
	if (c->fd < 0)
		die("socket");
	if (connect(c->fd, (const struct sockaddr *)to, sizeof *to) && errno != EINPROGRESS)
		over(c, storm_error_is_right(name, errno), errno);
	else if (set >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, c->fd, &event))
		die("epoll_ctl");
}

/* It was found ready. */
static void look(struct client *c)
{
	int error = 0;
	socklen_t len = sizeof error;
	ssize_t n;

	if (!c->connected) {
		if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) || error) {
			over(c, storm_error_is_right(c->name, error), error);
			return;
		}
		c->connected = true;
		if (set >= 0 && !edge)
			epoll_ctl(set, EPOLL_CTL_MOD, c->fd,
				  &(struct epoll_event){.events = EPOLLIN, .data.ptr = c});
	}
	while ((n = read(c->fd, c->answer + c->used, sizeof c->answer - 1 - c->used)) > 0)
		c->used += (size_t)n;
	if (n == 0)
		over(c, storm_peer_is_right(c->name, c->fd, c->answer), 0);
	else if (errno != EAGAIN)
		over(c, false, errno);
}

static void wait_by_poll(void)
{
	static struct pollfd fds[MOST];

	for (int i = 0; i < count; i++)
		fds[i] =
		    (struct pollfd){.fd = clients[i].fd, .events = clients[i].connected ? POLLIN : POLLOUT};
	if (poll(fds, (nfds_t)count, -1) < 1)
		die("poll");
	for (int i = 0; i < count; i++)
		if (clients[i].fd >= 0 && fds[i].revents)
			look(&clients[i]);
}

static void wait_by_epoll(void)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(set, events, EVENTS, -1);

	if (n < 1)
		die("epoll_wait");
	for (int i = 0; i < n; i++)
		look(events[i].data.ptr);
}

static void one_round(void)
{
	static struct sockaddr_in to[STORM_NAMES + 1];

	for (int n = 1; n <= STORM_NAMES; n++)
		storm_look_up(n, &to[n]);
	going = count;
	for (int i = 0; i < count; i++)
		begin(&clients[i], i % STORM_NAMES + 1, &to[i % STORM_NAMES + 1]);
	while (going)
		if (set >= 0)
			wait_by_epoll();
		else
			wait_by_poll();
}

static void tell(int round, time_t began, int descriptors)
{
	printf("round %d: %ld s, %d descriptors, %ld KiB:", round, (long)(time(NULL) - began), descriptors,
	       storm_heap());
	for (int i = 0; i < STORM_SORTS; i++)
		printf(" %s %ld %ld", storm_sorts[i].name, tally[i][0], tally[i][1]);
	printf("\n");
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	int descriptors, left;
	long memory = 0;

	if (argc != 4 || (count = atoi(argv[2])) > MOST)
		die("storm_connects poll|epoll|epoll-et COUNT ROUNDS");
	setvbuf(stdout, NULL, _IOLBF, 0);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (strncmp(argv[1], "epoll", 5) == 0)
		set = epoll_create1(EPOLL_CLOEXEC);
	edge = strcmp(argv[1], "epoll-et") == 0 ? EPOLLET : 0;
	storm_step("the first round");
	descriptors = count_descriptors();
	for (int round = 0; round <= atoi(argv[3]); round++) {
		time_t began = time(NULL);

		one_round();
		left = count_descriptors();
		tell(round, began, left);
		if (round == 0)
			memory = storm_heap();
		if (left != descriptors) {
			printf("%d descriptors before\n", descriptors);
			return 1;
		}
	}
	printf("%ld KiB, and %ld more at the end\n", memory, storm_heap() - memory);
	printf("%ld wrong\n", wrong);
	return wrong ? 1 : 0;
}

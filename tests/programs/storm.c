/* storm NAME PORT ROUNDS: for the race detector. Eight threads connect to NAME without blocking, wait, ask,
 * send, close or shut down, each in its own way and all at once, while another looks up NAME again and again.
 * Prints how many connections were made. */
#define _GNU_SOURCE
#include "common.h"

#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

enum { THREADS = 8 };

static const char *name, *port;
static int rounds;
static atomic_int connected, waiting = THREADS;

static struct sockaddr_in look_up(void)
{
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list;
	struct sockaddr_in a;

	if (getaddrinfo(name, port, &hints, &list))
		die(name);
	memcpy(&a, list->ai_addr, sizeof a);
	freeaddrinfo(list);
	return a;
}

static void wait_for(int fd, long way)
{
	struct pollfd one = {.fd = fd, .events = POLLOUT};
	struct epoll_event event = {.events = EPOLLOUT};
	struct timeval second = {1, 0};
	fd_set set;
	int epoll;

	if (way % 3 == 0) {
		poll(&one, 1, 1000);
	} else if (way % 3 == 1) {
		FD_ZERO(&set);
		FD_SET(fd, &set);
		select(fd + 1, NULL, &set, NULL, &second);
	} else {
		epoll = epoll_create1(0);
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
		epoll_wait(epoll, &event, 1, 1000);
		close(epoll);
	}
}

static void *connecting(void *way)
{
	struct sockaddr_in to = look_up();

	for (int i = 0; i < rounds; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1;
		socklen_t len = sizeof error;

		(void)connect(fd, (struct sockaddr *)&to, sizeof to);
		/* Every other one is closed while it is in progress. */
		if ((i + (long)way) % 2 == 0) {
			wait_for(fd, (long)way);
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
			connected += error == 0 && send(fd, "x", 1, MSG_NOSIGNAL) == 1;
			if (i % 4 == 0)
				shutdown(fd, SHUT_RDWR);
		}
		close(fd);
	}
	waiting--;
	return NULL;
}

static void *looking_up(void *unused)
{
	while (waiting)
		look_up();
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS + 1];

	if (argc != 4)
		die("storm NAME PORT ROUNDS");
	name = argv[1];
	port = argv[2];
	rounds = atoi(argv[3]);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, connecting, (void *)i);
	pthread_create(&threads[THREADS], NULL, looking_up, NULL);
	for (int i = 0; i <= THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%d connected\n", connected);
	return 0;
}

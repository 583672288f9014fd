/* by_name_many COUNT NAME: COUNT connects to NAME, port 7000, are in progress, in an epoll set. Once all of
 * them wait for their answers only, calls epoll_wait() with a timeout of 0 a hundred times and closes one,
 * between two calls of sched_yield(), for strace(1). It has copied another socket before. */
#define _GNU_SOURCE
#include "common.h"

#include <netdb.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	const struct rlimit files = {8000, 8000};
	struct epoll_event event;
	struct addrinfo *list;
	int set = epoll_create1(0), fd = -1;

	if (argc != 3 || getaddrinfo(argv[2], "7000", &hints, &list) != 0)
		return 2;
	alarm(60);
	setrlimit(RLIMIT_NOFILE, &files);
	close(dup(socket(AF_INET, SOCK_STREAM, 0)));
	for (int i = 0; i < atoi(argv[1]); i++) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		event = (struct epoll_event){.events = EPOLLOUT, .data.fd = fd};
		if (connect(fd, list->ai_addr, list->ai_addrlen) == 0 || errno != EINPROGRESS)
			die("connect");
		epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
	}
	/* The other address of each is begun after the delay. */
	if (epoll_wait(set, &event, 1, 1000) != 0)
		die("epoll_wait");
	syscall(SYS_sched_yield);
	for (int i = 0; i < 100; i++)
		epoll_wait(set, &event, 1, 0);
	close(fd);
	syscall(SYS_sched_yield);
	printf("waited\n");
	return 0;
}

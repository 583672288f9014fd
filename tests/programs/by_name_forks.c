/* by_name_forks CASE NAME: children of fork() while connects to NAME are in progress, port 7000.
 *   close      another thread begins connects; each child closes a descriptor and ends
 *   handler    another thread allocates memory, and is interrupted by a handler that closes a descriptor
 * Prints how many forks there were; SIGALRM ends it once 10 s have passed without one. */
#define _GNU_SOURCE
#include "common.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FORKS = 4000 };

static struct sockaddr_in to;
static _Atomic int forks;

static int on_its_way(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	connect(fd, (const struct sockaddr *)&to, sizeof to);
	return fd;
}

static void *connecting(void *unused)
{
	while (forks < FORKS) {
		close(on_its_way());
		usleep(100);
	}
	return unused;
}

static void *allocating(void *unused)
{
	while (forks < FORKS) {
		void *volatile small = malloc(3000), *volatile large = malloc(200000);

		free(small);
		free(large);
	}
	return unused;
}

static void *forking(void *unused)
{
	for (; forks < FORKS; forks++) {
		pid_t child = fork();

		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(0);
			_exit(0);
		}
		waitpid(child, NULL, 0);
		alarm(10);
	}
	return unused;
}

static void on_signal(int number)
{
	(void)number;
	close(-1);
}

int main(int argc, char **argv)
{
	const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list;
	pthread_t other, forker;

	if (argc != 3 || getaddrinfo(argv[2], "7000", &hints, &list) != 0)
		return 2;
	memcpy(&to, list->ai_addr, sizeof to);
	freeaddrinfo(list);
	alarm(10);
	if (strcmp(argv[1], "close") == 0) {
		pthread_create(&other, NULL, connecting, NULL);
		forking(NULL);
	} else {
		signal(SIGUSR1, on_signal);
		on_its_way();
		pthread_create(&other, NULL, allocating, NULL);
		pthread_create(&forker, NULL, forking, NULL);
		while (forks < FORKS) {
			pthread_kill(other, SIGUSR1);
			usleep(300);
		}
		pthread_join(forker, NULL);
	}
	pthread_join(other, NULL);
	printf("forks %d\n", forks);
	return 0;
}

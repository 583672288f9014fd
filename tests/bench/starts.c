/* starts SECONDS [NAME=VALUE]... COMMAND...: starts COMMAND, with NAME=VALUE in its environment, again and
 * again for SECONDS. Prints the microseconds that each took, from posix_spawn(), which does not copy this
 * process, to its end. */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void start(char **command)
{
	pid_t pid;
	int status, error = posix_spawnp(&pid, *command, NULL, NULL, command, environ);

	if (error || waitpid(pid, &status, 0) != pid || status) {
		fprintf(stderr, "starts: %s: %s\n", *command, error ? strerror(error) : "it failed");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	double seconds = argc > 2 ? atof(argv[1]) : -1, from, passed;
	int count = 0;

	for (argv += 2; seconds >= 0 && *argv && strchr(*argv, '='); argv++)
		putenv(*argv);
	if (seconds < 0 || !*argv) {
		fprintf(stderr, "usage: starts SECONDS [NAME=VALUE]... COMMAND...\n");
		return 2;
	}
	from = now();
	do {
		start(argv);
		count++;
		passed = now() - from;
	} while (passed < seconds);
	printf("%.1f\n", passed * 1e6 / count);
	return 0;
}

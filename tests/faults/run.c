/* Runs a scenario in a process of its own, and checks what it leaves behind. */
#define _GNU_SOURCE
#include "sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A run that takes longer hangs. */
enum { SECONDS = 5, FIRST_PORT = 10000, LAST_PORT = 30000 };

in_port_t port = FIRST_PORT;

static int count_entries(const char *directory)
{
	char buffer[4096];
	int fd = (int)syscall(SYS_openat, AT_FDCWD, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0),
	    count = 0;
	long size;

	while ((size = syscall(SYS_getdents64, fd, buffer, sizeof buffer)) > 0)
		for (long at = 0; at < size; count++)
			at += ((const struct dirent64 *)(const void *)(buffer + at))->d_reclen;
	(void)syscall(SYS_close, fd);
	return count;
}

/* A look-up that nobody waits for any more may still run. */
static bool one_thread_left(void)
{
	const struct timespec moment = {0, 1000000};

	for (int i = 0; i < 2000 && count_entries("/proc/self/task") > 3; i++)
		(void)syscall(SYS_nanosleep, &moment, NULL);
	return count_entries("/proc/self/task") == 3;
}

static void run_scenario(const struct scenario *s)
{
	sigset_t before, after;
	int descriptors, cancel;

	(void)pthread_sigmask(SIG_BLOCK, NULL, &before);
	descriptors = count_entries("/proc/self/fd");
	s->run();
	page->row = NO_ROW;
	if (!one_thread_left())
		say("threads", "left over");
	descriptors = count_entries("/proc/self/fd") - descriptors;
	say("descriptors", descriptors ? "%d more than before" : "as before", descriptors);
	(void)pthread_sigmask(SIG_BLOCK, NULL, &after);
	(void)pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancel);
	say("thread", "%s, %s", memcmp(&before, &after, 8) == 0 ? "signals as before" : "signals blocked",
	    cancel == PTHREAD_CANCEL_ENABLE ? "can be cancelled" : "can't be cancelled");
}

int run_in_child(const struct scenario *s)
{
	int status = -1;
	pid_t child;

	memset(page->counts, 0, sizeof page->counts);
	page->own = page->connecting = NO_ROW;
	page->fired = page->fired_own = false;
	page->used = 0;
	page->text[0] = '\0';
	port = port == LAST_PORT ? FIRST_PORT : port + 1;
	(void)fflush(stdout);
	child = fork();
	if (child == 0) {
		/* Its children are ended with it. */
		(void)setpgid(0, 0);
		(void)alarm(SECONDS);
		run_scenario(s);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child) {
		perror("sweep");
		exit(2);
	}
	(void)kill(-child, SIGKILL);
	return status;
}

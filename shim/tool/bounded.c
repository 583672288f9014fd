#define _GNU_SOURCE
#include "tool/bounded.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool/keep.h"

/* Reads until the end. Returns 0 or a negative errno. */
static int collect(int fd, char *output)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t used = 0;
	ssize_t n;

	do {
		/* A child of the child has no alarm, and may hold the pipe open. */
		if (poll(&p, 1, 2000 * BOUNDED_SECONDS) < 1)
			return -ETIMEDOUT;
		n = read(fd, output + used, BOUNDED_OUTPUT - used);
		if (n < 0 && errno != EINTR)
			return -errno;
		used += n > 0 ? (size_t)n : 0;
	} while (n && used < BOUNDED_OUTPUT);
	return n ? -E2BIG : 0;
}

/* The child's side. It never returns. */
__attribute__((noreturn)) static void serve(int out, int (*work)(void *), void *arg)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t alarms;

	/* The alarm survives execve(2). */
	(void)sigemptyset(&alarms);
	(void)sigaddset(&alarms, SIGALRM);
	(void)signal(SIGALRM, SIG_DFL);
	(void)sigprocmask(SIG_UNBLOCK, &alarms, NULL);
	(void)alarm(BOUNDED_SECONDS);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0)
		_exit(126);
	_exit(work(arg));
}

int bounded_run(int (*work)(void *), void *arg, char **output)
{
	int ends[2], status = 0, error;
	pid_t child;

	*output = NULL;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	child = fork();
	if (child < 0) {
		error = -errno;
		close(ends[0]);
		close(ends[1]);
		return error;
	}
	if (child == 0)
		serve(ends[1], work, arg);
	close(ends[1]);
	*output = keep(BOUNDED_OUTPUT + 1); /* untouched pages cost nothing */
	error = collect(ends[0], *output);
	close(ends[0]);
	if (error)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!error && !WIFEXITED(status))
		error = WTERMSIG(status) == SIGALRM ? -ETIMEDOUT : -EINTR;
	if (error) {
		*output = NULL;
		return error;
	}
	return WEXITSTATUS(status);
}

int bounded_execute(void *arg)
{
	char *const *argv = arg;
	const char *path = getenv("PATH");

	path = keep_format("%s:/usr/sbin:/sbin", path && *path ? path : "/usr/bin:/bin");
	if (setenv("PATH", path, 1) != 0 || setenv("LC_ALL", "C", 1) != 0)
		return 126;
	execvp(argv[0], argv);
	return 127;
}

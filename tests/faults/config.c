#define _GNU_SOURCE
#include "scenarios.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The library is loaded, with the sweep's configuration and environment. The hook for execve() would hand on
 * what the library has read and generated already, so it is not called. */
static void start(void)
{
	char *args[] = {(char *)self, "serve", NULL, NULL, NULL, NULL};
	char at[12];
	int status;
	pid_t child = fork();

	(void)snprintf(at, sizeof at, "%u", port);
	args[2] = at;
	args[3] = getenv("INJECT");
	if (child == 0) {
		(void)syscall(SYS_execve, self, args, environ);
		_exit(1);
	}
	if (waitpid(child, &status, 0) == child)
		say("child", "%d", status);
}

const struct scenario config_scenarios[] = {
    {"start", start, {"SO_DONTROUTE: *", "SO_DOMAIN value: 10", "ioctl: *"}, false},
    {NULL, NULL, {NULL}, false},
};

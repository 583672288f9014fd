#define _GNU_SOURCE
#include "scenarios.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A daemon that has cleaned its environment executes a child, which accepts from a listener that it inherits.
 * EXECUTE starts it. */
static void inherit(pid_t (*execute)(char **args))
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), status = 0;
	char number[12], at[12], file[1024];
	char *args[] = {(char *)self, "accept", number, at, file, NULL};
	const char *error = "ok";
	pid_t child;

	(void)snprintf(number, sizeof number, "%d", fd);
	(void)snprintf(at, sizeof at, "%u", port);
	(void)snprintf(file, sizeof file, "%s", getenv("INJECT") ? getenv("INJECT") : "");
	if (bind_to("bind", fd, "0.0.0.0") && listen_on("listen", fd)) {
		errno = 0;
		child = execute(args);
		if (child < 0)
			error = strerrorname_np(errno);
		else if (waitpid(child, &status, 0) != child || status)
			error = "it has failed";
		/* Not before: a child of fork() may not have come to its call yet. */
		page->own = NO_ROW;
		say("child", "%s", error);
		(void)visit("IPv4", IN, fd, SPACE);
	}
	close_it("listener", fd);
}

static char *none[] = {NULL};

static pid_t fork_and(enum row own, int (*execute)(char **args), char **args)
{
	pid_t child = fork();

	if (child == 0) {
		begin(own);
		(void)ended("exec", execute(args));
		_exit(0);
	}
	return child;
}

static int call_execve(char **args)
{
	return execve(self, args, none);
}

static int call_execvp(char **args)
{
	environ = none;
	return execvp(self, args);
}

static pid_t by_execve(char **args)
{
	return fork_and(ROW_execve, call_execve, args);
}

static pid_t by_execvp(char **args)
{
	return fork_and(ROW_execvpe, call_execvp, args);
}

static pid_t by_spawn(char **args)
{
	pid_t child;

	begin(ROW_posix_spawn);
	errno = posix_spawn(&child, self, NULL, NULL, args, none);
	return errno ? -1 : child;
}

static pid_t by_spawnp(char **args)
{
	pid_t child;

	begin(ROW_posix_spawnp);
	errno = posix_spawnp(&child, self, NULL, NULL, args, none);
	return errno ? -1 : child;
}

static void inherit_execve(void)
{
	inherit(by_execve);
}

static void inherit_execvp(void)
{
	inherit(by_execvp);
}

static void inherit_spawn(void)
{
	inherit(by_spawn);
}

static void inherit_spawnp(void)
{
	inherit(by_spawnp);
}

int scenario_child(char **args)
{
	if (strcmp(args[0], "accept") == 0) {
		int fd = atoi(args[1]);

		port = (in_port_t)atoi(args[2]);
		(void)visit("IPv4 by child", IN, fd, SPACE);
		(void)visit("IPv6 by child", IN6, fd, SPACE);
		return 0;
	}
	port = (in_port_t)atoi(args[1]);
	tcp_server();
	return 0;
}

const struct scenario process_scenarios[] = {
    {"inherit-execve", inherit_execve, {NULL}, false},
    {"inherit-execvp", inherit_execvp, {NULL}, false},
    {"inherit-spawn", inherit_spawn, {NULL}, false},
    {"inherit-spawnp", inherit_spawnp, {NULL}, false},
    {NULL, NULL, {NULL}, false},
};

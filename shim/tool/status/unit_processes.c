/* The part of processes.h that concerns systemd. */
#define _GNU_SOURCE
#include "tool/status/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool/status/processes_inner.h"

/* systemd.unit(5) has these types. */
static const char *const types[] = {".service", ".socket", ".device", ".mount", ".automount", ".swap",
				    ".target",  ".path",   ".timer",  ".slice", ".scope"};

enum { NAME_MOST = 255 };

static bool has_type(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
		if (strcmp(dot, types[i]) == 0)
			return true;
	return false;
}

bool processes_unit_valid(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";
	size_t length = strlen(name);

	return length && name[0] != '-' && !name[strspn(name, allowed)] &&
	       length + (has_type(name) ? 0 : strlen(types[0])) <= NAME_MOST;
}

/* Starts systemctl, without a shell. Its standard output can be read from the descriptor returned, or it is
 * a negative errno. What it has to complain of is not shown: the caller has a line of its own. */
static int start(char *unit, pid_t *pid)
{
	char *const args[] = {"systemctl", "show", "--property=LoadState", "--property=ControlGroup", "--",
			      unit,        NULL};
	posix_spawn_file_actions_t actions;
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	if (posix_spawn_file_actions_init(&actions) != 0)
		abort();
	(void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	(void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	error = posix_spawnp(pid, args[0], &actions, NULL, args, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (error) {
		close(ends[0]);
		return -error;
	}
	return ends[0];
}

/* What is behind NAME and "=" in LINE, without the newline; or NULL. */
static char *value_of(char *line, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(line, name, length) != 0 || line[length] != '=')
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return line + length + 1;
}

/* Asks systemd for the control group of UNIT, relative to the hierarchy's root, into GROUP of PATH_MAX bytes.
 * "" where it has none. Negative results as processes_unit()'s. */
static int ask(char *unit, char *group)
{
	char line[PATH_MAX + 64];
	bool known = false;
	int status, fd;
	FILE *from;
	pid_t pid = -1;

	*group = '\0';
	fd = start(unit, &pid);
	if (fd < 0)
		return fd == -ENOENT ? -ENOSYS : -EIO;
	from = fdopen(fd, "r");
	if (!from)
		abort();
	while (fgets(line, sizeof line, from)) {
		const char *load = value_of(line, "LoadState"), *path = value_of(line, "ControlGroup");

		known |= load && strcmp(load, "not-found") != 0;
		if (path && strlen(path) < PATH_MAX)
			memcpy(group, path, strlen(path) + 1);
	}
	(void)fclose(from);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -EIO;
	/* posix_spawnp() of a C library without vfork() can't tell (posix_spawn(3)). */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return -ENOSYS;
	if (status)
		return -EIO;
	return known ? 0 : -ENOENT;
}

static struct processes *gathered; /* nftw(3) hands nothing on */

/* Processes outside of the reader's pid namespace are 0 (pid_namespaces(7)). */
static int gather(const char *path, const struct stat *about, int type, struct FTW *where)
{
	FILE *file;
	char line[32];

	(void)about;
	if (type != FTW_F || strcmp(path + where->base, "cgroup.procs") != 0)
		return 0;
	file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file))
		if (strtol(line, NULL, 10) > 0)
			processes_add(gathered, (pid_t)strtol(line, NULL, 10));
	if (file)
		(void)fclose(file);
	return 0;
}

/* systemd keeps processes in the unified hierarchy or in one of its own, "systemd", beside which there may
 * be a unified one for controllers alone (systemd's docs/CGROUP_DELEGATION.md, "Three Different Tree
 * Setups"). */
static void look_in(const char *group, struct processes *found)
{
	static const char *const roots[] = {"/systemd", "/unified", ""};
	char path[PATH_MAX + 64];

	gathered = found;
	for (size_t i = 0; i < sizeof roots / sizeof *roots && !found->count; i++) {
		(void)snprintf(path, sizeof path, "/sys/fs/cgroup%s%s", roots[i], group);
		(void)nftw(path, gather, 16, FTW_PHYS);
	}
}

int processes_unit(const char *name, struct processes *found)
{
	char unit[NAME_MOST + 1], group[PATH_MAX];
	int result;

	*found = (struct processes){NULL, 0};
	if (!processes_unit_valid(name))
		return -ENOENT;
	(void)snprintf(unit, sizeof unit, "%s%s", name, has_type(name) ? "" : types[0]);
	result = ask(unit, group);
	if (result)
		return result;
	if (*group == '/')
		look_in(group, found);
	if (!found->count)
		return -ESRCH;
	qsort(found->list, found->count, sizeof *found->list, processes_compare);
	return 0;
}

#define _GNU_SOURCE
#include "tool/status/status.h"

#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/keep.h"
#include "tool/systemctl.h"

static FILE *open_of(pid_t pid, const char *file)
{
	char path[64];

	(void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	return fopen(path, "re");
}

static void take_name(struct process *process)
{
	FILE *file = open_of(process->pid, "comm");
	size_t size = file ? fread(process->name, 1, sizeof process->name - 1, file) : 0;

	if (file)
		(void)fclose(file);
	process->name[size] = '\0';
	process->name[strcspn(process->name, "\n")] = '\0';
	for (char *c = process->name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
}

/* Puts PID at the end of the list, unless it is the caller. If it has ended meanwhile, it has no name. */
static void add(struct processes *found, pid_t pid)
{
	if (pid == getpid())
		return;
	found->list = keep_grow(found->list, found->count, sizeof *found->list);
	found->list[found->count].pid = pid;
	take_name(&found->list[found->count++]);
}

/* By number, for qsort(3). */
static int compare(const void *a, const void *b)
{
	pid_t one = ((const struct process *)a)->pid, other = ((const struct process *)b)->pid;

	return (one > other) - (one < other);
}

/* Adds the children of PID, which its threads have (proc_pid_task(5)). */
static void add_children(struct processes *found, pid_t pid)
{
	glob_t files;
	char path[64];
	int child;

	(void)snprintf(path, sizeof path, "/proc/%d/task/*/children", (int)pid);
	if (glob(path, 0, NULL, &files) != 0)
		return;
	for (size_t i = 0; i < files.gl_pathc; i++) {
		FILE *file = fopen(files.gl_pathv[i], "re");

		/* NOLINTNEXTLINE(cert-err34-c) -- the kernel writes no number that is too large */
		while (file && fscanf(file, "%d", &child) == 1)
			add(found, child);
		if (file)
			(void)fclose(file);
	}
	globfree(&files);
}

int processes_tree(pid_t pid, struct processes *found)
{
	char path[64], program[8];

	*found = (struct processes){.list = NULL};
	(void)snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
	/* A zombie has none. */
	if (readlink(path, program, sizeof program) >= 0 || errno != ENOENT)
		add(found, pid);
	for (size_t i = 0; i < found->count; i++)
		add_children(found, found->list[i].pid);
	if (!found->count)
		return -ESRCH;
	qsort(found->list + 1, found->count - 1, sizeof *found->list, compare);
	return 0;
}

static struct processes *gathered; /* nftw(3) passes no argument */

/* Processes outside of the reader's pid namespace are listed as 0 (pid_namespaces(7)). */
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
			add(gathered, (pid_t)strtol(line, NULL, 10));
	if (file)
		(void)fclose(file);
	return 0;
}

/* systemd keeps processes in the unified hierarchy, or in its own one, "systemd", with or without a unified
 * one beside it (systemd's docs/CGROUP_DELEGATION.md, "Three Different Tree Setups"). */
static void look_in(const char *group, struct processes *found)
{
	static const char *const roots[] = {"/systemd", "/unified", ""};
	char path[PATH_MAX];

	gathered = found;
	for (size_t i = 0; i < sizeof roots / sizeof *roots && !found->count; i++) {
		(void)snprintf(path, sizeof path, "/sys/fs/cgroup%s%s", roots[i], group);
		(void)nftw(path, gather, 16, FTW_PHYS);
	}
}

int processes_unit(const char *unit, struct processes *found)
{
	struct texts answer;
	int result = systemctl_show(unit, "LoadState,ControlGroup,Environment", false, &answer);
	const char *load = systemctl_first(&answer, "LoadState");
	const char *group = systemctl_first(&answer, "ControlGroup");

	*found = (struct processes){
	    .wanted = strstr(systemctl_first(&answer, "Environment"), "/libdualstack.so") != NULL};
	if (result)
		return result;
	if (!*load || strcmp(load, "not-found") == 0)
		return -ENOENT;
	if (*group == '/')
		look_in(group, found);
	if (!found->count)
		return -ESRCH;
	qsort(found->list, found->count, sizeof *found->list, compare);
	return 0;
}

int processes_has_library(pid_t pid)
{
	FILE *maps = open_of(pid, "maps");
	char *line = NULL;
	size_t room = 0;
	int result = maps ? 0 : -errno;

	while (maps && result == 0 && getline(&line, &room, maps) > 0)
		result = strstr(line, "/libdualstack.so") != NULL;
	free(line);
	if (maps)
		(void)fclose(maps);
	return result == -ENOENT ? -ESRCH : result;
}

bool processes_asked_for_library(pid_t pid)
{
	static const char preload[] = "LD_PRELOAD=";
	FILE *file = open_of(pid, "environ");
	char *variable = NULL;
	size_t room = 0;
	bool found = false;

	while (file && !found && getdelim(&variable, &room, '\0', file) > 0)
		found =
		    strncmp(variable, preload, strlen(preload)) == 0 && strstr(variable, "/libdualstack.so");
	free(variable);
	if (file)
		(void)fclose(file);
	return found;
}

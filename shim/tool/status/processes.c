#define _GNU_SOURCE
#include "tool/status/processes.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/keep.h"
#include "tool/systemctl.h"

struct entry {
	pid_t pid, parent;
	bool found;
};

static FILE *open_of(pid_t pid, const char *file)
{
	char path[64];

	(void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	return fopen(path, "re");
}

/* Returns the parent of PID, and its *STATE. The name in parentheses may hold anything (proc_pid_stat(5)). */
static pid_t parent_of(pid_t pid, char *state)
{
	FILE *file = open_of(pid, "stat");
	char line[512];
	size_t size = file ? fread(line, 1, sizeof line - 1, file) : 0;
	const char *end;
	int parent = -1;

	if (file)
		(void)fclose(file);
	line[size] = '\0';
	end = strrchr(line, ')');
	/* NOLINTNEXTLINE(cert-err34-c) -- the kernel writes no number that is too large */
	if (!end || sscanf(end + 1, " %c %d", state, &parent) != 2)
		return -1;
	return parent;
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

/* Lists every process that has not ended (state Z). */
static size_t all(struct entry **list)
{
	DIR *proc = opendir("/proc");
	const struct dirent *name;
	size_t count = 0;

	while (proc && (name = readdir(proc)) != NULL) {
		struct entry entry = {.pid = (pid_t)strtol(name->d_name, NULL, 10)};
		char state = 'Z';

		if (entry.pid <= 0)
			continue;
		entry.parent = parent_of(entry.pid, &state);
		if (state == 'Z' || state == 'X')
			continue;
		*list = keep_grow(*list, count, sizeof **list);
		(*list)[count++] = entry;
	}
	if (proc)
		closedir(proc);
	return count;
}

static bool is_found(const struct entry *list, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].pid == pid)
			return list[i].found;
	return false;
}

/* A child may have a lower number than its parent, so it goes on until there is nobody new. */
int processes_tree(pid_t pid, struct processes *found)
{
	struct entry *list = NULL;
	size_t count = all(&list);
	bool more = true;

	*found = (struct processes){NULL, 0};
	for (size_t i = 0; i < count; i++)
		if (list[i].pid == pid) {
			list[i].found = true;
			add(found, pid);
		}
	while (found->count && more) {
		more = false;
		for (size_t i = 0; i < count; i++) {
			if (list[i].found || !is_found(list, count, list[i].parent))
				continue;
			list[i].found = more = true;
			add(found, list[i].pid);
		}
	}
	if (!found->count)
		return -ESRCH;
	qsort(found->list + 1, found->count - 1, sizeof *found->list, compare);
	return 0;
}

static struct processes *gathered; /* nftw(3) hands nothing on */

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
	int result = systemctl_show(unit, "LoadState,ControlGroup", false, &answer);
	const char *load = systemctl_first(&answer, "LoadState");
	const char *group = systemctl_first(&answer, "ControlGroup");

	*found = (struct processes){NULL, 0};
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

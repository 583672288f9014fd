#define _GNU_SOURCE
#include "tool/status/processes.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/status/processes_inner.h"

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

/* The parent of PID, and its state. The name in parentheses may hold anything (proc_pid_stat(5)). */
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

void processes_add(struct processes *found, pid_t pid)
{
	struct process *list;

	if (pid == getpid())
		return;
	list = realloc(found->list, (found->count + 1) * sizeof *list);
	if (!list)
		abort();
	found->list = list;
	list[found->count].pid = pid;
	take_name(&list[found->count++]);
}

int processes_compare(const void *a, const void *b)
{
	pid_t one = ((const struct process *)a)->pid, other = ((const struct process *)b)->pid;

	return (one > other) - (one < other);
}

/* Every process that is not one that has ended (state Z). */
static size_t all(struct entry **list)
{
	DIR *proc = opendir("/proc");
	const struct dirent *name;
	size_t count = 0, room = 0;

	while (proc && (name = readdir(proc)) != NULL) {
		struct entry entry = {.pid = (pid_t)strtol(name->d_name, NULL, 10)};
		char state = 'Z';

		if (entry.pid <= 0)
			continue;
		entry.parent = parent_of(entry.pid, &state);
		if (state == 'Z' || state == 'X')
			continue;
		if (count == room) {
			room = room ? 2 * room : 256;
			*list = realloc(*list, room * sizeof **list);
			if (!*list)
				abort();
		}
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

/* A child may have a lower number than its parent: again until there is nobody new. */
int processes_tree(pid_t pid, struct processes *found)
{
	struct entry *list = NULL;
	size_t count = all(&list);
	bool more = true;

	*found = (struct processes){NULL, 0};
	for (size_t i = 0; i < count; i++)
		if (list[i].pid == pid) {
			list[i].found = true;
			processes_add(found, pid);
		}
	while (found->count && more) {
		more = false;
		for (size_t i = 0; i < count; i++) {
			if (list[i].found || !is_found(list, count, list[i].parent))
				continue;
			list[i].found = more = true;
			processes_add(found, list[i].pid);
		}
	}
	free(list);
	if (!found->count)
		return -ESRCH;
	qsort(found->list + 1, found->count - 1, sizeof *found->list, processes_compare);
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

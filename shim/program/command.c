#define _GNU_SOURCE
#include "program/findings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program/elf.h"
#include "program/script.h"

enum { SCRIPTS = 4 }; /* interpreters of interpreters that the kernel follows */

/* The way from a command to the program that the kernel executes in the end. */
struct walk {
	struct findings *f;
	char path[PATH_MAX]; /* the current file */
	char way[4 * PATH_MAX];
	unsigned scripts; /* so far */
	bool by_name;     /* by execvp(3), which gives files of unknown format to the shell */
};

/* Returns 0, -EACCES, or -ENOENT, which also means that the caller may not enter a directory on the way. */
static int executable(const char *path)
{
	struct stat s;

	if (stat(path, &s) != 0)
		return -ENOENT;
	return S_ISREG(s.st_mode) && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : -EACCES;
}

/* Finds NAME as execvp(3) does. A name without a slash is looked up in the variable PATH, past files that
 * can't be executed; PATH is one of these if there is no other. */
static int find(const char *name, char path[PATH_MAX])
{
	const char *dirs = getenv("PATH");
	int result = -ENOENT;

	if (!*name || strlen(name) >= PATH_MAX)
		return -ENOENT;
	if (strchr(name, '/')) {
		(void)snprintf(path, PATH_MAX, "%s", name);
		return executable(path);
	}
	for (dirs = dirs ? dirs : "/usr/bin:/bin";; dirs++) {
		int size = (int)strcspn(dirs, ":"), error = -ENOENT;
		char one[PATH_MAX];

		if (snprintf(one, PATH_MAX, "%.*s/%s", size ? size : 1, size ? dirs : ".", name) < PATH_MAX)
			error = executable(one);
		if (error == 0 || (error == -EACCES && result == -ENOENT)) {
			stpcpy(path, one);
			result = error;
		}
		dirs += size;
		if (!*dirs || result == 0)
			return result;
	}
}

int command_find(const char *name, const char **file)
{
	static char path[PATH_MAX];

	*file = path;
	return find(name, path);
}

static const char *reason(int error)
{
	return error == -ENOENT ? "not found" : "not an executable file";
}

/* One finding covers all scripts on the way. Returns false. */
static bool fail(struct walk *w, const char *advice, const char *why)
{
	if (w->scripts)
		findings_add(w->f, "script", FINDING_FAIL, advice, "run by %s: %s", w->way, why);
	else
		findings_add(w->f, "command", FINDING_FAIL, advice, "%s: %s", w->path, why);
	return false;
}

/* Goes on to the program that a script names. */
static bool go_to(struct walk *w, const char *name, bool by_name)
{
	size_t used = strlen(w->way);
	int error;

	if (!w->scripts++)
		findings_add(w->f, "command", FINDING_OK, "", "%s", w->path);
	(void)snprintf(w->way + used, sizeof w->way - used, "%s%s", used ? ", " : "", name);
	w->by_name = by_name;
	if (by_name)
		error = find(name, w->path);
	else
		error = executable(memcpy(w->path, name, strlen(name) + 1));
	return !error ||
	       fail(w, "Install the interpreter, or correct the first line of the script.", reason(error));
}

/* The next step from the file FD, which is no ELF file. */
static bool follow(struct walk *w, int fd)
{
	struct script s;
	ssize_t size = pread(fd, s.line, SCRIPT_LINE, 0);
	int error = size < 0 ? -EBADMSG : script_parse(&s, (size_t)size);

	if (error == -ENOEXEC && w->by_name)
		return go_to(w, "/bin/sh", false);
	if (error)
		return fail(w, "See file(1); where binfmt_misc gives it to an interpreter, check that one.",
			    "neither an ELF program nor a script");
	if (w->scripts >= SCRIPTS)
		return fail(w, "Name the program itself.", "more scripts behind it than the kernel follows");
	if (!go_to(w, s.interpreter, false))
		return false;
	if (s.options)
		findings_add(w->f, "script", FINDING_UNKNOWN, "Check the program itself.",
			     "run by %s with options, which are not read", w->way);
	if (s.options)
		return false;
	return !s.name || go_to(w, s.name, true);
}

/* A shell script is as dual-stack as the programs that it starts. Names of shells end in "sh". */
static bool is_shell(const char *path)
{
	size_t size = strlen(path);

	return size > 2 && strcmp(path + size - 2, "sh") == 0;
}

static void arrive(struct walk *w, int fd, const struct elf *e)
{
	if (!w->scripts)
		findings_add(w->f, "command", FINDING_OK, "", "%s", w->path);
	else if (is_shell(w->path))
		findings_add(w->f, "script", FINDING_NOTE,
			     "What the script starts is preloaded as well; check that, too.", "run by %s",
			     w->way);
	else
		findings_add(w->f, "script", FINDING_OK, "", "run by %s, which decides", w->way);
	program_findings(w->f, fd, e);
}

/* Looks at one file on the way. Returns true if there is another. */
static bool walk_on(struct walk *w)
{
	/* The file may have become a FIFO; O_NONBLOCK keeps open() from waiting. */
	int fd = open(w->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct elf e;
	int error = fd < 0 ? -errno : elf_read(fd, &e);
	bool more = false;

	if (error == 0)
		arrive(w, fd, &e);
	else if (error == -ENOEXEC)
		more = follow(w, fd);
	else if (error == -EBADMSG)
		fail(w, "Install it anew.", "a damaged ELF file, or not a program");
	else
		findings_add(w->f, w->scripts ? "script" : "command", FINDING_UNKNOWN,
			     "Call --check as root, or as the service's user.", "%s: can't be read (%s)",
			     w->path, strerror(-error));
	if (fd >= 0)
		close(fd);
	return more;
}

void command_known(struct findings *f, const char *path)
{
#define KNOWN(name, found, advice) {name, found, advice},
	static const struct {
		const char *name, *found, *advice;
	} programs[] = {
#include "program/known.def"
	};
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (strcmp(programs[i].name, name) == 0)
			findings_add(f, "known", FINDING_NOTE, programs[i].advice, "%s %s", name,
				     programs[i].found);
}

void command_findings(struct findings *f, const char *name)
{
	struct walk w = {.f = f, .by_name = true};
	int error = find(name, w.path);

	if (error) {
		findings_add(f, "command", FINDING_FAIL,
			     error == -ENOENT ? "Install it, or name its file." : "Name a program.",
			     "'%s': %s", name, reason(error));
		return;
	}
	command_known(f, w.path);
	while (walk_on(&w))
		continue;
}

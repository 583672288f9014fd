#define _GNU_SOURCE
#include "tool/arguments.h"
#include "tool/library.h"
#include "tool/tool.h"
#include "tool/unit_name.h"
#include "tool/units/unit.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct request {
	bool user, runtime, dry_run;
	const char *root; /* "" for this system, no slash at the end */
	const char *name;
	struct texts directories; /* of units */
	const char *directory;    /* the one of them where our drop-in goes */
};

/* Our drop-in of a unit. */
struct target {
	const char *directory, *path;
	const char *full; /* with the root in front */
	const char *text; /* what it holds; NULL if it is not there */
};

static void take_root(void *to, const char *directory)
{
	struct request *request = to;
	static char root[PATH_MAX];

	if (!*directory)
		tool_fail("--root: no directory, expected --root=DIR");
	if (!realpath(directory, root))
		tool_fail("--root=%s: %s, expected a directory", directory, strerror(errno));
	request->root = strcmp(root, "/") == 0 ? "" : root;
}

/* From here on, links lead nowhere outside of the root. chroot(2) is root's; others need a user namespace. */
static void enter_root(const char *root)
{
	if (*root &&
	    (chdir(root) != 0 || (geteuid() != 0 && unshare(CLONE_NEWUSER) != 0) || chroot(".") != 0))
		tool_fail("--root=%s: %s, expected a directory, and root as the caller", root,
			  strerror(errno));
}

/* The service that ARGUMENT, as typed, names. */
static const char *service_name(const char *argument)
{
	const char *name = unit_name(argument), *type = unit_name_type(argument);

	if (!name)
		tool_fail("'%.64s': not a unit's name, expected one such as dovecot.service, not a path",
			  argument);
	if (!unit_name_is_service(name))
		tool_fail("%s: a %s unit runs no program, expected a service such as dovecot.service",
			  argument, type + 1);
	return name;
}

static void take_arguments(struct request *request, int argc, char **argv)
{
	const struct argument_option options[] = {
	    {"--root", request, take_root},         {"--root=", request, take_root},
	    {"--user", &request->user, NULL},       {"--runtime", &request->runtime, NULL},
	    {"--dry-run", &request->dry_run, NULL}, {NULL, NULL, NULL}};
	const char *name;

	*request = (struct request){.root = ""};
	if (!arguments_take(argc, argv, options, "--user, --root=DIR, --runtime or --dry-run", &name, 1))
		tool_fail("--%s: no unit, expected one such as dovecot.service", argv[0]);
	request->name = service_name(name);
	request->directories = unit_directories(request->user);
	request->directory = unit_directory(request->user, request->runtime);
}

__attribute__((noreturn)) static void fail_missing(const struct request *request)
{
	tool_fail("%s: no such unit in %s%s or the other directories of systemd.unit(5)", request->name,
		  request->root, unit_directory(request->user, false));
}

static void find_target(const struct request *request, const char *name, struct target *target)
{
	static char text[65536];
	struct stat st;
	FILE *file;

	target->directory = keep_format("%s/%s.d", request->directory, name);
	target->path = keep_format("%s/" UNIT_DROPIN, target->directory);
	target->full = keep_format("%s%s", request->root, target->path);
	target->text = NULL;
	if (lstat(target->path, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			tool_fail("%s: %s", target->full, strerror(errno));
		return;
	}
	if (S_ISREG(st.st_mode)) {
		file = fopen(target->path, "re");
		if (!file)
			tool_fail("%s: %s", target->full, strerror(errno));
		text[fread(text, 1, sizeof text - 1, file)] = '\0';
		(void)fclose(file);
	}
	target->text = text;
	if (strncmp(text, DROPIN_HEADER, strlen(DROPIN_HEADER)) != 0)
		tool_fail("%s: not written by dualstack-run --enable, left as it is; move it out of the way",
			  target->full);
}

/* Makes what is missing of the directory PATH. */
static void make_directories(const char *path)
{
	for (size_t end = 1; path[end - 1]; end++) {
		const char *part = keep_copy(path, end);

		if ((!path[end] || path[end] == '/') && mkdir(part, 0755) < 0 && errno != EEXIST)
			tool_fail("%s: %s", part, strerror(errno));
	}
}

/* Puts TEXT in place as a whole: systemd finds the old file or the new one, and never the temporary one,
 * whose name does not end in ".conf". */
static void write_target(const struct target *target, const char *text)
{
	char *temporary = keep_format("%s/." UNIT_DROPIN ".XXXXXX", target->directory);
	int fd, failed = 0;

	(void)umask(022);
	make_directories(target->directory);
	fd = mkstemp(temporary);
	if (fd < 0 || dprintf(fd, "%s", text) < 0 || fchmod(fd, 0644) < 0 || fsync(fd) < 0 ||
	    rename(temporary, target->path) < 0)
		failed = errno;
	if (fd >= 0)
		close(fd);
	if (failed) {
		if (fd >= 0)
			(void)unlink(temporary);
		(void)rmdir(target->directory); /* if it is empty */
		tool_fail("%s: %s", target->full, strerror(failed));
	}
}

/* What there is left to do: a restart breaks connections, so that it is the administrator's. */
static void say_next(const struct request *request, const char *name)
{
	const char *user = request->user ? " --user" : "", *template = strstr(name, "@.");

	if (*request->root)
		printf("It takes effect when the system in %s starts the service.\n", request->root);
	else if (template)
		printf("It takes effect with: systemctl%s daemon-reload, and a restart of each instance\n",
		       user);
	else
		printf("It takes effect with: systemctl%s daemon-reload && systemctl%s restart %s\n", user,
		       user, name);
}

int tool_enable(int argc, char **argv)
{
	const char *text;
	struct request request;
	struct unit unit = {0};
	struct target target;
	enum unit_found found;

	take_arguments(&request, argc, argv);
	enter_root(request.root);
	found = unit_find(&request.directories, request.name, &unit.files);
	if (found == UNIT_MISSING)
		fail_missing(&request);
	if (found == UNIT_MASKED)
		tool_fail("%s: masked by %s%s, so that it can't be started; see systemctl unmask",
			  request.name, request.root, unit.files.file);
	unit_read(&unit);
	find_target(&request, unit.files.name, &target);
	text = dropin_text(&unit, library_path());
	if (request.dry_run) {
		printf("# %s\n%s", target.full, text);
	} else if (target.text && strcmp(target.text, text) == 0) {
		printf("%s: already enabled by %s\n", unit.files.name, target.full);
	} else {
		write_target(&target, text);
		printf("%s: enabled by %s\n", unit.files.name, target.full);
		say_next(&request, unit.files.name);
	}
	(void)fflush(stdout);
	warnings_print(&unit, request.root, request.user, library_file());
	return 0;
}

int tool_disable(int argc, char **argv)
{
	struct request request;
	struct unit_files files;
	struct target target;
	enum unit_found found;

	take_arguments(&request, argc, argv);
	enter_root(request.root);
	found = unit_find(&request.directories, request.name, &files);
	find_target(&request, files.name, &target);
	/* A package's unit may be gone while what was written for it is not. */
	if (found == UNIT_MISSING && !target.text)
		fail_missing(&request);
	if (!target.text) {
		printf("%s: not enabled by %s\n", files.name, target.full);
		return 0;
	}
	if (request.dry_run) {
		printf("# %s: to be removed\n", target.full);
		return 0;
	}
	if (unlink(target.path) < 0)
		tool_fail("%s: %s", target.full, strerror(errno));
	if (rmdir(target.directory) < 0 && errno != ENOTEMPTY && errno != EEXIST && errno != EBUSY)
		tool_warn("%s: %s", target.directory, strerror(errno));
	printf("%s: disabled, %s is removed\n", files.name, target.full);
	say_next(&request, files.name);
	return 0;
}

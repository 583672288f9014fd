#define _GNU_SOURCE
#include "program/library.h"
#include "tool/arguments.h"
#include "tool/bounded.h"
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
	const char **names;
	size_t count;
	struct texts settings;    /* for the drop-in: "DUALSTACK_TEXT=ipv6" */
	struct texts directories; /* of units */
	const char *directory;    /* the one of them where our drop-in goes */
};

/* Our drop-in of a unit. */
struct target {
	const char *directory, *path;
	const char *full; /* with the root in front */
	const char *text; /* what it holds; NULL if it is not there */
};

/* The work for one unit. */
struct job {
	enum unit_found found;
	struct unit unit;
	struct target target;
	const char *text; /* of the new drop-in */
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

static void take_set(void *to, const char *setting)
{
	struct request *request = to;

	texts_add(&request->settings, setting);
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
	    {"--root=", request, take_root},        {"--set=", request, take_set},
	    {"--user", &request->user, NULL},       {"--runtime", &request->runtime, NULL},
	    {"--dry-run", &request->dry_run, NULL}, {NULL, NULL, NULL}};

	*request = (struct request){.root = "", .names = keep((size_t)argc * sizeof *request->names)};
	request->count = (size_t)arguments_take(
	    argc, argv, options, "--user, --root=DIR, --runtime or --dry-run", request->names, argc);
	if (!request->count)
		tool_fail("--%s: no unit, expected one such as dovecot.service", argv[0]);
	for (size_t i = 0; i < request->count; i++)
		request->names[i] = service_name(request->names[i]);
	request->directories = unit_directories(request->user);
	request->directory = unit_directory(request->user, request->runtime);
}

__attribute__((noreturn)) static void fail_missing(const struct request *request, const char *name)
{
	tool_fail("%s: no such unit in %s%s or the other directories of systemd.unit(5)", name, request->root,
		  unit_directory(request->user, false));
}

static void find_target(const struct request *request, const char *name, struct target *target)
{
	char *text = keep(65536);
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
		text[fread(text, 1, 65535, file)] = '\0';
		(void)fclose(file);
	}
	target->text = text;
	if (strncmp(text, DROPIN_HEADER, strlen(DROPIN_HEADER)) != 0)
		tool_fail("%s: not written by dualstack-run --enable, left as it is; move it out of the way",
			  target->full);
}

/* Makes the missing parts of the directory PATH. */
static void make_directories(const char *path)
{
	for (size_t end = 1; path[end - 1]; end++) {
		const char *part = keep_copy(path, end);

		if ((!path[end] || path[end] == '/') && mkdir(part, 0755) < 0 && errno != EEXIST)
			tool_fail("%s: %s", part, strerror(errno));
	}
}

/* Replaces the file at once: systemd finds the old file or the new one, and never the temporary one, whose
 * name does not end in ".conf". */
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

/* Has the running service manager read the files anew, as "systemctl edit" does? */
static bool reload(const struct request *request)
{
	const char *argv[] = {"systemctl", request->user ? "--user" : "--system", "daemon-reload", NULL};
	char *output;

	return !*request->root && bounded_run(bounded_execute, argv, &output) == 0;
}

/* Prints what the administrator has to do for COUNT JOBS: a restart breaks connections, so it is left to
 * them. */
static void say_next(const struct request *request, const struct job *jobs)
{
	const char *user = request->user ? " --user" : "", *instances = "", *names = "";
	const char *before = reload(request) ? "" : keep_format("systemctl%s daemon-reload && ", user);

	for (size_t i = 0; i < request->count; i++)
		if (strstr(jobs[i].unit.files.name, "@."))
			instances = keep_format("%s %s", instances, jobs[i].unit.files.name);
		else
			names = keep_format("%s %s", names, jobs[i].unit.files.name);
	if (*request->root)
		printf("It takes effect when the system in %s starts the service.\n", request->root);
	else if (*names)
		printf("It takes effect with: %ssystemctl%s restart%s\n", before, user, names);
	if (!*request->root && *instances)
		printf("It takes effect with: %sa restart of each instance of%s\n", before, instances);
}

/* Looks at all units before anything is written for one of them. */
static struct job *prepare(const struct request *request, bool enable)
{
	struct job *jobs = keep(request->count * sizeof *jobs);

	enter_root(request->root);
	for (size_t i = 0; i < request->count; i++) {
		struct job *job = &jobs[i];

		job->found = unit_find(&request->directories, request->names[i], &job->unit.files);
		job->unit.settings = request->settings;
		if (enable && job->found == UNIT_MISSING)
			fail_missing(request, request->names[i]);
		find_target(request, job->unit.files.name, &job->target);
		/* A package's unit may be gone while its drop-in is still there. */
		if (job->found == UNIT_MISSING && !job->target.text)
			fail_missing(request, request->names[i]);
	}
	return jobs;
}

int tool_enable(int argc, char **argv)
{
	struct request request;
	struct job *jobs;
	bool changed = false;

	take_arguments(&request, argc, argv);
	jobs = prepare(&request, true);
	for (size_t i = 0; i < request.count; i++) {
		struct job *job = &jobs[i];

		if (job->found == UNIT_MASKED)
			tool_fail("%s: masked by %s%s, so that it can't be started; see systemctl unmask",
				  request.names[i], request.root, job->unit.files.file);
		unit_read(&job->unit);
		job->text = dropin_text(&job->unit, library_path());
	}
	for (size_t i = 0; i < request.count; i++) {
		const struct job *job = &jobs[i];
		bool same = job->target.text && strcmp(job->target.text, job->text) == 0;

		if (request.dry_run) {
			printf("# %s\n%s", job->target.full, job->text);
			continue;
		}
		if (!same)
			write_target(&job->target, job->text);
		changed |= !same;
		printf("%s: %senabled by %s\n", job->unit.files.name, same ? "already " : "",
		       job->target.full);
	}
	if (changed)
		say_next(&request, jobs);
	(void)fflush(stdout);
	for (size_t i = 0; i < request.count; i++)
		warnings_print(&jobs[i].unit, request.root, request.user, library_file());
	return 0;
}

static bool remove_target(const struct request *request, const struct job *job)
{
	const struct target *target = &job->target;

	if (!target->text)
		printf("%s: not enabled by %s\n", job->unit.files.name, target->full);
	else if (request->dry_run)
		printf("# %s: to be removed\n", target->full);
	if (!target->text || request->dry_run)
		return false;
	if (unlink(target->path) < 0)
		tool_fail("%s: %s", target->full, strerror(errno));
	if (rmdir(target->directory) < 0 && errno != ENOTEMPTY && errno != EEXIST && errno != EBUSY)
		tool_warn("%s: %s", target->directory, strerror(errno));
	printf("%s: disabled, %s is removed\n", job->unit.files.name, target->full);
	return true;
}

int tool_disable(int argc, char **argv)
{
	struct request request;
	struct job *jobs;
	bool changed = false;

	take_arguments(&request, argc, argv);
	jobs = prepare(&request, false);
	for (size_t i = 0; i < request.count; i++)
		changed |= remove_target(&request, &jobs[i]);
	if (changed)
		say_next(&request, jobs);
	return 0;
}

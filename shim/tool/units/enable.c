#define _GNU_SOURCE
#include "tool/arguments.h"
#include "tool/library.h"
#include "tool/tool.h"
#include "tool/unit_name.h"
#include "tool/units/dropin.h"
#include "tool/units/rooted.h"
#include "tool/units/unit.h"
#include "tool/units/warnings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct request {
	struct unit_place place;
	bool runtime, dry_run;
	const char *name;
};

/* Our drop-in of the unit. PATH begins behind the root; DIRECTORY and FULL do not,
 * and no directory in them is a link.
 */
struct target {
	const char *path, *directory, *full;
	const char *text; /* what it holds; NULL if it is not there */
};

static void take_root(void *to, const char *directory)
{
	struct request *request = to;
	static char root[PATH_MAX];
	int fd;

	if (!*directory)
		tool_fail("--root: no directory, expected --root=DIR");
	if (strlen(directory) >= PATH_MAX)
		tool_fail("--root: a path of %zu bytes, expected a directory", strlen(directory));
	if (!realpath(directory, root))
		tool_fail("--root=%s: %s, expected a directory", directory, strerror(errno));
	fd = rooted_open(root, "/", O_PATH | O_DIRECTORY);
	if (fd < 0)
		tool_fail("--root=%s: %s%s", directory, strerror(errno),
			  errno == ENOSYS ? ": openat2(2) is of Linux 5.6" : ", expected a directory");
	close(fd);
	request->place.root = strcmp(root, "/") == 0 ? "" : root;
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
	    {"--user", &request->place.user, NULL}, {"--runtime", &request->runtime, NULL},
	    {"--dry-run", &request->dry_run, NULL}, {NULL, NULL, NULL}};
	const char *name;

	*request = (struct request){.place.root = ""};
	if (!arguments_take(argc, argv, options, "--user, --root=DIR, --runtime or --dry-run", &name, 1))
		tool_fail("--%s: no unit, expected one such as dovecot.service", argv[0]);
	request->name = service_name(name);
}

static void find_target(const struct request *request, const char *name, struct target *target)
{
	const char *root = request->place.root,
		   *directory = unit_directory(&request->place, request->runtime);
	const char *within = keep_format("%s/%s.d", directory, name);
	struct stat st;
	size_t size;

	target->path = keep_format("%s/" UNIT_DROPIN, within);
	target->text = NULL;
	target->directory = rooted_path(root, within);
	if (!target->directory)
		tool_fail("%s%s: %s", root, within, strerror(errno));
	target->full = keep_format("%s/" UNIT_DROPIN, target->directory);
	if (lstat(target->full, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			tool_fail("%s: %s", target->full, strerror(errno));
		return;
	}
	target->text = S_ISREG(st.st_mode) ? rooted_read(root, target->path, &size) : "";
	if (!target->text)
		tool_fail("%s: %s", target->full, strerror(errno));
	if (strncmp(target->text, DROPIN_HEADER, strlen(DROPIN_HEADER)) != 0)
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
	    rename(temporary, target->full) < 0)
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

/* Warns of a file of the same name that systemd reads in place of the one in DIRECTORY. */
static void warn_if_hidden(const struct request *request, const struct unit *unit, const char *directory)
{
	struct texts all = unit_directories(&request->place);

	for (size_t i = 0; i < all.count && strcmp(all.at[i], directory) != 0; i++) {
		const char *path = keep_format("%s/%s.d/" UNIT_DROPIN, all.at[i], unit->files.name);
		int fd = rooted_open(request->place.root, path, O_PATH | O_NOFOLLOW);

		if (fd >= 0)
			close(fd);
		if (fd >= 0)
			tool_warn("%s: %s: systemd reads it in place of the one in %s; remove it",
				  unit->files.name, path, directory);
	}
}

/* What there is left to do: a restart breaks connections, so that it is the administrator's. */
static void say_next(const struct request *request, const char *name)
{
	const char *user = request->place.user ? " --user" : "", *template = strstr(name, "@.");

	if (*request->place.root)
		printf("It takes effect when the system in %s starts the service.\n", request->place.root);
	else if (template)
		printf("It takes effect with: systemctl%s daemon-reload, and a restart of each instance\n",
		       user);
	else
		printf("It takes effect with: systemctl%s daemon-reload && systemctl%s restart %s\n", user,
		       user, name);
}

int tool_enable(int argc, char **argv)
{
	struct request request = {0};
	struct unit unit = {0};
	struct target target;
	const char *text;

	take_arguments(&request, argc, argv);
	if (access(library_file(), R_OK) < 0)
		tool_fail("%s: can't read the library: %s", library_file(), strerror(errno));
	unit.place = request.place;
	switch (unit_find(&request.place, request.name, &unit.files)) {
	case UNIT_MISSING:
		tool_fail("%s: no such unit in %s%s or the other directories of systemd.unit(5)",
			  request.name, request.place.root, unit_directory(&request.place, false));
	case UNIT_MASKED:
		tool_fail("%s: masked by %s%s, so that it can't be started; see systemctl unmask",
			  request.name, request.place.root, unit.files.file);
	case UNIT_FOUND:
		break;
	}
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
	warn_if_hidden(&request, &unit, unit_directory(&request.place, request.runtime));
	warnings_print(&unit, library_file());
	return 0;
}

int tool_disable(int argc, char **argv)
{
	struct request request = {0};
	struct unit_files files;
	struct target target;
	enum unit_found found;

	take_arguments(&request, argc, argv);
	found = unit_find(&request.place, request.name, &files);
	find_target(&request, files.name, &target);
	/* A package's unit may be gone while what was written for it is not. */
	if (found == UNIT_MISSING && !target.text)
		tool_fail("%s: no such unit in %s%s or the other directories of systemd.unit(5)",
			  request.name, request.place.root, unit_directory(&request.place, false));
	if (!target.text) {
		printf("%s: not enabled by %s\n", files.name, target.full);
		return 0;
	}
	if (request.dry_run) {
		printf("# %s: to be removed\n", target.full);
		return 0;
	}
	if (unlink(target.full) < 0)
		tool_fail("%s: %s", target.full, strerror(errno));
	if (rmdir(target.directory) < 0 && errno != ENOTEMPTY && errno != EEXIST && errno != EBUSY)
		tool_warn("%s: %s", target.directory, strerror(errno));
	printf("%s: disabled, %s is removed\n", files.name, target.full);
	say_next(&request, files.name);
	return 0;
}

#define _GNU_SOURCE
#include "tool/units/unit_files.h"

#include "tool/bounded.h"
#include "tool/tool.h"
#include "tool/unit_name.h"
#include "tool/units/rooted.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* systemd.unit(5), UNIT FILE LOAD PATH. */
static const char *const system_directories[] = {
    "/etc/systemd/system.control", "/run/systemd/system.control",
    "/run/systemd/transient",      "/run/systemd/generator.early",
    "/etc/systemd/system",         "/etc/systemd/system.attached",
    "/run/systemd/system",         "/run/systemd/system.attached",
    "/run/systemd/generator",      "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",     "/lib/systemd/system",
    "/run/systemd/generator.late", NULL};

struct texts unit_directories(const struct unit_place *place)
{
	const char *argv[] = {"systemd-analyze", "--user", "unit-paths", NULL};
	struct texts list = {0};
	char *output, *rest = NULL;

	for (size_t i = 0; !place->user && system_directories[i]; i++)
		texts_add(&list, system_directories[i]);
	if (!place->user)
		return list;
	if (bounded_run(bounded_execute, argv, &output) != 0)
		tool_fail("--user: systemd-analyze(1) does not tell where the user's units are");
	for (char *line = strtok_r(output, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		texts_add(&list, line);
	return list;
}

/* The directory that VARIABLE names. The specification has relative ones ignored. */
static const char *directory_in(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value == '/' ? value : NULL;
}

const char *unit_directory(const struct unit_place *place, bool runtime)
{
	const char *found = directory_in(runtime ? "XDG_RUNTIME_DIR" : "XDG_CONFIG_HOME");

	if (!place->user)
		return runtime ? "/run/systemd/system" : "/etc/systemd/system";
	if (!found && runtime)
		tool_fail("XDG_RUNTIME_DIR: not set to an absolute path, which --user --runtime needs");
	if (!found && !directory_in("HOME"))
		tool_fail("HOME: not set to an absolute path, which --user needs");
	return keep_format("%s/systemd/user",
			   found ? found : keep_format("%s/.config", directory_in("HOME")));
}

static const char *last_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

static DIR *open_directory(const struct unit_place *place, const char *path)
{
	int fd = rooted_open(place->root, path, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? NULL : fdopendir(fd);
}

/* Does FULL, a path without links, lie in one of DIRECTORIES itself? */
static bool lies_in(const struct unit_place *place, const struct texts *directories, const char *full)
{
	size_t size = (size_t)(last_of(full) - full) - 1;

	for (size_t i = 0; i < directories->count; i++) {
		const char *one = rooted_path(place->root, directories->at[i]);

		if (one && strlen(one) == size && strncmp(one, full, size) == 0)
			return true;
	}
	return false;
}

/* What there is at PATH, the file of a unit. If it is a link to another service, *ALIAS is that one's name; a
 * link to a file elsewhere is a unit with the name of the link (systemctl link). */
static enum unit_found look(const struct unit_place *place, const struct texts *directories, const char *path,
			    const char **alias)
{
	const char *directory = rooted_path(place->root, keep_copy(path, (size_t)(last_of(path) - path - 1)));
	const char *name = last_of(path), *full = rooted_path(place->root, path), *template;
	char target[PATH_MAX] = "";
	struct stat st;

	/* An image may lack /dev/null. */
	if (directory && readlink(keep_format("%s/%s", directory, name), target, sizeof target - 1) > 0 &&
	    strcmp(target, "/dev/null") == 0)
		return UNIT_MASKED;
	if (!full || stat(full, &st) != 0 || S_ISDIR(st.st_mode))
		return UNIT_MISSING;
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return UNIT_MASKED;
	template = unit_name_template(name);
	if (strcmp(last_of(full), name) != 0 && unit_name_is_service(last_of(full)) &&
	    !(template && strcmp(template, last_of(full)) == 0) && lies_in(place, directories, full))
		*alias = unit_name_instance(name, last_of(full));
	return UNIT_FOUND;
}

static enum unit_found look_everywhere(const struct unit_place *place, const struct texts *directories,
				       const char *name, const char **file, const char **alias)
{
	enum unit_found found = UNIT_MISSING;

	for (size_t i = 0; i < directories->count && found == UNIT_MISSING; i++)
		found =
		    look(place, directories, *file = keep_format("%s/%s", directories->at[i], name), alias);
	return found;
}

/* The service's name and the names that are links to it. */
static struct texts names_of(const struct unit_place *place, const struct texts *directories,
			     const char *name)
{
	struct texts names = {0};

	texts_add(&names, name);
	for (size_t i = 0; i < directories->count; i++) {
		DIR *opened = open_directory(place, directories->at[i]);
		struct dirent *entry;

		while (opened && (entry = readdir(opened))) {
			const char *other = entry->d_name, *alias = NULL;

			if ((entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN) ||
			    !unit_name_is_service(other))
				continue;
			(void)look(place, directories, keep_format("%s/%s", directories->at[i], other),
				   &alias);
			/* An alias of the template is one of the instance. */
			if (alias && strcmp(unit_name_instance(name, alias), name) == 0)
				texts_add(&names, unit_name_instance(name, keep_copy(other, strlen(other))));
		}
		if (opened)
			(void)closedir(opened);
	}
	return names;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(last_of(*(const char *const *)a), last_of(*(const char *const *)b));
}

/* Adds the drop-ins in DIRECTORY, but for those whose name an earlier directory has. */
static void add_dropins(const struct unit_place *place, const char *directory, struct texts *dropins)
{
	DIR *opened = open_directory(place, directory);
	struct dirent *entry;

	while (opened && (entry = readdir(opened))) {
		const char *name = entry->d_name, *dot = strrchr(name, '.');
		size_t i = 0;

		if (*name == '.' || !dot || strcmp(dot, ".conf") != 0 || strcmp(name, UNIT_DROPIN) == 0)
			continue;
		while (i < dropins->count && strcmp(last_of(dropins->at[i]), name) != 0)
			i++;
		if (i == dropins->count)
			texts_add(dropins, keep_format("%s/%s", directory, name));
	}
	if (opened)
		(void)closedir(opened);
}

/* Adds those that NAME has in DIRECTORY: its own, its template's, and those of all units whose names begin
 * alike. */
static void add_all(const struct unit_place *place, const char *directory, const char *name,
		    struct texts *dropins)
{
	const char *template = unit_name_template(name), *shorter = unit_name_shorter(name);

	add_dropins(place, keep_format("%s/%s.d", directory, name), dropins);
	if (template)
		add_all(place, directory, template, dropins);
	if (shorter)
		add_all(place, directory, shorter, dropins);
}

enum unit_found unit_find(const struct unit_place *place, const char *name, struct unit_files *files)
{
	struct texts directories = unit_directories(place), names;
	enum unit_found found = UNIT_FOUND;
	const char *alias = name;

	*files = (struct unit_files){.name = name};
	/* An alias may be one of an alias, as earlier directories have it; a circle of links is no unit. */
	for (int i = 0; alias && i < 8; i++) {
		const char *template = unit_name_template(files->name = alias);

		alias = NULL;
		found = look_everywhere(place, &directories, files->name, &files->file, &alias);
		if (found == UNIT_MISSING && template)
			found = look_everywhere(place, &directories, template, &files->file, &alias);
		if (alias)
			alias = unit_name_instance(files->name, alias);
	}
	if (found == UNIT_MISSING || alias) {
		*files = (struct unit_files){.name = name};
		return UNIT_MISSING;
	}
	names = names_of(place, &directories, files->name);
	for (size_t i = 0; i < names.count; i++)
		for (size_t j = 0; j < directories.count; j++)
			add_all(place, directories.at[j], names.at[i], &files->dropins);
	for (size_t j = 0; j < directories.count; j++)
		add_dropins(place, keep_format("%s/service.d", directories.at[j]), &files->dropins);
	if (files->dropins.count)
		qsort(files->dropins.at, files->dropins.count, sizeof *files->dropins.at, by_name);
	return found;
}

#include "tool/units/unit_files.h"

#include "tool/tool.h"
#include "tool/units/rooted.h"
#include "tool/units/unit_name.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
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

/* A variable of file-hierarchy(7), the directory under the home where it is not set, or NULL, and what
 * follows. */
static const struct {
	const char *variable, *home, *rest;
} user_directories[] = {
    {"XDG_CONFIG_HOME", ".config", "/systemd/user.control"},
    {"XDG_RUNTIME_DIR", NULL, "/systemd/user.control"},
    {"XDG_RUNTIME_DIR", NULL, "/systemd/transient"},
    {"XDG_RUNTIME_DIR", NULL, "/systemd/generator.early"},
    {"XDG_CONFIG_HOME", ".config", "/systemd/user"},
    {NULL, NULL, "/etc/xdg/systemd/user"},
    {NULL, NULL, "/etc/systemd/user"},
    {"XDG_RUNTIME_DIR", NULL, "/systemd/user"},
    {NULL, NULL, "/run/systemd/user"},
    {"XDG_RUNTIME_DIR", NULL, "/systemd/generator"},
    {"XDG_DATA_HOME", ".local/share", "/systemd/user"},
    {NULL, NULL, "/usr/local/share/systemd/user"},
    {NULL, NULL, "/usr/share/systemd/user"},
    {NULL, NULL, "/usr/local/lib/systemd/user"},
    {NULL, NULL, "/usr/lib/systemd/user"},
    {NULL, NULL, "/lib/systemd/user"},
    {"XDG_RUNTIME_DIR", NULL, "/systemd/generator.late"},
};

/* The directory that VARIABLE holds, or HOME in the home directory. NULL for none: the specification has
 * relative ones ignored. */
static const char *base(const char *variable, const char *home)
{
	const char *value = getenv(variable);

	if (value && *value == '/')
		return value;
	if (!home)
		return NULL;
	value = getenv("HOME");
	if (!value || *value != '/')
		tool_fail("HOME: not set to an absolute path, which --user needs");
	return keep_format("%s/%s", value, home);
}

const char **unit_directories(const struct unit_place *place)
{
	struct texts list = {0};

	for (size_t i = 0; !place->user && system_directories[i]; i++)
		texts_add(&list, system_directories[i]);
	for (size_t i = 0; place->user && i < sizeof user_directories / sizeof *user_directories; i++) {
		const char *variable = user_directories[i].variable;
		const char *found = variable ? base(variable, user_directories[i].home) : "";

		if (found)
			texts_add(&list, keep_format("%s%s", found, user_directories[i].rest));
	}
	return list.at;
}

const char *unit_directory(const struct unit_place *place, bool runtime)
{
	const char *found;

	if (!place->user)
		return runtime ? "/run/systemd/system" : "/etc/systemd/system";
	found = runtime ? base("XDG_RUNTIME_DIR", NULL) : base("XDG_CONFIG_HOME", ".config");
	if (!found)
		tool_fail("XDG_RUNTIME_DIR: not set to an absolute path, which --user --runtime needs");
	return keep_format("%s/systemd/user", found);
}

/* The last component of PATH. */
static const char *last_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static DIR *open_directory(const struct unit_place *place, const char *directory)
{
	const char *full = rooted_path(place->root, directory, true);

	return full ? opendir(full) : NULL;
}

/* Whether PATH is there, if only as a link to what is not. */
static bool exists(const struct unit_place *place, const char *path)
{
	const char *full = rooted_path(place->root, path, false);
	struct stat st;

	return full && lstat(full, &st) == 0;
}

/* Whether PATH, with no link in it, lies in one of the directories of units itself. */
static bool among_units(const struct unit_place *place, const char *path)
{
	const char **directories = unit_directories(place);
	size_t size = (size_t)(last_of(path) - path);

	for (; *directories; directories++) {
		const char *resolved = rooted_resolve(place->root, *directories, true);

		if (resolved && strlen(resolved) + 1 == size && strncmp(resolved, path, size - 1) == 0)
			return true;
	}
	return false;
}

/* What there is by the name of NAME in DIRECTORY. Where it is a link to another service, *ALIAS is its name;
 * a link to a file elsewhere is a unit under the link's name (systemctl link). */
static enum unit_found look(const struct unit_place *place, const char *directory, const char *name,
			    const char **file, const char **alias)
{
	const char *path = keep_format("%s/%s", directory, name), *target;
	const char *resolved = rooted_resolve(place->root, path, true), *full;
	struct stat st;

	if (!resolved)
		return UNIT_MISSING;
	full = keep_format("%s%s", place->root, resolved);
	target = last_of(resolved);
	*file = path;
	if (strcmp(resolved, "/dev/null") == 0)
		return UNIT_MASKED;
	if (strcmp(target, name) != 0 && unit_name_valid(target) && among_units(place, resolved)) {
		const char *template = unit_name_template(name);

		if (!template || strcmp(template, target) != 0)
			*alias = unit_name_instance(name, target);
	}
	if (stat(full, &st) != 0)
		return *alias ? UNIT_FOUND : UNIT_MISSING;
	if (S_ISDIR(st.st_mode))
		return UNIT_MISSING;
	return S_ISREG(st.st_mode) && st.st_size > 0 ? UNIT_FOUND : UNIT_MASKED;
}

static enum unit_found look_everywhere(const struct unit_place *place, const char *name, const char **file,
				       const char **alias)
{
	enum unit_found found = UNIT_MISSING;

	*alias = NULL;
	for (const char **at = unit_directories(place); *at && found == UNIT_MISSING; at++)
		found = look(place, *at, name, file, alias);
	return found;
}

/* Adds to FILES the names that are links to its service. */
static void find_aliases(const struct unit_place *place, struct unit_files *files)
{
	for (const char **at = unit_directories(place); *at; at++) {
		DIR *directory = open_directory(place, *at);
		struct dirent *entry;

		if (!directory)
			continue;
		while ((entry = readdir(directory))) {
			const char *file, *alias = NULL;

			if ((entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN) ||
			    !unit_name_valid(entry->d_name) ||
			    look(place, *at, entry->d_name, &file, &alias) != UNIT_FOUND || !alias)
				continue;
			/* An alias of the template is one of the instance. */
			if (strcmp(unit_name_instance(files->name, alias), files->name) == 0)
				texts_add(&files->aliases,
					  unit_name_instance(
					      files->name, keep_copy(entry->d_name, strlen(entry->d_name))));
		}
		(void)closedir(directory);
	}
}

enum unit_found unit_find(const struct unit_place *place, const char *name, struct unit_files *files)
{
	enum unit_found found = UNIT_MISSING;
	const char *alias = name;

	*files = (struct unit_files){.name = name};
	/* An alias of an alias of an alias; links that go round in a circle are not found. */
	for (int i = 0; alias && i < 8; i++) {
		const char *template = unit_name_template(files->name = alias);

		found = look_everywhere(place, files->name, &files->file, &alias);
		if (found == UNIT_MISSING && template) {
			found = look_everywhere(place, template, &files->file, &alias);
			alias = alias ? unit_name_instance(files->name, alias) : NULL;
		}
	}
	if (found == UNIT_MISSING || alias) {
		*files = (struct unit_files){.name = name};
		return UNIT_MISSING;
	}
	find_aliases(place, files);
	return found;
}

/* Adds the directories of drop-ins that NAME has in DIRECTORY: its own, the template's, and those of all
 * units whose names begin alike. */
static void add_directories(struct texts *list, const char *directory, const char *name)
{
	const char *template = unit_name_template(name), *shorter = unit_name_shorter(name);

	texts_add(list, keep_format("%s/%s.d", directory, name));
	if (template)
		add_directories(list, directory, template);
	if (shorter)
		add_directories(list, directory, shorter);
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

	if (!opened)
		return;
	while ((entry = readdir(opened))) {
		const char *name = entry->d_name, *dot = strrchr(name, '.');
		size_t i = 0;

		if (*name == '.' || !dot || strcmp(dot, ".conf") != 0 || strcmp(name, UNIT_DROPIN) == 0)
			continue;
		while (i < dropins->count && strcmp(last_of(dropins->at[i]), name) != 0)
			i++;
		if (i == dropins->count)
			texts_add(dropins, keep_format("%s/%s", directory, name));
	}
	(void)closedir(opened);
}

void unit_find_dropins(const struct unit_place *place, struct unit_files *files)
{
	const char **all = unit_directories(place);
	struct texts directories = {0};

	for (const char **at = all; *at; at++)
		add_directories(&directories, *at, files->name);
	for (size_t i = 0; i < files->aliases.count; i++)
		for (const char **at = all; *at; at++)
			add_directories(&directories, *at, files->aliases.at[i]);
	for (const char **at = all; *at; at++)
		texts_add(&directories, keep_format("%s/%s.d", *at, strrchr(files->name, '.') + 1));
	files->dropins = (struct texts){0};
	for (size_t i = 0; i < directories.count; i++)
		add_dropins(place, directories.at[i], &files->dropins);
	if (files->dropins.count)
		qsort(files->dropins.at, files->dropins.count, sizeof *files->dropins.at, by_name);
}

const char *unit_file_of(const struct unit_place *place, const char *name)
{
	const char *file, *alias = NULL;

	for (const char **at = unit_directories(place); *at; at++)
		if (look(place, *at, name, &file, &alias) == UNIT_FOUND)
			return file;
	return NULL;
}

/* Whether a directory such as sockets.target.wants in DIRECTORY has a link called NAME. */
static bool wanted_in(const struct unit_place *place, const char *directory, const char *name)
{
	DIR *opened = open_directory(place, directory);
	struct dirent *entry;
	bool found = false;

	if (!opened)
		return false;
	while (!found && (entry = readdir(opened))) {
		const char *dot = strrchr(entry->d_name, '.');

		found = dot && (strcmp(dot, ".wants") == 0 || strcmp(dot, ".requires") == 0) &&
			exists(place, keep_format("%s/%s/%s", directory, entry->d_name, name));
	}
	(void)closedir(opened);
	return found;
}

bool unit_wanted(const struct unit_place *place, const char *name)
{
	for (const char **at = unit_directories(place); *at; at++)
		if (wanted_in(place, *at, name))
			return true;
	return false;
}

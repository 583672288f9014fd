#define _GNU_SOURCE
#include "tool/units/unit_files.h"

#include "tool/bounded.h"
#include "tool/tool.h"
#include "tool/unit_name.h"

#include <glob.h>
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

struct texts unit_directories(bool user)
{
	const char *argv[] = {"systemd-analyze", "--user", "unit-paths", NULL};
	struct texts list = {0};
	char *output, *rest = NULL;

	for (size_t i = 0; !user && system_directories[i]; i++)
		texts_add(&list, system_directories[i]);
	if (!user)
		return list;
	if (bounded_run(bounded_execute, argv, &output) != 0)
		tool_fail("--user: systemd-analyze(1) does not tell where the user's units are");
	for (char *line = strtok_r(output, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		texts_add(&list, line);
	return list;
}

/* The directory that VARIABLE names. The specification ignores relative ones. */
static const char *directory_in(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value == '/' ? value : NULL;
}

const char *unit_directory(bool user, bool runtime)
{
	const char *found = directory_in(runtime ? "XDG_RUNTIME_DIR" : "XDG_CONFIG_HOME");

	if (!user)
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

/* The service that PATH, a unit's file, stands for: a link to one of another name in a directory of units. A
 * link to a file elsewhere is a unit with the name of the link (systemctl link). NULL if it is no alias. */
static const char *alias_of(const char *path)
{
	char full[PATH_MAX];

	if (!realpath(path, full) || (!strstr(full, "/systemd/system/") && !strstr(full, "/systemd/user/")) ||
	    !unit_name_is_service(last_of(full)) || strcmp(last_of(full), last_of(path)) == 0)
		return NULL;
	return keep_copy(last_of(full), strlen(last_of(full)));
}

static enum unit_found look(const char *path)
{
	char target[PATH_MAX] = "";
	struct stat st;

	/* An image may lack /dev/null. */
	if (readlink(path, target, sizeof target - 1) > 0 && strcmp(target, "/dev/null") == 0)
		return UNIT_MASKED;
	if (stat(path, &st) != 0 || S_ISDIR(st.st_mode))
		return UNIT_MISSING;
	return S_ISREG(st.st_mode) && st.st_size ? UNIT_FOUND : UNIT_MASKED;
}

static enum unit_found look_everywhere(const struct texts *directories, const char *name, const char **file)
{
	enum unit_found found = UNIT_MISSING;

	for (size_t i = 0; i < directories->count && found == UNIT_MISSING; i++)
		found = look(*file = keep_format("%s/%s", directories->at[i], name));
	return found;
}

static struct texts matches(const char *pattern)
{
	struct texts found = {0};
	glob_t files;

	if (glob(pattern, GLOB_NOESCAPE, NULL, &files) != 0)
		return found;
	for (size_t i = 0; i < files.gl_pathc; i++)
		texts_add(&found, keep_copy(files.gl_pathv[i], strlen(files.gl_pathv[i])));
	globfree(&files);
	return found;
}

static bool has_same_name(const struct texts *dropins, const char *path)
{
	for (size_t i = 0; i < dropins->count; i++)
		if (strcmp(last_of(dropins->at[i]), last_of(path)) == 0)
			return true;
	return false;
}

/* Adds those that NAME has in DIRECTORY: its own, its template's, and those of all units whose names begin
 * alike. */
static void add_dropins(const char *directory, const char *name, struct texts *dropins)
{
	const char *template = unit_name_template(name), *shorter = unit_name_shorter(name);
	struct texts found = matches(keep_format("%s/%s.d/*.conf", directory, name));

	for (size_t i = 0; i < found.count; i++)
		if (!has_same_name(dropins, found.at[i]) && strcmp(last_of(found.at[i]), UNIT_DROPIN) != 0)
			texts_add(dropins, found.at[i]);
	if (template)
		add_dropins(directory, template, dropins);
	if (shorter)
		add_dropins(directory, shorter, dropins);
}

/* The service's name and the names that are links to it. */
static struct texts names_of(const struct texts *directories, const char *name)
{
	struct texts names = {0};

	texts_add(&names, name);
	for (size_t i = 0; i < directories->count; i++) {
		struct texts all = matches(keep_format("%s/*.service", directories->at[i]));

		for (size_t j = 0; j < all.count; j++) {
			const char *alias = alias_of(all.at[j]);

			/* An alias of the template is one of the instance. */
			if (alias && strcmp(unit_name_instance(name, alias), name) == 0)
				texts_add(&names, unit_name_instance(name, last_of(all.at[j])));
		}
	}
	return names;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(last_of(*(const char *const *)a), last_of(*(const char *const *)b));
}

enum unit_found unit_find(const struct texts *directories, const char *name, struct unit_files *files)
{
	enum unit_found found = UNIT_MISSING;
	const char *alias = name;
	struct texts names;

	/* An alias may stand for another alias, as in earlier directories; a circle of links is no unit. */
	for (int i = 0; alias && i < 8; i++) {
		const char *template = unit_name_template(alias);

		*files = (struct unit_files){.name = alias};
		found = look_everywhere(directories, files->name, &files->file);
		if (found == UNIT_MISSING && template)
			found = look_everywhere(directories, template, &files->file);
		alias = found == UNIT_FOUND ? alias_of(files->file) : NULL;
		alias = alias ? unit_name_instance(files->name, alias) : NULL;
		if (alias && strcmp(alias, files->name) == 0)
			alias = NULL;
	}
	if (found == UNIT_MISSING || alias) {
		*files = (struct unit_files){.name = name};
		return UNIT_MISSING;
	}
	names = names_of(directories, files->name);
	for (size_t i = 0; i < names.count; i++)
		for (size_t j = 0; j < directories->count; j++)
			add_dropins(directories->at[j], names.at[i], &files->dropins);
	for (size_t j = 0; j < directories->count; j++)
		add_dropins(directories->at[j], "service", &files->dropins);
	if (files->dropins.count)
		qsort(files->dropins.at, files->dropins.count, sizeof *files->dropins.at, by_name);
	return found;
}

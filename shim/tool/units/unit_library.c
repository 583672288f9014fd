#include "tool/units/rooted.h"
#include "tool/units/unit_values.h"
#include "tool/units/unit_warnings.h"
#include "tool/units/words.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* Whether PATH is DIRECTORY or lies in it. */
static bool lies_in(const char *path, const char *directory)
{
	size_t size = strlen(directory);

	while (size && directory[size - 1] == '/')
		size--;
	return strncmp(path, directory, size) == 0 && (!path[size] || path[size] == '/');
}

/* The directories that a setting which is on or off empties. */
static const struct {
	const char *setting, *directories[4];
} hidden[] = {
    {"ProtectHome", {"/home", "/root", "/run/user", NULL}},
    {"PrivateTmp", {"/tmp", "/var/tmp", NULL}},
    {"PrivateDevices", {"/dev", NULL}},
};

/* Those that list what is not to be seen. A word may have "-" or "+" in front, and ":options" behind. */
static const char *const lists[] = {"InaccessiblePaths", "InaccessibleDirectories", "TemporaryFileSystem"};

/* Those that bring SOURCE[:DESTINATION[:OPTIONS]] into what the service sees. */
static const char *const binds[] = {"BindPaths", "BindReadOnlyPaths"};

static bool bound(const struct unit *unit, const char *library)
{
	for (size_t i = 0; i < sizeof binds / sizeof *binds; i++) {
		struct texts words = unit_words(unit, binds[i]);

		for (size_t j = 0; j < words.count; j++) {
			const char *source = words.at[j] + (*words.at[j] == '-'), *at = strchr(source, ':');
			const char *there = at ? at + 1 : source;

			if (lies_in(library, keep_copy(there, strcspn(there, ":"))))
				return true;
		}
	}
	return false;
}

/* The setting by which the service does not see LIBRARY; *VALUE is what it is set to. NULL if it does. */
static const char *hides(const struct unit *unit, const char *library, const char **value)
{
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
		*value = unit_last(unit, hidden[i].setting);
		if (unit_no(*value) || strcmp(*value, "read-only") == 0)
			continue;
		for (const char *const *at = hidden[i].directories; *at; at++)
			if (lies_in(library, *at))
				return hidden[i].setting;
	}
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct texts words = unit_words(unit, lists[i]);

		for (size_t j = 0; j < words.count; j++) {
			const char *path = words.at[j] + strspn(words.at[j], "-+");

			*value = words.at[j];
			if (lies_in(library, keep_copy(path, strcspn(path, ":"))))
				return lists[i];
		}
	}
	return NULL;
}

static bool is_there(const char *root, const char *path)
{
	const char *full = rooted_path(root, path, true);
	struct stat st;

	return full && stat(full, &st) == 0;
}

/* The same of a root directory or image of the service's own. */
static const char *elsewhere(const struct unit *unit, const char *library, const char **value)
{
	const char *root;

	*value = unit_last(unit, "RootImage");
	if (**value)
		return "RootImage";
	*value = unit_last(unit, "RootDirectory");
	if (!**value || strcmp(*value, "/") == 0)
		return NULL;
	root = rooted_path(unit->place.root, *value, true);
	return root && is_there(root, library) ? NULL : "RootDirectory";
}

/* The first of LIBRARY and the directories that it is in which others than their owner may not read or pass;
 * NULL if there is none. */
static const char *closed(const char *root, const char *library)
{
	struct stat st;

	for (size_t end = 1; library[end - 1]; end++) {
		const char *part = keep_copy(library, end), *full = rooted_path(root, part, true);
		mode_t needed = library[end] ? S_IXOTH : S_IROTH;

		if (library[end] != '/' && library[end])
			continue;
		if (full && stat(full, &st) == 0 && !(st.st_mode & needed))
			return part;
	}
	return NULL;
}

void unit_library_warnings(const struct unit *unit, const char *library)
{
	const char *value, *setting = hides(unit, library, &value), *part, *user = unit_last(unit, "User");
	bool dynamic = !unit_no(unit_last(unit, "DynamicUser"));

	if (!setting)
		setting = elsewhere(unit, library, &value);
	if (setting && !bound(unit, library))
		unit_warn(
		    unit, setting, value,
		    "the service does not see %s; install it elsewhere, or add BindReadOnlyPaths=", library);
	if (*unit->place.root && !is_there(unit->place.root, library))
		unit_warn(unit, "--root", unit->place.root, "has no %s; install dualstack there", library);
	if (!unit->place.user && (*user || dynamic) && strcmp(user, "root") != 0 && strcmp(user, "0") != 0 &&
	    (part = closed(unit->place.root, library)))
		unit_warn(unit, dynamic ? "DynamicUser" : "User",
			  dynamic ? unit_last(unit, "DynamicUser") : user,
			  "may not read %s, which the library needs; install it where all may", part);
}

#define _GNU_SOURCE
#include "tool/units/library_warnings.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Is PATH the directory of SIZE bytes, or does it lie in it? */
static bool lies_in(const char *path, const char *directory, size_t size)
{
	while (size && directory[size - 1] == '/')
		size--;
	return strncmp(path, directory, size) == 0 && (!path[size] || path[size] == '/');
}

/* The directories that a setting which is on or off empties. */
static const struct {
	const char *setting, *directories;
} hidden[] = {
    {"ProtectHome", "/home /root /run/user"},
    {"PrivateTmp", "/tmp /var/tmp"},
    {"PrivateDevices", "/dev"},
};

/* Lists of what is not to be seen: words with "-" or "+" in front, and ":options" behind. */
static const char *const lists[] = {"InaccessiblePaths", "TemporaryFileSystem"};

/* Lists of SOURCE:DESTINATION:OPTIONS, what is brought into what the service sees. */
static const char *const binds[] = {"BindPaths", "BindReadOnlyPaths"};

static bool lies_in_one(const char *library, const char *directories)
{
	const char *word;
	size_t size;

	while ((word = service_word(&directories, &size)))
		if (lies_in(library, word, size))
			return true;
	return false;
}

static bool is_bound(const struct texts *properties, const char *library)
{
	for (size_t i = 0; i < sizeof binds / sizeof *binds; i++) {
		const char *rest = systemctl_first(properties, binds[i]), *word, *there;
		size_t size;

		while ((word = service_word(&rest, &size)))
			if ((there = memchr(word, ':', size)) &&
			    lies_in(library, there + 1, strcspn(there + 1, ": ")))
				return true;
	}
	return false;
}

/* The setting by which the service does not see LIBRARY, and its *VALUE; NULL if it does. */
static const char *hides(const struct texts *properties, const char *library, const char **value)
{
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
		*value = systemctl_first(properties, hidden[i].setting);
		if (**value && strcmp(*value, "no") != 0 && strcmp(*value, "read-only") != 0 &&
		    lies_in_one(library, hidden[i].directories))
			return hidden[i].setting;
	}
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		const char *rest = systemctl_first(properties, lists[i]), *word;
		size_t size;

		while ((word = service_word(&rest, &size))) {
			const char *path = word + strspn(word, "-+");

			*value = keep_copy(word, size);
			if (lies_in(library, path, strcspn(path, ": ")))
				return lists[i];
		}
	}
	return NULL;
}

/* The same of a root directory or image of the service's own. */
static const char *is_elsewhere(const struct texts *properties, const char *library, const char **value)
{
	*value = systemctl_first(properties, "RootImage");
	if (**value)
		return "RootImage";
	*value = systemctl_first(properties, "RootDirectory");
	return !**value || access(keep_format("%s%s", *value, library), F_OK) == 0 ? NULL : "RootDirectory";
}

/* The first of LIBRARY and the directories above it that others than the owner may not read or pass; NULL if
 * there is none. */
static const char *closed(const char *library)
{
	struct stat st;

	for (size_t end = 1; library[end - 1]; end++) {
		const char *part = keep_copy(library, end);
		mode_t needed = library[end] ? S_IXOTH : S_IROTH;

		if ((library[end] == '/' || !library[end]) && stat(part, &st) == 0 && !(st.st_mode & needed))
			return part;
	}
	return NULL;
}

void library_warnings(const struct service *service, const char *library, bool user)
{
	const struct texts *properties = &service->properties;
	const char *value, *setting = hides(properties, library, &value), *part;
	const char *as = systemctl_first(properties, "User");
	bool dynamic = strcmp(systemctl_first(properties, "DynamicUser"), "yes") == 0;

	if (!setting)
		setting = is_elsewhere(properties, library, &value);
	if (setting && !is_bound(properties, library))
		service_warn(
		    service, setting, value,
		    "the service does not see %s; install it elsewhere, or add BindReadOnlyPaths=", library);
	if (!user && (*as || dynamic) && strcmp(as, "root") != 0 && strcmp(as, "0") != 0 &&
	    (part = closed(library)))
		service_warn(service, dynamic ? "DynamicUser" : "User", dynamic ? "yes" : as,
			     "may not read %s, which the library needs; install it where all may", part);
}

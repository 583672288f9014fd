#define _GNU_SOURCE
#include "config/loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/large.h"
#include "base/log.h"
#include "base/sys.h"

struct loader_source loader_source = {"", ""};

static int whole(struct loader_error *error, const char *place, const char *what, const char *why)
{
	error->place = place;
	error->at.line = error->at.column = 0;
	(void)log_text(error->at.text, sizeof error->at.text, "%s%s", what, why);
	return -EINVAL;
}

static int unreadable(struct loader_error *error, const char *path)
{
	error->error = errno;
	return whole(error, path, "can't be read: ", log_errno(errno));
}

/* A user who can write the file decides what every service that reads it does. */
static int check_owner(int fd, const char *path, struct loader_error *error)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return unreadable(error, path);
	if (!S_ISREG(st.st_mode))
		return whole(error, path, "not a regular file", "");
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return whole(error, path, "belongs to another user", ", expected root or the current user");
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return whole(error, path, "can be written by its group or others",
			     ", expected only its owner");
	return 0;
}

static int read_all(int fd, const char *path, char *text, size_t *size, struct loader_error *error)
{
	ssize_t got;

	for (*size = 0; *size <= LOADER_MOST; *size += (size_t)got) {
		got = sys_read(fd, text + *size, LOADER_MOST + 1 - *size);
		if (got < 0)
			return unreadable(error, path);
		if (got == 0)
			return 0;
	}
	return whole(error, path, "too long", ", expected at most 65536 bytes");
}

static int from_file(struct settings *s, const char *path, bool needed, struct loader_error *error)
{
	LARGE static char text[LOADER_MOST + 2];
	int fd = sys_open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0), result;
	size_t size;

	if (fd < 0 && !needed && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return unreadable(error, path);
	result = check_owner(fd, path, error);
	if (result == 0)
		result = read_all(fd, path, text, &size, error);
	sys_close(fd);
	loader_source = (struct loader_source){path, text};
	error->place = path;
	return result ? result : settings_parse(s, text, size, &error->at);
}

int loader_configuration(struct settings *s, const char *file, struct loader_error *error)
{
	const char *handed = file ? NULL : secure_getenv("DUALSTACK_SETTINGS");
	const char *named = file ? file : secure_getenv("DUALSTACK_CONFIG");
	const char *rules = handed ? NULL : secure_getenv("DUALSTACK_RULES");
	int saved = errno, result;

	/* An empty variable counts as not set, as that of any setting does. */
	if (named && !*named)
		named = NULL;
	error->place = "DUALSTACK_RULES";
	if (rules && settings_parse(NULL, rules, strlen(rules), &error->at) != 0) {
		result = -EINVAL;
	} else if (handed) {
		error->place = "DUALSTACK_SETTINGS";
		loader_source = (struct loader_source){error->place, handed};
		result = settings_parse(s, handed, strlen(handed), &error->at);
	} else if (named && strcmp(named, "none") == 0) {
		result = 0;
	} else {
		result = from_file(s, named ? named : LOADER_FILE, named != NULL, error);
	}
	errno = saved;
	return result;
}

static int wrong_value(struct loader_error *error, const char *variable, const char *value,
		       const char *expected)
{
	static char name[32];

	stpcpy(name, variable);
	error->place = name;
	error->at.line = error->at.column = 0;
	settings_say(&error->at, "unknown value ", value, expected);
	return -EINVAL;
}

const char *loader_variable(const char *setting)
{
	static char name[32];
	char *to = stpcpy(name, "DUALSTACK_");

	for (; *setting; setting++)
		*to++ = (char)(*setting >= 'a' ? *setting - ('a' - 'A') : *setting);
	*to = '\0';
	return name;
}

int loader_variables(struct settings *s, struct loader_error *error)
{
	const char *disable = secure_getenv("DUALSTACK_DISABLE"), *setting, *expected;
	int result = 0;

	for (size_t i = 0; (setting = settings_name(i)) != NULL; i++) {
		const char *value = secure_getenv(loader_variable(setting));

		if (value && *value && settings_set(s, setting, value, &expected) != 0 && result == 0)
			result = wrong_value(error, loader_variable(setting), value, expected);
	}

	/* Any value but 0 means that the library is not wanted. */
	if (disable && *disable) {
		s->enabled = strcmp(disable, "0") == 0;
		if (!s->enabled && strcmp(disable, "1") != 0 && result == 0)
			result = wrong_value(error, "DUALSTACK_DISABLE", disable, "0 or 1");
	}
	return result;
}

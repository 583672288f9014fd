#define _GNU_SOURCE
#include "launcher/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/loader.h"
#include "program/findings.h"
#include "program/library.h"
#include "tool/tool.h"

enum { FOUND_NOT_EXECUTABLE = 126, NOT_FOUND = 127 };

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1) != 0)
		tool_fail("%s: %s", name, strerror(errno));
}

/* The directory of the launcher's file. Without /proc, AT_EXECFN (getauxval(3)) is the name that was
 * executed.
 */
static const char *own_directory(void)
{
	const char *executed;
	static char path[PATH_MAX];

	memcpy(&executed, &(unsigned long){getauxval(AT_EXECFN)}, sizeof executed);
	if (readlink("/proc/self/exe", path, sizeof path - 1) <= 0 && !realpath(executed, path))
		tool_fail("/proc/self/exe: %s; mount /proc", strerror(errno));
	*strrchr(path, '/') = '\0';
	return path;
}

void command_find_library(void)
{
	const char *directory = *place_directory ? place_directory : own_directory();

	library_set(keep_format("%s/%s%slibdualstack.so", directory, place_lib, *place_lib ? "/" : ""),
		    keep_format("%s/%slibdualstack.so", directory, *place_lib ? "$LIB/" : ""),
		    keep_format("%s/dualstack-tool", directory));
	if (access(library_file(), R_OK) != 0)
		tool_fail("%s: can't read the library: %s", library_file(), strerror(errno));
	if (library_file()[strcspn(library_file(), ": \t\n")])
		tool_fail("%s: LD_PRELOAD can't name a path with a space or a colon (ld.so(8))",
			  library_file());
	if (access(library_tool(), X_OK) != 0)
		tool_fail("%s: %s", library_tool(), strerror(errno));
}

/* The settings that --enable writes down, as the tool's options. */
static void add_settings(const struct command_line *cl, struct texts *to)
{
	const char *config = cl->config;

	if (config && strcmp(config, "none") != 0)
		config = absolute(config, "--config");
	if (config)
		texts_add(to, keep_format("--set=DUALSTACK_CONFIG=%s", config));
	if (*cl->rules)
		texts_add(to,
			  keep_format("--set=DUALSTACK_RULES=%.*s", (int)strlen(cl->rules) - 1, cl->rules));
	for (size_t i = 0; i < cl->settings.count; i++) {
		const char *variable = loader_variable(cl->settings.at[i]);

		texts_add(to, keep_format("--set=%s=%s", variable, getenv(variable)));
	}
}

void command_tool(const struct command_line *cl)
{
	bool enable = strcmp(cl->mode, "enable") == 0, here = true;
	struct texts to = {.count = 0};

	texts_add(&to, "dualstack-tool");
	texts_add(&to, cl->mode);
	for (size_t i = 0; i < cl->tool.count; i++) {
		texts_add(&to, cl->tool.at[i]);
		here &= strncmp(cl->tool.at[i], "--root=", strlen("--root=")) != 0;
	}
	if (enable && here && !*place_directory)
		tool_warn("--enable: the services will need %s, a build directory; see make install",
			  library_file());
	if (enable)
		add_settings(cl, &to);
	texts_add(&to, "--");
	for (char **word = cl->words; *word; word++)
		texts_add(&to, *word);
	texts_add(&to, NULL);
	(void)unsetenv("LD_PRELOAD");
	library_hand_on();
	execv(library_tool(), (char *const *)(const void *)to.at);
	tool_fail("%s: %s", library_tool(), strerror(errno));
}

/* Refuses a program into which ld.so will not load the library. It would run without the library, and not say
 * so. */
static void refuse(const char *name, const char *file)
{
	struct findings f = {.count = 0};

	/* One launcher may run another. */
	if (strcmp(strrchr(file, '/') + 1, "dualstack-run") == 0)
		return;
	command_findings(&f, name);
	for (size_t i = 0; i < f.count; i++) {
		const struct finding *one = &f.list[i];

		if (one->state != FINDING_FAIL || strcmp(one->id, "command") == 0 ||
		    strcmp(one->id, "script") == 0)
			continue;
		tool_fail("%s: %s. %s To run it without the library: --anyway", name, one->found,
			  one->advice);
	}
}

/* Warns if the log can't be written later on, but only on a terminal: a service's log needs no such line. */
static void check_log(const char *log)
{
	const char *file = log ? strchr(log, '/') : NULL;
	struct stat st;
	int fd;

	if (!file)
		return;
	fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0640);
	if (fd < 0)
		tool_fail("--log: can't write to the file '%s': %s", file, strerror(errno));
	if (geteuid() == 0 && isatty(STDERR_FILENO) && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    !(st.st_mode & S_IWOTH))
		tool_warn("%s is for root only: a process that becomes another user logs to syslog instead",
			  file);
	close(fd);
}

/* Puts the library in front of LD_PRELOAD, unless it is there already. */
static void preload(void)
{
	const char *before = getenv("LD_PRELOAD"), *ours = library_path(), *found;
	size_t size = strlen(ours);

	for (found = before; found && (found = strstr(found, ours)); found += size)
		if ((found == before || strchr(": ", found[-1])) && strchr(": ", found[size]))
			return;
	set("LD_PRELOAD", before && *before ? keep_format("%s:%s", ours, before) : ours);
}

void command_run(const struct command_line *cl, bool enabled)
{
	const char *name = *cl->words, *file;
	int error = command_find(name, &file);

	if (error == -ENOENT) {
		tool_warn("%s: not found", *name ? name : "''");
		exit(NOT_FOUND);
	}
	if (error) {
		tool_warn("%s: not an executable file", file);
		exit(FOUND_NOT_EXECUTABLE);
	}
	if (enabled) {
		if (!cl->anyway)
			refuse(name, file);
		if (cl->explain)
			explain_begin(name);
		check_log(getenv("DUALSTACK_LOG"));
		preload();
	}
	(void)execvp(name, cl->words);
	error = errno;
	tool_warn("%s: %s", name, strerror(error));
	exit(error == ENOENT ? NOT_FOUND : FOUND_NOT_EXECUTABLE);
}

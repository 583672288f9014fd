#include "tool/check/command.h"
#include "tool/check/program.h"
#include "tool/elf.h"
#include "tool/keep.h"
#include "tool/units/rooted.h"
#include "tool/units/unit_values.h"
#include "tool/units/unit_warnings.h"
#include "tool/units/words.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What --check says against PROGRAM, whose file is FULL. In another root the interpreters of scripts and the
 * loader would be looked for in this one, and so only the file itself counts there. */
static void warn_findings(const struct unit *unit, const char *program, const char *full)
{
	bool here = !*unit->place.root && !*unit_last(unit, "RootDirectory");
	struct findings f = {.count = 0};
	struct elf e;

	if (here) {
		command_findings(&f, program);
	} else {
		int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		if (fd >= 0 && elf_read(fd, &e) == 0)
			program_findings(&f, fd, &e);
		if (fd >= 0)
			close(fd);
	}
	for (size_t i = 0; i < f.count; i++)
		if (f.list[i].state == FINDING_FAIL && (here || strcmp(f.list[i].id, "libc") != 0))
			unit_warn(unit, "ExecStart", program, "%s: %s", f.list[i].found, f.list[i].advice);
}

/* Whether PROGRAM, an absolute path behind the unit's root, can be preloaded. */
static void binary_warning(const struct unit *unit, const char *program)
{
	const char *full = rooted_path(unit->place.root, program, true);
	struct stat st;

	if (!full || stat(full, &st) != 0)
		unit_warn(unit, "ExecStart", program, "there is no such file");
	else if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		unit_warn(unit, "ExecStart", program, "it can't be executed");
	else
		warn_findings(unit, program, full);
}

/* Where systemd looks for programs without a slash; with merged /usr, the first of each is enough. */
static const char *const path[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin",
				   "/sbin",           "/bin",           NULL};

/* The file that NAME, as in ExecStart=, is; NAME itself where there is none. */
static const char *found(const struct unit *unit, const char *name)
{
	struct stat st;

	if (strchr(name, '/'))
		return name;
	for (size_t i = 0; path[i]; i++) {
		const char *file = keep_format("%s/%s", path[i], name);
		const char *full = rooted_path(unit->place.root, file, true);

		if (full && stat(full, &st) == 0)
			return file;
	}
	return name;
}

void unit_program_warnings(const struct unit *unit)
{
	struct texts lines = unit_lines(unit, "Service", "ExecStart");
	const char *root = unit_last(unit, "RootDirectory");

	/* What is in an image, and what a specifier stands for, is not known here. */
	if (*unit_last(unit, "RootImage"))
		return;
	for (size_t i = 0; i < lines.count; i++) {
		const char *rest = lines.at[i], *program = word_next(&rest);

		if (!program || strchr(program, '%'))
			continue;
		program = found(unit, program + strspn(program, "@-:+!|"));
		binary_warning(unit, *root == '/' ? keep_format("%s%s", root, program) : program);
	}
}

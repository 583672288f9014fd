#include "rooted.h"
#include "unit_values.h"
#include "unit_warnings.h"
#include "words.h"

#include <string.h>
#include <sys/stat.h>

void unit_binary_warning(const struct unit *unit, const char *program)
{
	const char *full = rooted_path(unit->place.root, program, true);
	struct stat st;

	if (!full || stat(full, &st) != 0)
		unit_warn(unit, "ExecStart", program, "there is no such file");
	else if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		unit_warn(unit, "ExecStart", program, "it can't be executed");
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
		unit_binary_warning(unit, *root == '/' ? keep_format("%s%s", root, program) : program);
	}
}

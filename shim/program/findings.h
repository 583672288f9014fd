/* Findings: of a program that is to be preloaded, and for --check of the host, in the order in which they are
 * printed. */
#ifndef DUALSTACK_FINDINGS_H
#define DUALSTACK_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "program/elf.h"

enum finding_state {
	FINDING_OK,
	FINDING_NOTE,   /* works, with something to know */
	FINDING_WARN,   /* works in part, or is dangerous */
	FINDING_FAIL,   /* dualstack can't do its work */
	FINDING_UNKNOWN /* not known */
};

struct finding {
	const char *id; /* in snake_case; other programs rely on it */
	enum finding_state state;
	char *found;
	const char *advice; /* what to do about it; "" for nothing */
};

struct findings {
	struct finding *list; /* keep.h; {0} is an empty one */
	size_t count;
};

/* Adds a finding. ADVICE is not copied; FORMAT and its arguments say what was found. */
__attribute__((format(printf, 5, 6))) void findings_add(struct findings *f, const char *id,
							enum finding_state state, const char *advice,
							const char *format, ...);

/* True if no finding is FINDING_FAIL. */
bool findings_usable(const struct findings *f);

/* "ok", "note", "warn", "fail", "unknown". */
const char *findings_state(enum finding_state state);

/* Finds the file that execvp(3) would execute for NAME. Returns 0, -ENOENT, or -EACCES if there are only
 * files that can't be executed; *FILE is the file in question, and overwritten by the next call. */
int command_find(const char *name, const char **file);

/* Looks NAME up as execvp(3) does, follows scripts to their interpreters, and adds findings: known, if
 * known.def has it; command; script, if it is one; and word_size, static, libc (unless static), go, set_id
 * and capabilities of the program that is executed in the end. FINDING_FAIL means that this caller can't
 * preload the library into it. If a file is missing or can't be read, the rest is left out. Nothing is
 * executed. */
void command_findings(struct findings *f, const char *name);

/* Adds known, if known.def has a program that is called as PATH ends. */
void command_known(struct findings *f, const char *path);

/* Adds word_size, static, libc, go, set_id and capabilities for the program in FD, whose ELF headers are in
 * E. */
void program_findings(struct findings *f, int fd, const struct elf *e);

#endif

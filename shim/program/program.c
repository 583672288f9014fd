#define _GNU_SOURCE
#include "program/findings.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "program/library.h"
#include "tool/keep.h"
#include "tool/tool.h"

static bool same_machine(const struct elf *a, const struct elf *b)
{
	return a->bits == b->bits && a->machine == b->machine && !b->other_order;
}

static void word_size(struct findings *f, const struct elf *own, const struct elf *e)
{
	static const char id[] = "word_size";

	if (same_machine(own, e))
		findings_add(f, id, FINDING_OK, "", "%d-bit, as the library", e->bits);
	else if (library_for(e))
		findings_add(f, id, FINDING_OK, "", "%d-bit, for which the library is installed, too",
			     e->bits);
	else if (own->bits != e->bits)
		findings_add(f, id, FINDING_FAIL,
			     e->bits == 32
				 ? "Install the 32-bit library beside this one, or the 64-bit program."
				 : "Install the 64-bit library, or the 32-bit program.",
			     "a %d-bit program, and the library is for %d-bit ones", e->bits, own->bits);
	else
		findings_add(f, id, FINDING_FAIL, "Build the library for that machine.",
			     "for another machine (%u in elf.h)", e->machine);
}

/* Finds the C library by the name of its loader. */
static const char *libc_of(const char *loader)
{
	const char *slash = strrchr(loader, '/'), *name = slash ? slash + 1 : loader;

	if (strncmp(name, "ld-musl-", 8) == 0)
		return "musl";
	return strncmp(name, "ld-linux", 8) == 0 || strncmp(name, "ld64.so", 7) == 0 ||
		       strncmp(name, "ld.so", 5) == 0
		   ? "glibc"
		   : "an unknown C library";
}

static bool same_file(const char *a, const char *b)
{
	struct stat of_a, of_b;

	return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

static void libc(struct findings *f, const struct elf *own, const struct elf *e)
{
#ifdef __GLIBC__
	const char *ours = "glibc";
#else
	const char *ours = "musl";
#endif
	const char *theirs = libc_of(e->interpreter);

	if (access(e->interpreter, F_OK) != 0)
		findings_add(f, "libc", FINDING_FAIL, "Install the C library that it was built for.",
			     "built for %s, whose loader %s is not there", theirs, e->interpreter);
	else if (strcmp(ours, theirs) != 0)
		findings_add(
		    f, "libc", FINDING_FAIL,
		    "Build the library with that C library's compiler (make CC=musl-gcc), or install "
		    "the program as built for this one.",
		    "built for %s (%s), and the library is for %s", theirs, e->interpreter, ours);
	else if (own->interpreter[0] && same_machine(own, e) && !same_file(own->interpreter, e->interpreter))
		findings_add(f, "libc", FINDING_WARN,
			     "Works unless it is older than the one for which the library was built; try "
			     "--log=debug.",
			     "a %s of its own (%s)", theirs, e->interpreter);
	else
		findings_add(f, "libc", FINDING_OK, "", "%s, as the library", ours);
}

/* The kernel gives a program no more rights than its caller has if the file system is mounted nosuid, or with
 * PR_SET_NO_NEW_PRIVS. */
static bool no_rights(int fd)
{
	struct statvfs fs;

	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
	       (fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_NOSUID));
}

/* Adds a finding about rights that make ld.so(8) ignore LD_PRELOAD ("Secure-execution mode"): the program HAS
 * them, and they change something for this caller (COUNTS). */
static void rights(struct findings *f, const char *id, const char *what, bool has, bool counts,
		   const char *none, const char *advice)
{
	if (!has)
		findings_add(f, id, FINDING_OK, "", "%s", none);
	else if (counts)
		findings_add(f, id, FINDING_FAIL, advice, "%s", what);
	else
		findings_add(f, id, FINDING_NOTE, "For other callers, ld.so(8) ignores LD_PRELOAD.",
			     "%s, which changes nothing for this caller", what);
}

/* Real and effective IDs do not differ if the caller is that user already. Without execute permission for the
 * group, set-group-ID means mandatory locking. */
static void set_id(struct findings *f, int fd)
{
	struct stat s = {.st_mode = 0};
	bool user, group, other;

	(void)fstat(fd, &s);
	user = s.st_mode & S_ISUID;
	group = (s.st_mode & S_ISGID) && (s.st_mode & S_IXGRP);
	other = (user && s.st_uid != getuid()) || (group && s.st_gid != getgid());
	rights(f, "set_id",
	       keep_format("set-%s-ID to %s %u", user ? "user" : "group", user ? "user" : "group",
			   (unsigned)(user ? s.st_uid : s.st_gid)),
	       user || group, other && !no_rights(fd), "neither set-user-ID nor set-group-ID",
	       "ld.so(8) ignores LD_PRELOAD for it: run it as that user, or what it starts under "
	       "dualstack-run.");
}

/* Inheritable capabilities count only for callers that have them (capabilities(7)). */
static void capabilities(struct findings *f, int fd)
{
	union {
		struct vfs_cap_data data;
		char room[64];
	} attribute = {.room = ""};
	const struct vfs_cap_data *c = &attribute.data;
	ssize_t size = fgetxattr(fd, "security.capability", &attribute, sizeof attribute);
	bool effective = *(const unsigned char *)&c->magic_etc & VFS_CAP_FLAGS_EFFECTIVE;

	rights(f, "capabilities", "file capabilities",
	       size > 0 && (effective || c->data[0].permitted || c->data[1].permitted),
	       getuid() != 0 && !no_rights(fd), "no file capabilities",
	       "ld.so(8) ignores LD_PRELOAD for it: run a copy without them, with AmbientCapabilities= of "
	       "systemd or setpriv(1) instead.");
}

void program_findings(struct findings *f, int fd, const struct elf *e)
{
	struct elf own;

	/* The library is built by the same compiler as the tool, so it is for the same machine. */
	if (!elf_of(library_tool(), &own))
		tool_fail("%s: can't be read", library_tool());
	word_size(f, &own, e);
	if (e->other_order)
		return;
	if (!e->interpreter[0])
		findings_add(f, "static", FINDING_FAIL, "Install the program as dynamically linked.",
			     "statically linked: there is no loader to preload anything");
	else
		findings_add(f, "static", FINDING_OK, "", "dynamically linked");
	if (e->interpreter[0])
		libc(f, &own, e);
	if (e->go)
		findings_add(f, "go", FINDING_FAIL,
			     "Usually it is not needed: a Go program that is given no address, or [::], "
			     "serves and reaches both families.",
			     "a Go program: it calls the kernel without libc");
	else
		findings_add(f, "go", FINDING_OK, "", "not a Go program");
	set_id(f, fd);
	capabilities(f, fd);
}

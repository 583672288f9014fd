/* What an ELF file says of how it is to be loaded (elf(5)). The file is read by hand, of either word size and
 * byte order: it may be cut off, or made to mislead. */
#ifndef DUALSTACK_ELF_H
#define DUALSTACK_ELF_H

#include <limits.h>
#include <stdbool.h>

struct elf {
	int bits; /* 32 or 64 */
	bool big_endian;
	unsigned machine;           /* EM_... of elf.h */
	bool go;                    /* made by the Go compiler, which calls the kernel without libc */
	char interpreter[PATH_MAX]; /* the dynamic loader (PT_INTERP); "" in a static program */
};

/* Reads the regular file FD into E; the file's offset is left alone. Returns 0; -ENOEXEC where it is no ELF
 * file; -EBADMSG where it is one that execve() would refuse, by the rules of the kernel's fs/binfmt_elf.c, or
 * no program; or another negative errno. Then E says nothing. */
int elf_read(int fd, struct elf *e);

#endif

/* Reads how an ELF file is to be loaded (elf(5)), for either word size. The file may be cut off or malicious.
 */
#ifndef DUALSTACK_ELF_H
#define DUALSTACK_ELF_H

#include <limits.h>
#include <stdbool.h>

struct elf {
	int bits;                   /* 32 or 64 */
	unsigned machine;           /* EM_... of elf.h */
	bool other_order;           /* not this machine's byte order: nothing below is known */
	bool go;                    /* made by the Go compiler (1.13), which calls the kernel without libc */
	char interpreter[PATH_MAX]; /* the dynamic loader (PT_INTERP); "" in a static program */
};

/* Reads the regular file FD into E and leaves the file's offset alone. Returns 0, or -ENOEXEC if it is no ELF
 * file, -EBADMSG if it is no program or execve() would refuse it (the kernel's fs/binfmt_elf.c); then E is
 * undefined. */
int elf_read(int fd, struct elf *e);

/* The same for the file PATH, which is no FIFO; false if it can't be read. */
bool elf_of(const char *path, struct elf *e);

#endif

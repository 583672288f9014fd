/* Files that are to be programs, and first lines of scripts: cut off, or made to mislead. */
#define _GNU_SOURCE
#include "../fuzz.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "program/elf.h"
#include "program/script.h"

static void read_elf(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct elf e;
	int result;

	if (fd < 0)
		fd = memfd_create("elf", MFD_CLOEXEC);
	assert(fd >= 0 && ftruncate(fd, 0) == 0);
	assert(pwrite(fd, data, size, 0) == (ssize_t)size);
	memset(&e, 0x55, sizeof e);
	result = elf_read(fd, &e);
	assert(result == 0 || result == -ENOEXEC || result == -EBADMSG);
	assert((result == -ENOEXEC) == (size < 4 || memcmp(data, "\177ELF", 4) != 0));
	assert(lseek(fd, 0, SEEK_CUR) == 0);
	if (result == 0) {
		assert(e.bits == 32 || e.bits == 64);
		assert(memchr(e.interpreter, '\0', sizeof e.interpreter));
		/* Both are somewhere in the file. */
		assert(!*e.interpreter || memmem(data, size, e.interpreter, strlen(e.interpreter) + 1));
		assert(!e.go || memmem(data, size, ".go.buildinfo", 13));
	}
}

static void read_script(const uint8_t *data, size_t size)
{
	struct script s;
	int result;

	memset(&s, 0x55, sizeof s);
	size = size < SCRIPT_LINE ? size : SCRIPT_LINE;
	memcpy(s.line, data, size);
	result = script_parse(&s, size);
	assert(result == 0 || result == -ENOEXEC || result == -EBADMSG);
	if (result == 0) {
		assert(memcmp(data, "#!", 2) == 0);
		assert(*s.interpreter && memmem(data, size, s.interpreter, strlen(s.interpreter)));
		assert(!s.interpreter[strcspn(s.interpreter, " \t\n")]);
		assert(!s.name || memmem(data, size, s.name, strlen(s.name)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_elf(data, size);
	read_script(data, size);
	return 0;
}

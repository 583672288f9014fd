#define _GNU_SOURCE
#include "program/elf.h"

#include <byteswap.h>
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { HEADERS = 65536 }; /* bytes of program headers that the kernel takes */

/* A field of an Elf32_ or Elf64_ structure, read into the union OF. */
#define FIELD(e, of, name) ((e)->bits == 64 ? (uint64_t)(of).in64.name : (uint64_t)(of).in32.name)

#define SEGMENT(e, of, i, name) ((e)->bits == 64 ? (uint64_t)(of).in64[i].name : (uint64_t)(of).in32[i].name)

static bool read_all(int fd, void *data, size_t size, uint64_t offset)
{
	return offset <= INT32_MAX && pread(fd, data, size, (off_t)offset) == (ssize_t)size;
}

/* The kernel requires 2 to PATH_MAX bytes, and the last must be NUL. */
static bool read_interpreter(int fd, struct elf *e, uint64_t offset, uint64_t size)
{
	return size >= 2 && size <= sizeof e->interpreter &&
	       read_all(fd, e->interpreter, (size_t)size, offset) && e->interpreter[0] &&
	       !e->interpreter[size - 1];
}

union header {
	Elf32_Ehdr in32;
	Elf64_Ehdr in64;
};

/* Go's linker puts its version into a section of its own (Go's debug/buildinfo), which strip(1) keeps. Only
 * the table of the sections' names is read, which is small, as this is done whenever a program is run. */
static bool is_go(int fd, const struct elf *e, const union header *h)
{
	static const char section[] = ".go.buildinfo";
	union {
		Elf32_Shdr in32;
		Elf64_Shdr in64;
	} names;
	size_t size = e->bits == 64 ? sizeof names.in64 : sizeof names.in32;
	char text[4096];
	uint64_t offset;
	ssize_t got;

	if (!read_all(fd, &names, size, FIELD(e, *h, e_shoff) + FIELD(e, *h, e_shstrndx) * size))
		return false;
	offset = FIELD(e, names, sh_offset);
	got = offset <= INT32_MAX ? pread(fd, text, sizeof text, (off_t)offset) : 0;
	return got > 0 && memmem(text, (size_t)got, section, sizeof section);
}

int elf_read(int fd, struct elf *e)
{
	union header header;
	static union {
		Elf32_Phdr in32[HEADERS / sizeof(Elf32_Phdr)];
		Elf64_Phdr in64[HEADERS / sizeof(Elf64_Phdr)];
	} table;
	const unsigned char *ident = header.in32.e_ident;
	uint64_t count, type;
	size_t size;
	ssize_t got;

	*e = (struct elf){0};
	memset(&header, 0, sizeof header);
	got = pread(fd, &header, sizeof header, 0);
	if (got < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	if (got < (ssize_t)sizeof header.in32)
		return -EBADMSG;
	e->bits = ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
	e->other_order = ident[EI_DATA] != (BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB);
	e->machine = e->other_order ? bswap_16(header.in32.e_machine) : header.in32.e_machine;
	if (e->other_order)
		return 0;
	type = header.in32.e_type;
	count = FIELD(e, header, e_phnum);
	size = e->bits == 64 ? sizeof table.in64[0] : sizeof table.in32[0];
	if ((type != ET_EXEC && type != ET_DYN) || FIELD(e, header, e_phentsize) != size || count == 0 ||
	    count * size > HEADERS ||
	    !read_all(fd, &table, (size_t)(count * size), FIELD(e, header, e_phoff)))
		return -EBADMSG;
	for (uint64_t i = 0; i < count; i++)
		if (SEGMENT(e, table, i, p_type) == PT_INTERP && !e->interpreter[0] &&
		    !read_interpreter(fd, e, SEGMENT(e, table, i, p_offset), SEGMENT(e, table, i, p_filesz)))
			return -EBADMSG;
	e->go = is_go(fd, e, &header);
	return 0;
}

bool elf_of(const char *path, struct elf *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0 && elf_read(fd, e) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

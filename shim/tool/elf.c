#include "tool/elf.h"

#include <byteswap.h>
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { HEADERS = 65536 }; /* bytes of program headers that the kernel takes */

/* A field of an Elf32_ or Elf64_ structure, read into the union OF. */
#define FIELD(e, of, name) ((e)->bits == 64 ? (uint64_t)(of).in64.name : (uint64_t)(of).in32.name)

static bool read_all(int fd, void *data, size_t size, uint64_t offset)
{
	return offset <= INT32_MAX && pread(fd, data, size, (off_t)offset) == (ssize_t)size;
}

/* The kernel wants 2 to PATH_MAX bytes, of which the last is NUL. */
static bool read_interpreter(int fd, struct elf *e, uint64_t offset, uint64_t size)
{
	return size >= 2 && size <= sizeof e->interpreter &&
	       read_all(fd, e->interpreter, (size_t)size, offset) && e->interpreter[0] &&
	       !e->interpreter[size - 1];
}

/* Go's linker puts its version behind these 14 bytes, aligned to 16 (Go's debug/buildinfo). */
static bool is_go(int fd)
{
	unsigned char data[65536];
	off_t at = 0;
	ssize_t size;

	while ((size = pread(fd, data, sizeof data, at)) > 0) {
		for (ssize_t i = 0; i + 16 <= size; i += 16)
			if (data[i] == 0xff && memcmp(data + i + 1, " Go buildinf:", 13) == 0)
				return true;
		at += size;
	}
	return false;
}

int elf_read(int fd, struct elf *e)
{
	union {
		Elf32_Ehdr in32;
		Elf64_Ehdr in64;
	} header;
	union {
		Elf32_Phdr in32;
		Elf64_Phdr in64;
	} segment;
	const unsigned char *ident = header.in32.e_ident;
	uint64_t table, count, type;
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
	table = FIELD(e, header, e_phoff);
	count = FIELD(e, header, e_phnum);
	size = e->bits == 64 ? sizeof segment.in64 : sizeof segment.in32;
	if ((type != ET_EXEC && type != ET_DYN) || FIELD(e, header, e_phentsize) != size || count == 0 ||
	    count * size > HEADERS)
		return -EBADMSG;
	for (uint64_t i = 0; i < count; i++) {
		if (!read_all(fd, &segment, size, table + i * size))
			return -EBADMSG;
		if (FIELD(e, segment, p_type) == PT_INTERP && !e->interpreter[0] &&
		    !read_interpreter(fd, e, FIELD(e, segment, p_offset), FIELD(e, segment, p_filesz)))
			return -EBADMSG;
	}
	e->go = is_go(fd);
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

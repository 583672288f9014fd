#include "tool/elf.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum {
	HEADERS = 65536, /* bytes of program headers that the kernel takes */
};

/* A field of an Elf32_ or Elf64_TYPE that begins at DATA. */
#define FIELD(e, type, data, name)                                                                          \
	((e)->bits == 64 ? number(e, (data) + offsetof(Elf64_##type, name), sizeof((Elf64_##type){0}).name) \
			 : number(e, (data) + offsetof(Elf32_##type, name), sizeof((Elf32_##type){0}).name))

static uint64_t number(const struct elf *e, const unsigned char *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[e->big_endian ? i : size - 1 - i];
	return value;
}

/* Reads SIZE bytes at OFFSET, or as many as the file has. Returns how many, or -errno. */
static ssize_t read_some(int fd, void *data, size_t size, uint64_t offset)
{
	size_t done = 0;

	if (offset > (uint64_t)INT64_MAX - size)
		return 0;
	while (done < size) {
		ssize_t n = pread(fd, (char *)data + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* Reads all SIZE bytes. Returns 0, -EBADMSG if the file ends before, or another negative errno. */
static int read_all(int fd, void *data, size_t size, uint64_t offset)
{
	ssize_t n = read_some(fd, data, size, offset);

	return n < 0 ? (int)n : (size_t)n == size ? 0 : -EBADMSG;
}

/* The kernel wants 2 to PATH_MAX bytes, of which the last is NUL. */
static int read_interpreter(int fd, struct elf *e, uint64_t offset, uint64_t size)
{
	int error;

	if (size < 2 || size > sizeof e->interpreter)
		return -EBADMSG;
	error = read_all(fd, e->interpreter, (size_t)size, offset);
	if (error == 0 && (e->interpreter[size - 1] || !e->interpreter[0]))
		error = -EBADMSG;
	return error;
}

/* Is there the section that Go's linker makes (since Go 1.13)? The kernel needs no sections, so that damaged
 * ones are no error. */
static bool go_section(int fd, const struct elf *e, const unsigned char *header)
{
	uint64_t table = FIELD(e, Ehdr, header, e_shoff), count = FIELD(e, Ehdr, header, e_shnum);
	uint64_t names_index = FIELD(e, Ehdr, header, e_shstrndx), names, names_size;
	size_t size = e->bits == 64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	unsigned char section[sizeof(Elf64_Shdr)];
	static const char wanted[] = ".go.buildinfo";

	if (FIELD(e, Ehdr, header, e_shentsize) != size || names_index >= count ||
	    table > INT64_MAX - count * size || read_all(fd, section, size, table + names_index * size) != 0)
		return false;
	names = FIELD(e, Shdr, section, sh_offset);
	names_size = FIELD(e, Shdr, section, sh_size);
	for (uint64_t i = 0; i < count; i++) {
		char name[sizeof wanted];
		uint64_t at;

		if (read_all(fd, section, size, table + i * size) != 0)
			return false;
		at = FIELD(e, Shdr, section, sh_name);
		if (names_size >= sizeof wanted && at <= names_size - sizeof wanted &&
		    names <= INT64_MAX - names_size && read_all(fd, name, sizeof name, names + at) == 0 &&
		    memcmp(name, wanted, sizeof wanted) == 0)
			return true;
	}
	return false;
}

/* Reads the first PT_INTERP among the program headers, as the kernel does. */
static int read_segments(int fd, struct elf *e, const unsigned char *header)
{
	uint64_t table = FIELD(e, Ehdr, header, e_phoff), count = FIELD(e, Ehdr, header, e_phnum);
	size_t size = e->bits == 64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	if (FIELD(e, Ehdr, header, e_phentsize) != size || count == 0 || count * size > HEADERS ||
	    table > INT64_MAX - HEADERS)
		return -EBADMSG;
	for (uint64_t i = 0; i < count; i++) {
		unsigned char segment[sizeof(Elf64_Phdr)];
		uint64_t type, offset, length;
		int error = read_all(fd, segment, size, table + i * size);

		if (error)
			return error;
		type = FIELD(e, Phdr, segment, p_type);
		offset = FIELD(e, Phdr, segment, p_offset);
		length = FIELD(e, Phdr, segment, p_filesz);
		if (type == PT_INTERP && !e->interpreter[0])
			error = read_interpreter(fd, e, offset, length);
		if (error)
			return error;
	}
	return 0;
}

int elf_read(int fd, struct elf *e)
{
	unsigned char header[sizeof(Elf64_Ehdr)] = {0};
	ssize_t got = read_some(fd, header, sizeof header, 0);
	uint64_t type;
	int error;

	*e = (struct elf){0};
	if (got < 0)
		return (int)got;
	if (got < SELFMAG || memcmp(header, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	if ((header[EI_CLASS] != ELFCLASS32 && header[EI_CLASS] != ELFCLASS64) ||
	    (header[EI_DATA] != ELFDATA2LSB && header[EI_DATA] != ELFDATA2MSB))
		return -EBADMSG;
	e->bits = header[EI_CLASS] == ELFCLASS64 ? 64 : 32;
	e->big_endian = header[EI_DATA] == ELFDATA2MSB;
	if ((size_t)got < (e->bits == 64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return -EBADMSG;
	e->machine = (unsigned)FIELD(e, Ehdr, header, e_machine);
	type = FIELD(e, Ehdr, header, e_type);
	if (type != ET_EXEC && type != ET_DYN)
		return -EBADMSG;
	error = read_segments(fd, e, header);
	if (error == 0)
		e->go = go_section(fd, e, header);
	return error;
}

/* ELF files: real ones, made ones, ones that are cut off at every byte, and ones that mean to mislead. */
#define _GNU_SOURCE
#include "../unit.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "program/elf.h"

static const unsigned char own_order = BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;

static const char loader[] = "/lib64/ld-linux-x86-64.so.2";

/* A file of 64 bits: header, a PT_INTERP and another segment, the loader, and a section with the
 * names of sections. */
struct made64 {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	char interpreter[sizeof loader];
	Elf64_Shdr names;
	char go[16];
};

static struct made64 make64(void)
{
	struct made64 m = {
	    .header =
		{
		    .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, own_order, EV_CURRENT},
		    .e_type = ET_DYN,
		    .e_machine = EM_X86_64,
		    .e_phoff = offsetof(struct made64, segments),
		    .e_phentsize = sizeof(Elf64_Phdr),
		    .e_phnum = 2,
		    .e_shoff = offsetof(struct made64, names),
		},
	    .segments =
		{
		    {.p_type = PT_INTERP,
		     .p_offset = offsetof(struct made64, interpreter),
		     .p_filesz = sizeof loader},
		    {.p_type = PT_NULL},
		},
	    .names = {.sh_offset = offsetof(struct made64, go)},
	    .go = ".go.buildinfos",
	};

	memcpy(m.interpreter, loader, sizeof loader);
	return m;
}

/* Reads DATA as a file. */
static int read_back(const void *data, size_t size, struct elf *e)
{
	int fd = memfd_create("elf", MFD_CLOEXEC), result;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	result = elf_read(fd, e);
	close(fd);
	return result;
}

static int read_made(const struct made64 *m, struct elf *e)
{
	return read_back(m, sizeof *m, e);
}

static void plain(void **state)
{
	struct made64 m = make64();
	struct elf e;

	(void)state;
	assert_int_equal(read_made(&m, &e), 0);
	assert_int_equal(e.bits, 64);
	assert_int_equal(e.machine, EM_X86_64);
	assert_false(e.other_order);
	assert_false(e.go);
	assert_string_equal(e.interpreter, loader);
	m.segments[0].p_type = PT_NULL;
	assert_int_equal(read_made(&m, &e), 0);
	assert_string_equal(e.interpreter, "");
}

static void go(void **state)
{
	struct made64 m = make64();
	struct elf e;

	(void)state;
	m.go[13] = '\0';
	assert_int_equal(read_made(&m, &e), 0);
	assert_true(e.go);
	/* It must be all of it. */
	m.go[0] = 'x';
	assert_int_equal(read_made(&m, &e), 0);
	assert_false(e.go);
}

static void other_order(void **state)
{
	struct made64 m = make64();
	struct elf e;

	(void)state;
	m.header.e_ident[EI_DATA] = own_order == ELFDATA2LSB ? ELFDATA2MSB : ELFDATA2LSB;
	m.header.e_machine = EM_S390 << 8;
	assert_int_equal(read_made(&m, &e), 0);
	assert_true(e.other_order);
	assert_int_equal(e.machine, EM_S390);
}

/* In 32 bits, the fields are elsewhere. */
static void small(void **state)
{
	struct {
		Elf32_Ehdr header;
		Elf32_Phdr segment;
		char interpreter[sizeof loader];
	} m = {.header = {.e_type = ET_EXEC,
			  .e_machine = EM_386,
			  .e_phoff = sizeof m.header,
			  .e_phentsize = sizeof m.segment,
			  .e_phnum = 1},
	       .segment = {.p_type = PT_INTERP,
			   .p_offset = sizeof m.header + sizeof m.segment,
			   .p_filesz = sizeof loader}};
	struct elf e;

	(void)state;
	memcpy(m.header.e_ident, make64().header.e_ident, EI_NIDENT);
	m.header.e_ident[EI_CLASS] = ELFCLASS32;
	memcpy(m.interpreter, loader, sizeof loader);
	assert_int_equal(read_back(&m, sizeof m, &e), 0);
	assert_int_equal(e.bits, 32);
	assert_string_equal(e.interpreter, loader);
}

/* Cut off before the program headers and what they name end, a file is damaged. */
static void cut_off(void **state)
{
	struct made64 m = make64();
	struct elf e;

	(void)state;
	for (size_t size = 0; size < sizeof m; size++) {
		int expected = size < SELFMAG                                                ? -ENOEXEC
			       : size < offsetof(struct made64, interpreter) + sizeof loader ? -EBADMSG
											     : 0;

		assert_int_equal(read_back(&m, size, &e), expected);
	}
}

static void misleading_headers(void **state)
{
	static const uint64_t far[] = {INT64_MAX, INT64_MAX - 16, UINT64_MAX, UINT64_MAX - 7, 1ull << 40};
	struct made64 m;
	struct elf e;

	(void)state;
#define REFUSED(change) \
	m = make64();   \
	change;         \
	assert_int_equal(read_made(&m, &e), -EBADMSG)
	REFUSED(m.header.e_ident[EI_CLASS] = 3);
	REFUSED(m.header.e_ident[EI_CLASS] = ELFCLASS32); /* the numbers are elsewhere then */
	REFUSED(m.header.e_type = ET_REL);
	REFUSED(m.header.e_type = ET_CORE);
	REFUSED(m.header.e_phentsize = 1);
	REFUSED(m.header.e_phnum = 0);
	REFUSED(m.header.e_phnum = 0xffff);
	REFUSED(m.header.e_phnum = 40); /* beyond the end */
	REFUSED(m.segments[0].p_filesz = 0);
	REFUSED(m.segments[0].p_filesz = 1);
	REFUSED(m.segments[0].p_filesz = sizeof loader - 1); /* no NUL at its end */
	REFUSED(m.segments[0].p_filesz = PATH_MAX + 1);
	REFUSED(m.segments[0].p_filesz = UINT64_MAX);
	REFUSED(m.interpreter[0] = '\0');
	for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
		REFUSED(m.header.e_phoff = far[i]);
		REFUSED(m.segments[0].p_offset = far[i]);
	}
#undef REFUSED
}

/* The second PT_INTERP is nobody's. */
static void second_interpreter(void **state)
{
	struct made64 m = make64();
	struct elf e;

	(void)state;
	m.segments[1].p_type = PT_INTERP;
	assert_int_equal(read_made(&m, &e), 0);
	assert_string_equal(e.interpreter, loader);
}

/* Any byte may be anything: the reader ends, and what it says ends as well. */
static void any_byte(void **state)
{
	unsigned seed = 1;
	struct elf e;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct made64 m = make64();

		for (int i = 0; i < 4; i++) {
			seed = seed * 1103515245 + 12345;
			((unsigned char *)&m)[4 + (seed >> 8) % (sizeof m - 4)] = (unsigned char)(seed >> 24);
		}
		if (read_made(&m, &e) == 0)
			assert_true(memchr(e.interpreter, '\0', sizeof e.interpreter));
	}
}

static void real(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct elf e;

	(void)state;
	assert_int_equal(elf_read(fd, &e), 0);
	close(fd);
	assert_int_equal(e.bits, 8 * (int)sizeof(void *));
	assert_int_equal(access(e.interpreter, X_OK), 0);
	assert_false(e.go);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain),
	    cmocka_unit_test(go),
	    cmocka_unit_test(other_order),
	    cmocka_unit_test(small),
	    cmocka_unit_test(cut_off),
	    cmocka_unit_test(misleading_headers),
	    cmocka_unit_test(second_interpreter),
	    cmocka_unit_test(any_byte),
	    cmocka_unit_test(real),
	};

	return cmocka_run_group_tests_name("elf", tests, NULL, NULL);
}

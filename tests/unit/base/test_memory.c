/* Whether memory can be accessed is asked anew each time: memory that was good may be so no more. */
#define _GNU_SOURCE
#include "../unit.h"

#include <sys/mman.h>

#include "base/memory.h"

static void good_no_more(void **state)
{
	long page = sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(at, MAP_FAILED);
	assert_true(memory_writable(at, 16));
	assert_int_equal(mprotect(at, (size_t)page, PROT_READ), 0);
	assert_false(memory_writable(at, 16));
	assert_true(memory_readable(at, 16));
	assert_true(memory_readable_address(at, 16));
	assert_int_equal(munmap(at, (size_t)page), 0);
	assert_false(memory_readable(at, 16));
	assert_false(memory_readable_address(at, 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(good_no_more)};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}

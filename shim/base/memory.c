#define _GNU_SOURCE
#include "base/memory.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sockaddr.h"

#ifndef SYS_futex /* 32 bit, with 64-bit time */
#define SYS_futex SYS_futex_time64
#endif

/* The smallest page of any Linux; a larger one is asked about more than once. */
enum { PAGE = 4096 };

/* Memory a little above this frame belongs to the callers, and needs no system call: programs have addresses
 * and messages on their stack. */
enum { CALLERS = 16384 };

static bool on_stack(const void *at, size_t size)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0), start = (uintptr_t)at;

	return start >= here && start - here < CALLERS && size < CALLERS;
}

/* Compares the word, so it must be readable (futex_requeue()); moves no waiter, whatever the word is. */
static bool readable_at(uintptr_t at)
{
	int ours = 0;

	return syscall(SYS_futex, at & ~(uintptr_t)3, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 0, 0, &ours,
		       0) >= 0 ||
	       errno != EFAULT;
}

/* Adds 0 to the word, so it must be writable (futex_atomic_op_inuser()). Nobody waits at OURS; a thread that
 * waits at the word, if it is -2048, may be woken for nothing, which futex(2) allows. */
static bool writable_at(uintptr_t at)
{
	static const int add_nothing = FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, -2048);
	int ours = 0;

	return syscall(SYS_futex, &ours, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0, at & ~(uintptr_t)3,
		       add_nothing) >= 0 ||
	       errno != EFAULT;
}

/* Pages that were found good lately, by the last bits of their numbers. */
enum { KNOWN = 16 };
static _Atomic uintptr_t known_readable[KNOWN], known_writable[KNOWN];

static __attribute__((noinline)) bool ask(bool (*good_at)(uintptr_t at), _Atomic uintptr_t *known,
					  uintptr_t at)
{
	int saved = errno;
	bool result = good_at(at);

	errno = saved;
	if (result && known)
		atomic_store_explicit(&known[at / PAGE % KNOWN], at / PAGE, memory_order_relaxed);
	return result;
}

static inline bool is_good(bool (*good_at)(uintptr_t at), _Atomic uintptr_t *known, uintptr_t at)
{
	return (known &&
		atomic_load_explicit(&known[at / PAGE % KNOWN], memory_order_relaxed) == at / PAGE) ||
	       ask(good_at, known, at);
}

/* Checks the first byte and the last: the others are in the same pages. */
static inline bool touched(bool (*good_at)(uintptr_t at), _Atomic uintptr_t *known, const void *at,
			   size_t size)
{
	uintptr_t first = (uintptr_t)at, last = first + size - 1;

	if (size == 0 || on_stack(at, size))
		return true;
	/* The first page is never mapped (vm.mmap_min_addr), and futex() takes NULL for something else. */
	if (first < PAGE || last < first)
		return false;
	return is_good(good_at, known, first) &&
	       (first / PAGE == last / PAGE || is_good(good_at, known, last));
}

bool memory_readable(const void *at, size_t size)
{
	return touched(readable_at, NULL, at, size);
}

bool memory_writable(const void *at, size_t size)
{
	return touched(writable_at, NULL, at, size);
}

bool memory_readable_lately(const void *at, size_t size)
{
	return touched(readable_at, known_readable, at, size);
}

bool memory_writable_lately(const void *at, size_t size)
{
	return touched(writable_at, known_writable, at, size);
}

static bool readable_text(const char *text)
{
	while (memory_readable(text, 1)) {
		size_t rest = PAGE - (uintptr_t)text % PAGE;

		if (strnlen(text, rest) < rest)
			return true;
		text += rest;
	}
	return false;
}

bool memory_readable_list(char *const *list)
{
	for (; memory_readable(list, sizeof *list); list++)
		if (!*list || !readable_text(*list))
			return !*list;
	return false;
}

static bool is_read(const void *addr, unsigned len)
{
	return addr && len <= SOCKADDR_MOST;
}

bool memory_readable_address(const void *addr, unsigned len)
{
	return !is_read(addr, len) || memory_readable(addr, len);
}

bool memory_readable_address_lately(const void *addr, unsigned len)
{
	return !is_read(addr, len) || memory_readable_lately(addr, len);
}

bool memory_takes_address_lately(const void *addr, const unsigned *room)
{
	return memory_writable_lately(room, sizeof *room) &&
	       memory_writable_lately(addr, memory_least(*room, sizeof(struct sockaddr_in)));
}

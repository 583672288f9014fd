#define _GNU_SOURCE
#include "socket/holdings.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/large.h"
#include "socket/facts.h"

/* A set with a higher number makes every replacement look at all descriptors. */
enum { NUMBERS = 65536, BITS = 64 };

static _Atomic bool copied, copied_any, nested;
LARGE static _Atomic uint64_t sets[NUMBERS / BITS], registered[NUMBERS / BITS], duplicated[NUMBERS / BITS];
static _Atomic int used; /* words of SETS, from the first */

void holdings_note_copy(void)
{
	atomic_store_explicit(&copied, true, memory_order_relaxed);
	atomic_store_explicit(&copied_any, true, memory_order_relaxed);
}

bool holdings_copied(void)
{
	return atomic_load_explicit(&copied, memory_order_relaxed);
}

static bool has(_Atomic uint64_t *words, int number)
{
	return number >= 0 && number < NUMBERS &&
	       atomic_load_explicit(&words[number / BITS], memory_order_relaxed) >> number % BITS & 1;
}

/* Adds NUMBER, which is below NUMBERS, to the set. */
static void add(_Atomic uint64_t *words, int number)
{
	if (!has(words, number))
		atomic_fetch_or(&words[number / BITS], UINT64_C(1) << number % BITS);
}

bool holdings_has_copy(int fd)
{
	return holdings_copied() && (atomic_load_explicit(&copied_any, memory_order_relaxed) ||
				     fd >= NUMBERS || has(duplicated, fd));
}

void holdings_note_wait(int fd)
{
	if (fd >= NUMBERS || has(sets, fd))
		atomic_store_explicit(&nested, true, memory_order_relaxed);
}

void holdings_note_registration(int fd)
{
	if (fd >= 0 && fd < NUMBERS)
		add(registered, fd);
	holdings_note_wait(fd);
}

bool holdings_registered(int fd)
{
	return fd >= NUMBERS || has(registered, fd);
}

bool holdings_nested(void)
{
	return atomic_load_explicit(&nested, memory_order_relaxed);
}

void holdings_note_set(int set)
{
	int words = set / BITS + 1, before = atomic_load_explicit(&used, memory_order_relaxed);

	if (set < 0 || has(sets, set))
		return;
	if (set >= NUMBERS) {
		holdings_note_copy();
		return;
	}
	atomic_fetch_or(&sets[set / BITS], UINT64_C(1) << set % BITS);
	while (before < words && !atomic_compare_exchange_weak(&used, &before, words))
		;
}

void holdings_forget_set(int set)
{
	if (set >= 0 && set < NUMBERS)
		atomic_fetch_and(&sets[set / BITS], ~(UINT64_C(1) << set % BITS));
}

void holdings_note_duplicate(int from, int to)
{
	int saved = errno, domain;

	if (has(sets, from))
		holdings_note_set(to);
	if (from == to || (holdings_has_copy(from) && holdings_has_copy(to)))
		return;
	domain = socket_option(from, SO_DOMAIN);
	errno = saved;
	if (domain != AF_INET && domain != AF_INET6)
		return;
	atomic_store_explicit(&copied, true, memory_order_relaxed);
	if (from < NUMBERS)
		add(duplicated, from);
	if (to < NUMBERS)
		add(duplicated, to);
}

int holdings_each_set(int (*visit)(int set, void *arg), void *arg)
{
	int words = atomic_load(&used), result = 0;

	for (int word = 0; word < words && !result; word++) {
		uint64_t left = atomic_load(&sets[word]);

		for (; left && !result; left &= left - 1)
			result = visit(word * BITS + __builtin_ctzll(left), arg);
	}
	return result;
}

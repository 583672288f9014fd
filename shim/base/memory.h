/* Whether the program's memory can be accessed. The library reads a call's arguments before the kernel does,
 * and must not crash where the kernel returns EFAULT. If it can't access memory, the call goes to the kernel
 * as it is. Async-signal-safe, callable from any thread, leaves errno alone. */
#ifndef DUALSTACK_MEMORY_H
#define DUALSTACK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* The smaller of two sizes, as of what there is and what there is room for. */
static inline size_t memory_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Whether the SIZE bytes at AT, at most a page, can be read; and whether they can also be written. True if
 * that can't be found out. Off the caller's stack this costs a system call, futex(2). */
bool memory_readable(const void *at, size_t size);
bool memory_writable(const void *at, size_t size);

/* The same for a list of strings, up to NULL. */
bool memory_readable_list(char *const *list);

/* The same for an address and its length, as given to bind(). Also true if the kernel does not read it: NULL,
 * or a length that no address has. */
bool memory_readable_address(const void *addr, unsigned len);

/* The same for calls on each datagram or connection, where the system call would take a sixth of the time,
 * and for calls where the C library itself ends the program. They don't check a page that was found good
 * lately: if it has been unmapped since, the program ends as by its own access. */
bool memory_readable_lately(const void *at, size_t size);
bool memory_writable_lately(const void *at, size_t size);
bool memory_readable_address_lately(const void *addr, unsigned len);

/* Whether an IPv4 address of up to *ROOM bytes can be written to ADDR, and its length to ROOM, as accept()
 * does. */
bool memory_takes_address_lately(const void *addr, const unsigned *room);

#endif

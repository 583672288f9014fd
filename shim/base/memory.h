/* Whether the program's memory can be touched: where a system call says EFAULT, the shim, which looks at what
 * a call is given before the kernel does, must not end the program. What can't be touched goes to the kernel
 * as it is. Async-signal-safe, callable from any thread, errno left alone. */
#ifndef DUALSTACK_MEMORY_H
#define DUALSTACK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the SIZE bytes at AT, at most a page of them, can be read; and whether they can be written, too.
 * Yes where that can't be found out, and of a page that was asked about lately: one that has been unmapped
 * since ends the program as any access of its own would. A page that is not known costs a system call,
 * futex(2). */
bool memory_readable(const void *at, size_t size);
bool memory_writable(const void *at, size_t size);

/* The same of a list of strings that ends with a NULL. */
bool memory_readable_list(char *const *list);

/* The same of an address and its length, as they are given to bind(). True as well for what the kernel does
 * not look at: NULL, or a length that no address has. */
bool memory_readable_address(const void *addr, unsigned len);

/* Whether an IPv4 address of up to *ROOM bytes, as accept() yields it, can be put at ADDR, and its length at
 * ROOM. */
bool memory_takes_address(const void *addr, const unsigned *room);

#endif

/* Whether the process has other threads. */
#ifndef DUALSTACK_THREADS_H
#define DUALSTACK_THREADS_H

#include <stdbool.h>
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define THREADS_ARE_COUNTED 1
#endif

/* Whether the C library knows that this is the only thread. Some C libraries can't tell. */
static inline bool threads_are_none(void)
{
#ifdef THREADS_ARE_COUNTED
	return __libc_single_threaded;
#else
	return false;
#endif
}

#endif

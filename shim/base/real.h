/* The real functions: the next definitions in the link order, after this library. */
#ifndef DUALSTACK_REAL_H
#define DUALSTACK_REAL_H

#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

struct gaicb;
struct mmsghdr;
struct timespec64; /* hooks/time64.c */
struct timeval64;

struct real {
#define HOOK(type, name, params) type(*name) params;
#define EXPORTED(type, name, params)
#include "hooks/hooks.def"
};

/* Filled when the library is loaded and constant from then on, so any thread and any signal handler may read
 * it. Preload libraries after this one are called through it.
 *
 * Declared hidden, like all data that hooks read on each call: otherwise the compiler has to load its address
 * from the global offset table (gcc's -fvisibility=hidden only affects definitions). */
extern __attribute__((visibility("hidden"))) struct real real;

/* Fills the table; may be repeated. Not async-signal-safe (dlsym). An OPTIONAL function that the C
 * library lacks is left NULL. Returns 0, or -ENOSYS when a required one is missing. */
int real_load(void);

#endif

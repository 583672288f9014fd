/* The entries of connects in progress, and who may change them. */
#ifndef DUALSTACK_SLOTS_H
#define DUALSTACK_SLOTS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "client/eyeballs.h"

enum { SLOTS_COUNT = 1024 }; /* at the same time; more are tried at the one address alone */

/* What an entry is: SLOT_OWN, its own address is on its way and nothing else, and it has no descriptor but
 * the program's; SLOT_RACING, of whoever has the lock (lock.h); SLOT_BUSY, of one thread, for a few
 * instructions. */
enum slots_stage { SLOT_FREE, SLOT_BUSY, SLOT_OWN, SLOT_RACING };

extern __attribute__((visibility("hidden"))) struct eyeballs slots_table[SLOTS_COUNT];
extern __attribute__((visibility("hidden"))) _Atomic int slots_stages[SLOTS_COUNT];
extern __attribute__((
    visibility("hidden"))) _Atomic int slots_numbers[SLOTS_COUNT]; /* the program's descriptors */
extern __attribute__((visibility("hidden"))) _Atomic int slots_top;

/* No entry from here on has ever been used. */
static inline int slots_end(void)
{
	return atomic_load(&slots_top);
}

/* All are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Takes entry I, which is in stage FROM, for this thread. False where it is not. */
bool slots_claim(int i, int from);

/* The same under the lock, with an entry in use. False where it is free, or another thread has it. */
bool slots_enter(int i);

/* Gives back what slots_claim(), slots_enter() or slots_free() has taken. */
void slots_give_back(int i);

/* Takes a free entry. Returns -1 where there is none. */
int slots_free(void);

/* The entry of FD's socket, or -1. A copy of the descriptor has none of its own. */
int slots_find(int fd);

/* The entry of FD's own address, or -1. The number may be another socket's by now: the cookie is not looked
 * at. */
int slots_find_own(int fd);

/* Whether FD may have an entry. While another thread puts a socket there, its cookie does not tell. */
bool slots_concerns(int fd);

#endif

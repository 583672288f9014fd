/* The slots, the entries of connects in progress: who may change them, and going on with those to which
 * something has happened, or which are due. */
#ifndef DUALSTACK_SLOTS_H
#define DUALSTACK_SLOTS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "client/attempts.h"
#include "client/lock.h"

enum { SLOTS_COUNT = 1024 }; /* at the same time; further connects try the one address alone */

/* SLOT_OWN: only the address asked for is on its way, on the program's descriptor; any thread may claim the
 * entry. SLOT_RACING: the entry belongs to the holder of the lock (lock.h). SLOT_BUSY: one thread has claimed
 * it, for a few instructions. */
enum slots_stage { SLOT_FREE, SLOT_BUSY, SLOT_OWN, SLOT_RACING };

extern __attribute__((visibility("hidden"))) struct eyeballs slots_table[SLOTS_COUNT];
extern __attribute__((visibility("hidden"))) _Atomic int slots_stages[SLOTS_COUNT];
/* The program's descriptors. */
extern __attribute__((visibility("hidden"))) _Atomic int slots_numbers[SLOTS_COUNT];
/* No entry from here on has ever been used. */
extern __attribute__((visibility("hidden"))) _Atomic int slots_end;

/* Connects that have ended and had registrations in epoll sets: the last ones, for the events that other
 * threads have at hand. Under the lock. */
enum { SLOTS_ENDED = 256 };
struct slots_ended {
	uint64_t cookie;
	unsigned moved; /* as in struct eyeballs */
	struct replace_known registered;
};
extern __attribute__((visibility("hidden"))) struct slots_ended slots_ended[SLOTS_ENDED];
/* How many there have ever been. */
extern __attribute__((visibility("hidden"))) unsigned slots_ends;

/* All are async-signal-safe and callable from any thread; errno is undefined afterwards. */

/* Takes entry I for this thread if it is in stage FROM, else returns false. */
bool slots_claim(int i, int from);

/* Takes entry I under the lock, if it is in use. False if it is free, or another thread has it. */
bool slots_enter(int i);

/* Gives back entry I, which slots_claim(), slots_enter() or slots_free() has taken. */
void slots_give_back(int i);

/* Takes a free entry. Returns -1 if there is none. */
int slots_free(void);

/* The entry of FD's socket, or -1. Copies of a descriptor have the same entry. */
int slots_find(int fd);

/* The entry of FD in stage SLOT_OWN, or -1. The cookie is not compared: another socket may have FD's number
 * by now. */
int slots_find_own(int fd);

/* Under the lock (lock.h). As eyeballs_step(), for entry I; -ENOENT if that is free. */
int slots_step(int i, int fd);

/* Under the lock. Goes on with all whose socket in place has failed. */
void slots_step_failed(void);

/* Without the lock. Looks after every connect in progress: takes note of what has succeeded and failed, and
 * begins what is due. Leaves errno alone. False if something is due, but nothing may be done (lock_take()).
 * HOLD may be NULL; else it holds back signals from then on (lock.h). */
bool slots_advance(struct lock_hold *hold);

#endif

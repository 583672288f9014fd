/* Going on with the connects in progress (slots.h) to which something has happened, or which are due.
 * Async-signal-safe and callable from any thread. */
#ifndef DUALSTACK_STEPS_H
#define DUALSTACK_STEPS_H

#include <stdbool.h>

#include "client/lock.h"

/* Under the lock (lock.h). As eyeballs_step(), for entry I; -ENOENT if that is free. errno is undefined
 * afterwards. */
int steps_one(int i, int fd);

/* Under the lock. Goes on with all whose socket in place has failed. errno is undefined afterwards. */
void steps_failed(void);

/* Without the lock. Looks after every connect in progress: takes note of what has succeeded and failed, and
 * begins what is due. Leaves errno alone. False if something is due, but nothing may be done (lock_take()).
 * HOLD may be NULL; else it holds back signals from then on (lock.h). */
bool steps_advance(struct lock_hold *hold);

#endif

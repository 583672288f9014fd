/* The outcome of a connect, for the log. */
#ifndef DUALSTACK_OUTCOME_H
#define DUALSTACK_OUTCOME_H

#include <stdint.h>

#include "client/eyeballs.h"

/* Describes in TEXT, of LOCK_TEXT bytes (lock.h), what E's attempts had come to at TIME, in ms as E->BEGAN.
 * WON is the attempt that is connected, or NULL. Async-signal-safe; errno is left alone. */
void outcome_text(const struct eyeballs *e, const struct eyeballs_attempt *won, uint64_t time, char *text);

#endif

/* What became of a connect, for the log. */
#ifndef DUALSTACK_OUTCOME_H
#define DUALSTACK_OUTCOME_H

#include <stdint.h>

#include "client/eyeballs.h"

/* Puts into TEXT, of LOCK_TEXT bytes (lock.h), what became of E's attempts until TIME, in ms as E->BEGAN; WON
 * is the one that is connected, or NULL. Async-signal-safe; errno is left alone. */
void outcome_text(const struct eyeballs *e, const struct eyeballs_attempt *won, uint64_t time, char *text);

#endif

#include "client/in_progress.h"

#include "base/large.h"

_Atomic int connects_going = 1;
LARGE _Atomic int connects_numbers[CONNECTS_NUMBERS];
_Atomic unsigned connects_changes;
_Atomic uint64_t connects_due = UINT64_MAX;

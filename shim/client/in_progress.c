#include "client/in_progress.h"

_Atomic int connects_going = 1;
_Atomic int connects_numbers[CONNECTS_NUMBERS];
_Atomic unsigned connects_changes;
_Atomic uint64_t connects_due = UINT64_MAX;

#include "client/in_progress.h"

_Atomic int connects_going = 1, connects_known = 1;
_Atomic int connects_numbers[CONNECTS_NUMBERS];

/* The second look-up: while the program's own call asks for one family, a thread of the library's asks for
 * both, so that it takes no longer than the slower of the two. Not async-signal-safe, as the resolver is not;
 * errno is left alone. */
#ifndef DUALSTACK_LOOKUP_H
#define DUALSTACK_LOOKUP_H

#include <netdb.h>
#include <stdbool.h>

#include "resolver/known_names.h"

enum {
	LOOKUP_PATIENCE = 1000, /* ms to wait for it after the program has its own answer, at most */
	LOOKUP_RESPITE = 60,    /* s for which nobody waits again, when that was not enough */
	LOOKUP_LAST_HOPE =
	    100, /* ms that it has all the same when the program would have no address at all */
	LOOKUP_ADDRESS_SPACE = 1 << 30, /* bytes: with a lower limit (RLIMIT_AS) there are none */
	LOOKUP_THREADS = 8,             /* at most, at a time */
};

struct lookup;

/* Begins to ask for NODE and SERVICE with HINTS. NULL where no thread can be had, or none should. */
struct lookup *lookup_start(const char *node, const char *service, const struct addrinfo *hints);

/* Waits for the answer, at most as said above; HOPE: the program has no address. Returns it, for the caller
 * to free with freeaddrinfo(), or NULL. An answer that comes later is noted under the name together with OWN,
 * which is what the program was told. L, which may be NULL, is gone then. */
struct addrinfo *lookup_finish(struct lookup *l, bool hope, const struct names_list *own);

/* Adds the addresses of an answer to LIST. */
void lookup_add(struct names_list *list, const struct addrinfo *answer);

#endif

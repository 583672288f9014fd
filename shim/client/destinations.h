/* The addresses that a connect() tries, and their order. Async-signal-safe, callable from any thread; errno
 * is left alone. */
#ifndef DUALSTACK_DESTINATIONS_H
#define DUALSTACK_DESTINATIONS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/attempt.h"
#include "config/rule.h"
#include "resolver/known_names.h"

/* How many addresses a connect() tries: the one asked for, and all of the other family. */
enum { DESTINATIONS_MOST = NAMES_OF_FAMILY + 1 };

/* The destination of a connect(). */
struct destination {
	struct sockaddr_in6 to;   /* the address that the program asked for; IPv4 V4MAPPED */
	int family;               /* of that address, as the program gave it */
	enum rules_action action; /* the rules' action for it */
	unsigned names;           /* how many known names have TO; 0: it came from none */
	struct names_list list;   /* the addresses that all these names have */
	struct attempt_plan plan; /* as attempt_local() has begun it */
	uint32_t asked;           /* TO's index in LIST; LIST's count if a rule leaves TO out */
	bool own_first;           /* TO is the first, and the program's own socket can connect to it */
};

/* Fills D with what is known of D->TO, for the socket FD. */
void destination_find(struct destination *d, int fd);

/* Leaves in D->LIST the addresses to try, at most DESTINATIONS_MOST, in order, for a socket of FAMILY. False
 * if that is TO alone, and reaching it takes nothing special. */
bool destination_order(struct destination *d, int family);

/* Whether the IPv4 address ADDR can be reached through a translator. If so, TO is its address there, with
 * ADDR's port. An address that stands, or stood, for another peer can't. */
bool destination_nat64(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *to);

#endif

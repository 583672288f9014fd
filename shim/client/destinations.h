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

/* Where a connect() is to go. */
struct destination {
	struct sockaddr_in6 to;   /* what the program asked for, V4MAPPED for IPv4 */
	enum rules_action action; /* what the rules say of it */
	unsigned names;           /* that TO is an address of; 0: it came from none */
	struct names_list list;   /* the addresses that all of these have */
	struct attempt_plan plan;
	uint32_t asked; /* where TO is in LIST; its count where a rule leaves it out */
	bool own_first; /* TO is the first, and the program's own socket can connect to it */
};

/* Finds out what is known of D->TO, for the socket FD. */
void destination_find(struct destination *d, int fd);

/* Leaves in D->LIST the addresses to try, in their order, for a socket of FAMILY. False where that is TO
 * alone, and nothing has to be done to reach it. */
bool destination_order(struct destination *d, int family);

/* Leaves in D->LIST what a socket as in D->PLAN can connect to. */
void destination_fit(struct destination *d);

/* Whether the IPv4 address ADDR can be reached by a translator: then TO is where, with the port. Not so an
 * address that stands, or stood, for another peer. */
bool destination_nat64(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *to);

#endif

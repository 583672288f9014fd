/* Which addresses of a name a connect() tries, and in which order. Async-signal-safe, callable from any
 * thread; errno is left alone. */
#ifndef DUALSTACK_DESTINATIONS_H
#define DUALSTACK_DESTINATIONS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/attempt.h"
#include "config/rule.h"
#include "resolver/known_names.h"

/* Makes the addresses by which a translator is reached LIST's last, for IPv4 addresses to which there is no
 * other way (RFC 6052). What DNS64 (RFC 6147) has put there already stands for them, too. */
void destinations_add_nat64(struct names_list *list);

/* Leaves in LIST what a socket as in PLAN can connect to, is not nearer than TO (scope_permits()) and ACTION
 * leaves in, in the order in which it is to be tried: of the addresses that the program may go through itself
 * TO, which it asked for, comes before the others of its family. *ASKED is where TO is; 0 where ACTION has
 * left it out. Returns whether there is anything to try in turn: false where the program's own socket and TO
 * are all there is. */
bool destinations_order(struct names_list *list, const struct attempt_plan *plan,
			const struct names_address *to, enum rules_action action, uint32_t *asked);

/* Whether the IPv4 address ADDR can be reached by a translator: then TO is where, with the port. Not so an
 * address that stands, or stood, for another peer. */
bool destinations_nat64(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *to);

#endif

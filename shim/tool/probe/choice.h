/* Computes which address of a name the library would end up with, from the outcomes of trying all of them at
 * once. Pure: no system calls, no state. */
#ifndef DUALSTACK_CHOICE_H
#define DUALSTACK_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/rules.h"

enum choice_outcome { CHOICE_ANSWERED, CHOICE_FAILED, CHOICE_SILENT };

struct choice_address {
	bool ipv6;
	bool routed; /* there is a route to it: a datagram socket could be connected */
	enum choice_outcome outcome;
	double ms; /* from its beginning to its answer or failure; meaningless for CHOICE_SILENT */
};

/* Puts the numbers of the addresses that would be tried into ORDER, which has room for COUNT, and returns how
 * many there are. ADDRESSES are in the order of RFC 6724; the library remembers NAMES_ADDRESSES of them
 * (known_names.h). ACTION is the rule for the connect(). */
size_t choice_order(const struct choice_address *addresses, size_t count, enum rules_action action,
		    size_t *order);

/* Returns the address to which the program would be connected (RFC 8305, 5), or -1. Attempts begin in the
 * order given, each when another has failed or DELAY ms after the one before; the first to answer wins. With
 * a DELAY of 0, each begins only when the one before has failed (config.h). CHOICE_SILENT is taken to last:
 * the kernel gives up after two minutes only. */
int choice_stream(const struct choice_address *addresses, const size_t *order, size_t count, unsigned delay);

/* Returns the one address to which an IPv4-only program would send its datagrams, or -1: the first IPv4
 * address to which there is a route, else the first such IPv6 address; with IPV6 the other way round.
 * Datagrams are not tried in turn. */
int choice_datagram(const struct choice_address *addresses, const size_t *order, size_t count, bool ipv6);

#endif

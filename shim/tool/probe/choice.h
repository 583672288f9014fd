/* Which address of a name the library would end up with, computed from what became of each one when all of
 * them were tried at once. Pure: no system calls, no state. */
#ifndef DUALSTACK_CHOICE_H
#define DUALSTACK_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/rules.h"

enum choice_outcome { CHOICE_ANSWERED, CHOICE_FAILED, CHOICE_SILENT };

struct choice_address {
	bool ipv6;
	bool routed; /* there is a way to it: a datagram socket could be connected */
	enum choice_outcome outcome;
	double ms; /* from its beginning to its answer or failure; of a silent one without meaning */
};

/* Puts into ORDER, of COUNT numbers, the addresses that would be tried, in turn. ADDRESSES are in the order
 * of RFC 6724, of which the library remembers NAMES_ADDRESSES (known_names.h); ACTION is the rule for the
 * connect. Returns how many they are. */
size_t choice_order(const struct choice_address *addresses, size_t count, enum rules_action action,
		    size_t *order);

/* The address whose connection the program would have (RFC 8305, 5): attempts begin in the order given, the
 * next one when any has failed or DELAY ms after the one before, and the first to answer is it; with a DELAY
 * of 0 the next one begins only when the one before has failed (config.h). -1: none.
 *
 * A silent one is taken to stay so: that the kernel gives up after two minutes is not waited for. */
int choice_stream(const struct choice_address *addresses, const size_t *order, size_t count, unsigned delay);

/* The one address that a program of IPv4 only would send its datagrams to, as nothing is tried in turn there:
 * the first of IPv4 to which there is a way, else the first of IPv6 (getaddrinfo.h); with IPV6 the other way
 * round. -1: none. */
int choice_datagram(const struct choice_address *addresses, const size_t *order, size_t count, bool ipv6);

#endif

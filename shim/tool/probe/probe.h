/* What the parts of --probe hand each other. */
#ifndef DUALSTACK_PROBE_H
#define DUALSTACK_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "tool/probe/reach.h"

/* Room for an IPv6 address, "%" and the name of an interface. */
#define PROBE_TEXT 64

struct probe_request {
	const char *host;
	int port; /* host byte order */
	bool json, udp;
	double seconds;
	struct reach_datagram datagram; /* with udp */
};

struct probe_answer {
	size_t count;
	struct reach_target *targets; /* in the order of RFC 6724 */
	bool *tried;                  /* for each: whether the library would, if those before it fail */
	int chosen;                   /* -1: none */
};

/* Takes the command line; tool_fail()s where it can't. */
void probe_parse(struct probe_request *r, int argc, char **argv);

/* Prints the answer, as r->json says. config_load() was called. */
void probe_print(const struct probe_request *r, const struct probe_answer *a);

/* Whether it is an IPv6 address, and not an IPv4 one V4MAPPED. */
bool probe_is_ipv6(const struct reach_target *t);

#endif

/* The command line of --probe. */
#ifndef DUALSTACK_PROBE_REQUEST_H
#define DUALSTACK_PROBE_REQUEST_H

#include <stdbool.h>

#include "tool/probe/reach.h"

struct probe_request {
	const char *host;
	int port; /* host byte order */
	bool json, udp;
	double seconds;
	struct reach_datagram datagram; /* with udp */
};

/* Reads it into R, whose SECONDS are the default. Fails with tool_fail(). */
void probe_parse(struct probe_request *r, int argc, char **argv);

#endif

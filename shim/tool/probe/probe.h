/* --probe: the request, the attempts, and the answer. */
#ifndef DUALSTACK_PROBE_H
#define DUALSTACK_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "address/translate.h"

struct reach_target {
	union sockaddr_any addr; /* with its port */
	socklen_t len;

	bool routed; /* the kernel took the connect() */
	bool worked; /* connected, or answered */
	int error;   /* if it did not work: errno, or 0 if nothing came in time */
	double ms;   /* until the outcome; if nothing came, the whole time */

	int fd; /* reach.c's own */
	double began;
	bool over;
};

/* The datagram for each address; SIZE may be 0. */
struct reach_datagram {
	unsigned char data[1400];
	size_t size;
};

/* Tries COUNT TARGETS at once for at most SECONDS and fills in the outcomes. With DATAGRAM it uses UDP, and
 * any datagram from the address is an answer. With NULL it uses TCP, and closes what is connected at once. */
void reach_all(struct reach_target *targets, size_t count, const struct reach_datagram *datagram,
	       double seconds);

/* Is it an IPv6 address, and not an IPv4 one V4MAPPED? */
bool reach_is_ipv6(const struct reach_target *t);

struct probe_request {
	const char *host;
	int port; /* host byte order */
	bool json, udp;
	double seconds;
	struct reach_datagram datagram; /* with udp */
};

/* Reads it into R, whose SECONDS are the default. Fails with tool_fail(). */
void probe_parse(struct probe_request *r, int argc, char **argv);

struct probe_answer {
	size_t count;
	struct reach_target *targets; /* in the order of RFC 6724 */
	bool *tried;                  /* for each: does the library try it if those before it fail? */
	bool ruled;                   /* a rule is for this connect */
	int chosen;                   /* -1: none */
};

/* Prints it as R says. config_load() was called. */
void probe_print(const struct probe_request *r, const struct probe_answer *a);

#endif

/* Tries addresses, all at once: a connection to each, or a datagram and the answer to it. */
#ifndef DUALSTACK_REACH_H
#define DUALSTACK_REACH_H

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

/* What is sent to each; SIZE may be 0. */
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

#endif

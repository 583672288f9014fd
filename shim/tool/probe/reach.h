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
	int error;   /* errno of one that did not; 0: nothing came in time */
	double ms;   /* until it was known; of one from which nothing came, the whole time */

	int fd; /* reach.c's own */
	double began;
	bool over;
};

/* What is sent to each; DATA may be of no bytes. */
struct reach_datagram {
	unsigned char data[1400];
	size_t size;
};

/* Fills in what became of COUNT TARGETS, and waits at most SECONDS for that. With DATAGRAM it is UDP, and any
 * datagram from the address is an answer; with NULL it is TCP, and what is connected is closed at once. */
void reach_all(struct reach_target *targets, size_t count, const struct reach_datagram *datagram,
	       double seconds);

/* Is it an IPv6 address, and not an IPv4 one V4MAPPED? */
bool reach_is_ipv6(const struct reach_target *t);

#endif

/* One connection attempt: a socket on its way to one address. Async-signal-safe and callable from any thread;
 * errno is undefined afterwards. */
#ifndef DUALSTACK_ATTEMPT_H
#define DUALSTACK_ATTEMPT_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/sockaddr.h"
#include "resolver/known_names.h"

/* What the program's socket is, when it is to be connected. */
struct attempt_plan {
	int protocol; /* TCP or MPTCP */
	bool in6;     /* AF_INET6, of the program's own: IPv4 addresses are V4MAPPED for it */
	bool marked;  /* AF_INET6 by the library's doing (socket/mark.h) */
	int v6only;   /* IPV6_V6ONLY of such a one */
	bool bound;   /* the program has bound it, to LOCAL */
	union sockaddr_any local;
	in_port_t port; /* where to */
	int reuse;      /* SO_REUSEADDR, as the program has set it */
};

/* The program has bound a stream socket itself: from now on attempt_local() asks the kernel. */
void attempt_note_bind(void);

/* Begins PLAN with what FD is bound to. To be called before FD connects, which binds it. */
void attempt_local(int fd, in_port_t port, struct attempt_plan *plan);

/* Completes PLAN with what else the TCP socket FD is. False where it can't be asked. */
bool attempt_plan(int fd, struct attempt_plan *plan);

/* Whether FD is a TCP socket that has not begun to connect, or, with GOING_TOO, is on its way. One that has
 * failed is neither, until the program has got the error: that is what its next connect() is for
 * (tcp_disconnect()). */
bool attempt_may_begin(int fd, bool going_too);

/* Whether a socket as in PLAN can connect to ADDR at all: BitTorrent clients announce from each local address
 * (BEP 7). */
bool attempt_possible(const struct attempt_plan *plan, const struct in6_addr *addr);

/* Whether the program's own socket can be what connects to ADDR; else it takes a clone. */
bool attempt_own(const struct attempt_plan *plan, const struct in6_addr *addr);

/* A clone for ADDR with what the program has set on LIKE, bound as its OWN socket is; it does not block.
 * Returns it, or a negative errno. */
int attempt_clone(const struct attempt_plan *plan, int like, int own, const struct in6_addr *addr);

/* Begins to connect FD, which is the program's OWN or a clone. Returns 0, or a negative errno when it failed
 * at once. */
int attempt_begin(const struct attempt_plan *plan, int fd, bool own, const struct names_address *to);

/* Gives FD, which the program keeps, the options that it had before. */
void attempt_finish(const struct attempt_plan *plan, int fd);

enum attempt_state { ATTEMPT_GOING, ATTEMPT_CONNECTED, ATTEMPT_FAILED };
enum attempt_state attempt_look(int fd);

/* Takes the error of FD, which has failed: an errno value, not 0. */
int attempt_error(int fd);

#endif

/* One connection attempt: a socket on its way to one address. Async-signal-safe and callable from any thread;
 * errno is undefined afterwards. */
#ifndef DUALSTACK_ATTEMPT_H
#define DUALSTACK_ATTEMPT_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/sockaddr.h"
#include "resolver/known_names.h"

/* The program's socket, as it is before it connects. */
struct attempt_plan {
	int protocol; /* TCP or MPTCP */
	bool in6;     /* the program made it AF_INET6: IPv4 addresses are V4MAPPED for it */
	bool marked;  /* the library made it AF_INET6 (socket/mark.h) */
	int v6only;   /* IPV6_V6ONLY, if it is AF_INET6 */
	bool bound;   /* the program has bound it, to LOCAL */
	union sockaddr_any local;
	in_port_t port; /* to connect to */
	int reuse;      /* SO_REUSEADDR, as the program has set it */
	int maxseg;     /* TCP_MAXSEG, likewise; 0: it has not */
};

/* The program has bound a stream socket itself: from now on attempt_local() asks the kernel. */
void attempt_note_bind(void);

/* Begins PLAN with the address that FD is bound to, and TCP_MAXSEG. To be called before FD connects, as
 * connecting changes both. */
void attempt_local(int fd, in_port_t port, struct attempt_plan *plan);

/* Completes PLAN with the other facts about the TCP socket FD. False if the kernel does not tell them. */
bool attempt_plan(int fd, struct attempt_plan *plan);

/* Whether FD is a TCP socket that has not begun to connect, or, with GOING_TOO, is on its way. A socket that
 * has failed is neither: the program's next connect() yields its error first (tcp_disconnect()). */
bool attempt_may_begin(int fd, bool going_too);

/* Whether a socket as in PLAN can connect to ADDR at all. It may be bound to an address of the other family:
 * BitTorrent clients announce from each local address (BEP 7). */
bool attempt_possible(const struct attempt_plan *plan, const struct in6_addr *addr);

/* Makes a clone for ADDR, with all that the program has set on LIKE, and bound as the program's OWN socket
 * is. It does not block. Returns its descriptor, or a negative errno. */
int attempt_clone(const struct attempt_plan *plan, int like, int own, const struct in6_addr *addr);

/* Begins to connect FD, which is the program's OWN or a clone. Returns 0, or a negative errno if it fails at
 * once. */
int attempt_begin(const struct attempt_plan *plan, int fd, bool own, const struct names_address *to);

/* Gives FD, which the program keeps, the options that it had before. */
void attempt_finish(const struct attempt_plan *plan, int fd);

/* Whether FD's connect has certainly succeeded; at half the price of attempt_look(). */
bool attempt_is_connected(int fd);

/* FD's state, once it has begun. */
enum attempt_state { ATTEMPT_WAITING, ATTEMPT_GOING, ATTEMPT_CONNECTED, ATTEMPT_FAILED };
enum attempt_state attempt_look(int fd);

/* Takes the error of FD, which has failed: an errno value, not 0. */
int attempt_error(int fd);

#endif

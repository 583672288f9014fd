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
	bool in6;                 /* AF_INET6, of the program's own: IPv4 addresses are V4MAPPED for it */
	bool marked;              /* AF_INET6 by the shim's doing (mark.h) */
	int v6only;               /* IPV6_V6ONLY of such a one */
	bool bound;               /* to a port, or an address */
	union sockaddr_any local; /* then where */
	in_port_t port;           /* where to */
	int reuse;                /* SO_REUSEADDR, as the program has set it */
	int user_timeout;         /* TCP_USER_TIMEOUT, likewise */
};

/* Reads what the socket FD, still to be connected, is. False where it is nothing for attempts in turn: not
 * TCP, or no longer unconnected. */
bool attempt_plan(int fd, in_port_t port, struct attempt_plan *plan);

/* Whether a socket bound as PLAN says can connect to ADDR at all (BEP 7 announces from each local address).
 */
bool attempt_possible(const struct attempt_plan *plan, const struct in6_addr *addr);

/* Whether the program's own socket can connect to ADDR. */
bool attempt_own(const struct attempt_plan *plan, const struct in6_addr *addr);

/* A twin of LIKE for an attempt to ADDR, marked where the program is to see AF_INET, bound to the same port
 * as OWN, the program's socket, has. LAST: there is no other address to try after this one. Returns it, not
 * blocking, or a negative errno. */
int attempt_clone(const struct attempt_plan *plan, int like, int own, const struct in6_addr *addr, bool last);

/* Puts an end to the haste of an attempt that is no longer one of several: it has failed when a second has
 * gone by, so that a program that waits without the library's help gets to the next address in the end. */
void attempt_last(const struct attempt_plan *plan, int fd);

/* The program has set an option meanwhile. */
void attempt_set(struct attempt_plan *plan, int level, int name, const void *value, socklen_t len);

/* Sets on the socket FD, that goes to the program, what the attempts needed otherwise. */
void attempt_finish(const struct attempt_plan *plan, int fd);

/* connect() of FD, the program's OWN socket or a attempt_clone(), without waiting, whatever O_NONBLOCK says.
 * Returns 0 when it is established or in progress, or a negative errno. */
int attempt_begin(const struct attempt_plan *plan, int fd, bool own, const struct names_address *to);

enum attempt_state { ATTEMPT_GOING, ATTEMPT_CONNECTED, ATTEMPT_FAILED };

/* How far it is; its error (SO_ERROR) is not taken. */
enum attempt_state attempt_look(int fd);

/* Takes the error of one that failed. */
int attempt_error(int fd);

#endif

/* Questions about what the resolver was asked and has answered. Any thread; errno is left alone. */
#ifndef DUALSTACK_ANSWERS_H
#define DUALSTACK_ANSWERS_H

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "resolver/known_names.h"

/* Whether LIST, which may be NULL, has an address of FAMILY; and one to which there is a way. */
bool answers_has(const struct addrinfo *list, int family);
bool answers_routed(const struct addrinfo *list, int family);

/* Whether there is a way to an IPv6 address of LIST that is the name's own, and no IPv4 one in disguise
 * (RFC 6147). */
bool answers_native(const struct addrinfo *list);

/* Whether LIST, which may be NULL, has an IPv6 address that hosts(5) gives as an IPv4 one to who asks for
 * those. */
bool answers_twofold(const struct addrinfo *list);

/* Adds the addresses of ANSWER, which may be NULL, to LIST. */
void answers_add(struct names_list *list, const struct addrinfo *answer);

/* Takes the addresses of FAMILY out of *LIST and returns them; the canonical name goes with them, if there
 * are any. */
struct addrinfo *answers_take(struct addrinfo **list, int family);

/* Turns the IPv6 addresses in LIST, which are NODE's, into what is given to the program in their place
 * (answers_shown()); a sockaddr_in is the shorter one. Returns LIST. */
struct addrinfo *answers_as_in(const char *node, struct addrinfo *list);

/* LIST without what is of no use to anybody, the rest freed; NULL if that is all: IPv6 addresses that are
 * nobody's (scope.h); or the IPv4 addresses that stand for IPv6 peers here, or stood, by which whoever
 * answers for a name could lead the program to one. */
struct addrinfo *answers_of_hosts(struct addrinfo *list);
struct addrinfo *answers_of_others(struct addrinfo *list);

/* Whether the IPv4 address IN is such a one. */
bool answers_taken(struct in_addr in);

/* What is given to the program in the place of REAL, an address of NODE: 127.0.0.1 for ::1, by which
 * connect() finds both then, or a synthetic address; the log is told of a new one. */
struct sockaddr_in answers_shown(const char *node, const struct sockaddr_in6 *real);

/* The synthetic addresses of peers that this process knows among the IPv6 addresses in LIST: a server that
 * looks up the name of a peer and then the addresses of that name finds the peer there. At most MOST of them
 * go to SHOWN; returns how many. */
size_t answers_peers(const struct addrinfo *list, struct in_addr *shown, size_t most);

/* A number is no name, and needs no look-up. */
bool answers_literal(const char *node);

#endif

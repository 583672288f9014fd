/* Reads and changes the resolver's answers. Callable from any thread; errno is left alone. */
#ifndef DUALSTACK_ANSWERS_H
#define DUALSTACK_ANSWERS_H

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "resolver/known_names.h"

/* Whether NODE is a number, which needs no look-up. */
bool answers_literal(const char *node);

/* Whether LIST has IPv4 addresses, and none of them a route. */
bool answers_unrouted(const struct names_list *list);

/* Whether LIST, which may be NULL, has an address of FAMILY. */
bool answers_has(const struct addrinfo *list, int family);

/* Whether LIST has an IPv6 address with a route that is the name's own, and not made from an IPv4 address
 * (RFC 6147). */
bool answers_native(const struct addrinfo *list);

/* Whether LIST, which may be NULL, has an IPv6 address that the resolver gives as an IPv4 one from hosts(5)
 * if asked for IPv4. */
bool answers_twofold(const struct addrinfo *list);

/* Adds the addresses of ANSWER, which may be NULL, to LIST. */
void answers_add(struct names_list *list, const struct addrinfo *answer);

/* Takes the addresses of FAMILY out of *LIST and returns them, with the canonical name if there are any. */
struct addrinfo *answers_take(struct addrinfo **list, int family);

/* Turns the IPv6 addresses of NODE in LIST into those that the program is given instead (answers_shown()), in
 * place: a sockaddr_in is shorter. Returns LIST. */
struct addrinfo *answers_as_in(const char *node, struct addrinfo *list);

/* answers_of_hosts() frees the IPv6 addresses in LIST that belong to nobody (scope.h). answers_of_others()
 * frees the IPv4 addresses that stand, or stood, for IPv6 peers here: a hostile name server could lead the
 * program to a peer by them. Both return the rest, NULL if there is none. */
struct addrinfo *answers_of_hosts(struct addrinfo *list);
struct addrinfo *answers_of_others(struct addrinfo *list);

/* Whether the IPv4 address IN stands, or stood, for an IPv6 peer here. */
bool answers_taken(struct in_addr in);

/* The address that the program is given instead of IN6, an address of NODE: 127.0.0.1 for ::1, which lets
 * connect() try both, else a synthetic address. Logs a new one. */
struct sockaddr_in answers_shown(const char *node, const struct sockaddr_in6 *in6);

/* Puts into SHOWN the synthetic addresses of the peers that this process knows among the IPv6 addresses in
 * LIST, at most MOST, and returns how many; none if no peer can have come. So a server that looks up a peer's
 * name, and then that name's addresses, finds the peer there. */
size_t answers_peers(const struct addrinfo *list, struct in_addr *shown, size_t most);

#endif

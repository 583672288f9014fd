/* Questions about what the resolver was asked and has answered. Any thread; errno is left alone. */
#ifndef DUALSTACK_ANSWERS_H
#define DUALSTACK_ANSWERS_H

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>

/* Whether LIST, which may be NULL, has an address of FAMILY; and one to which there is a way. */
bool answers_has(const struct addrinfo *list, int family);
bool answers_routed(const struct addrinfo *list, int family);

/* Whether there is a way to an IPv6 address of LIST that is the name's own, and no IPv4 one in disguise
 * (RFC 6147). */
bool answers_native(const struct addrinfo *list);

/* The synthetic address that is given to the program in the place of REAL; the log is told of a new one. */
struct sockaddr_in answers_shown(const struct sockaddr_in6 *real);

/* A number is no name, and needs no look-up. */
bool answers_literal(const char *node);

#endif

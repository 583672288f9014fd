/* What the rules say about bind(). Without rules, each function costs one load and one branch. All are
 * async-signal-safe, callable from any thread, and leave errno alone. */
#ifndef DUALSTACK_BIND_RULES_H
#define DUALSTACK_BIND_RULES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "config/rule.h"

/* The rule for bind() of FD to ADDR. RULES_DEFAULT if that is not TCP or UDP over IPv4 or IPv6. */
enum rules_action bind_rules_action(int fd, const struct sockaddr *addr, socklen_t len);

/* Whether bind() of ADDR is made in IPv6 instead. It is for the wildcard and synthetic addresses
 * (translate_bind()), and for others if ACTION says so. Then AT is the address to bind. */
bool bind_rules_widens(enum rules_action action, const struct sockaddr *addr, socklen_t len,
		       struct sockaddr_in6 *at);

/* Whether FD, about to be bound to AT, is for a question of the program's own, as resolvers have one for each
 * (config.questions), and no rule speaks of it. Such a socket is not widened: nobody else is to answer it.
 * errno is undefined afterwards. */
bool bind_rules_question(int fd, enum rules_action action, const struct sockaddr_in6 *at);

/* Whether ADDR is an IPv4 address of a host's, as neither the wildcard nor a synthetic one is. If so, IN is
 * ADDR. No system calls. */
bool bind_rules_specific(const struct sockaddr *addr, socklen_t len, struct sockaddr_in *in);

/* Whether a rule keeps the port of the AF_INET datagram socket FD IPv4. Then FD is not widened later either,
 * to reach an IPv6 address. */
bool bind_rules_keeps(int fd);

#endif

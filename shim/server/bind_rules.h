/* The rules for bind(). Without rules, each function costs one load and one branch. All are
 * async-signal-safe, callable from any thread, and leave errno alone unless stated otherwise. */
#ifndef DUALSTACK_BIND_RULES_H
#define DUALSTACK_BIND_RULES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "config/rule.h"

/* The action that the rules have for bind() of FD to ADDR. RULES_DEFAULT if FD is not TCP or UDP over IPv4 or
 * IPv6. */
enum rules_action bind_rules_action(int fd, const struct sockaddr *addr, socklen_t len);

/* Whether bind() to ADDR is made in IPv6 instead. It is if ADDR is the wildcard or synthetic
 * (translate_bind()), or if ACTION says so. Then AT is the address to bind to. */
bool bind_rules_widens(enum rules_action action, const struct sockaddr *addr, socklen_t len,
		       struct sockaddr_in6 *at);

/* Whether FD, which is about to be bound to AT, serves for one question of the program's own, as in resolvers
 * (config.questions), and no rule matches it. Such a socket is not widened: only the server that was asked
 * may answer it. errno is undefined afterwards. */
bool bind_rules_question(int fd, enum rules_action action, const struct sockaddr_in6 *at);

/* Whether a rule keeps the port of the AF_INET datagram socket FD IPv4. If so, FD is not widened to reach an
 * IPv6 address either. */
bool bind_rules_keeps(int fd);

#endif

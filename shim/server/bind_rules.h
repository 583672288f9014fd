/* What the rules say of bind(). Without rules each is one load and branch. All are async-signal-safe,
 * callable from any thread, and leave errno alone. */
#ifndef DUALSTACK_BIND_RULES_H
#define DUALSTACK_BIND_RULES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "config/rule.h"

/* bind() of FD to ADDR; RULES_DEFAULT for what is neither TCP nor UDP in IPv4 or IPv6. */
enum rules_action bind_rules_action(int fd, const struct sockaddr *addr, socklen_t len);

/* Whether bind() of ADDR is one to be made in IPv6: of the wildcard or a synthetic address
 * (translate_bind()), or by ACTION of any other. Then AT is what to bind. */
bool bind_rules_widens(enum rules_action action, const struct sockaddr *addr, socklen_t len,
		       struct sockaddr_in6 *at);

/* Whether the AF_INET datagram socket FD has a port that a rule keeps IPv4: then it is not widened afterwards
 * either, to reach an IPv6 address. */
bool bind_rules_keeps(int fd);

#endif

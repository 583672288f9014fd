/* What the rules (config/rules.h) say of connect() and of names. Without rules each is one load and branch.
 * All are async-signal-safe, callable from any thread, and leave errno alone, except where they say that they
 * set it. */
#ifndef DUALSTACK_CONNECT_RULES_H
#define DUALSTACK_CONNECT_RULES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "config/rule.h"
#include "resolver/known_names.h"

/* Fills LIST with what is known of the names that have TO: the addresses that all of them have, and the name
 * of one; its count is 0 where TO came from no name. NAMES is how many there are. Returns the strictest
 * action that the rules have for connect() of FD to TO under any of these names. */
enum rules_action connect_rules_find(int fd, const struct sockaddr_in6 *to, struct names_list *list,
				     unsigned *names);

/* Whether ACTION leaves the family of ADDR, V4MAPPED for IPv4, in. */
bool connect_rules_allows(enum rules_action action, const struct in6_addr *addr);

/* Whether a message with FLAGS may be sent to ADDR on FD. A server's answers may, unless a rule names their
 * address. BY is the address that it really goes to; NULL: ADDR. Sets errno if not. */
bool connect_rules_send(int fd, const struct sockaddr *addr, socklen_t len, int flags,
			const struct in6_addr *by);

/* The action for NAME that is being looked up, for sockets of TYPE (SOCK_STREAM, SOCK_DGRAM or 0) and a PORT
 * or -1.
 */
enum rules_action connect_rules_name(const char *name, int type, int port);

/* Whether ACTION wants the IPv6 addresses of a name in the place of the IPv4 ones. */
bool connect_rules_wants_in6(enum rules_action action);

/* Logs that a rule leaves out TO. */
void connect_rules_log(int fd, const struct sockaddr_in6 *to);

#endif

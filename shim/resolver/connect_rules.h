/* The rules (config/rules.h) for connect() and names. Without rules, each function but connect_rules_find()
 * costs one load and one branch. All are async-signal-safe, callable from any thread, and leave errno alone
 * unless stated otherwise. */
#ifndef DUALSTACK_CONNECT_RULES_H
#define DUALSTACK_CONNECT_RULES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "config/rule.h"
#include "resolver/known_names.h"

/* Fills LIST with the addresses that all known names with TO have, and one of the names; its count is 0 if TO
 * came from no name. NAMES is the number of names. Returns the strictest action that the rules have for
 * connect() of FD to TO under any of them. */
enum rules_action connect_rules_find(int fd, const struct sockaddr_in6 *to, struct names_list *list,
				     unsigned *names);

/* Whether ACTION permits the family of ADDR, V4MAPPED for IPv4. */
bool connect_rules_allows(enum rules_action action, const struct in6_addr *addr);

/* Whether a message with FLAGS may be sent to ADDR on FD. Only a rule that names the address keeps a server
 * from answering. BY is the address that the message really goes to; NULL: ADDR. If not, sets errno. */
bool connect_rules_send(int fd, const struct sockaddr *addr, socklen_t len, int flags,
			const struct in6_addr *by);

/* The action for NAME, which is being looked up, for sockets of TYPE (SOCK_STREAM, SOCK_DGRAM or 0) and a
 * PORT in host byte order, or -1. */
enum rules_action connect_rules_name(const char *name, int type, int port);

/* Whether ACTION replaces the IPv4 addresses of a name by the IPv6 ones. */
bool connect_rules_wants_in6(enum rules_action action);

/* Logs that a rule leaves out TO. */
void connect_rules_log(int fd, const struct sockaddr_in6 *to);

#endif

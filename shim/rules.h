/* The rules of dualstack.conf(5): which bind() and connect() calls are treated otherwise than by default. The
 * first rule that matches decides.
 *
 * The table is filled once, when the library is loaded, and constant from then on: rules_ask() and
 * rules_any() are async-signal-safe, callable from any thread, and leave errno alone. */
#ifndef DUALSTACK_RULES_H
#define DUALSTACK_RULES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

enum rules_call { RULES_BIND, RULES_CONNECT };

enum rules_action {
	RULES_DEFAULT, /* no rule matches */
	RULES_IPV4,
	RULES_IPV6,
	/* bind only */
	RULES_DUAL,
	/* connect only */
	RULES_AUTO,
	RULES_IPV6_FIRST,
	RULES_IPV4_FIRST,
};

/* What is known of a call. What is not known yet (a name is being looked up; nothing was bound) may match or
 * not: a rule that depends on it ends the search with RULES_DEFAULT. */
struct rules_facts {
	enum rules_call call;
	int protocol;                   /* IPPROTO_TCP or IPPROTO_UDP; 0: not known */
	const struct in6_addr *address; /* IPv4 addresses V4MAPPED (RFC 4291, 2.5.5.2); NULL: not known */
	int port;                       /* host byte order; -1: not known */
	const char *name;               /* which the address came from; NULL or "": from none */
	bool only_named; /* rules that say neither address= nor name= don't bear on this call */
};

enum rules_action rules_ask(const struct rules_facts *facts);

/* Whether there is a rule for CALL at all, for this program. */
bool rules_any(enum rules_call call);

#endif

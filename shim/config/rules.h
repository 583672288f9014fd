/* The rules of dualstack.conf(5): which bind() and connect() calls are treated otherwise than by default. The
 * first rule that matches decides.
 *
 * The table is filled when the library is loaded and constant from then on: rules_ask() and rules_any() are
 * async-signal-safe, callable from any thread, and leave errno alone. */
#ifndef DUALSTACK_RULES_H
#define DUALSTACK_RULES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/rule.h"

/* What is known of a call. What is not known yet (a name is being looked up) may match or not: a rule that
 * depends on it ends the search with RULES_DEFAULT. */
struct rules_facts {
	enum rules_call call;
	int protocol;                   /* IPPROTO_TCP or IPPROTO_UDP; 0: not known */
	const struct in6_addr *address; /* IPv4 addresses V4MAPPED (RFC 4291, 2.5.5.2); NULL: not known */
	int port;                       /* host byte order; -1: not known */
	const char *name;               /* which the address came from; NULL or "": from none */
	bool only_named; /* rules that say neither address= nor name= don't bear on this call */
};

/* A bind() rule without address= bears on 0.0.0.0 alone. */
enum rules_action rules_ask(const struct rules_facts *facts);

/* Whether there is a rule for CALL at all, for this program. */
bool rules_any(enum rules_call call);

/* What was found wrong, and where: the first line and column are 1. rules_add() leaves LINE alone. */
struct rules_error {
	unsigned line, column;
	char text[240]; /* what was expected */
};

/* Rules with program= find this program under the names that FIND puts into NAMES, of which any may be left
 * NULL; they must stay where they are. It is called once, when there is such a rule. */
void rules_programs(void (*find)(const char *names[2]));

/* Adds the rule in LINE, of SIZE bytes, behind those that are there. Returns 0, or -EINVAL with ERROR filled,
 * and then the table is as it was. Only while the library is being loaded. */
int rules_add(const char *line, size_t size, struct rules_error *error);

/* Takes all rules away again. */
void rules_clear(void);

/* All rules, also those of other programs, in the form that rules_add() takes, one to a line. */
const char *rules_text(void);

#endif

/* The rules of dualstack.conf(5): exceptions from what the library does by default in bind() and connect().
 * The first rule that matches decides.
 *
 * The table is filled when the library is loaded and constant from then on: rules_ask() and rules_any() are
 * async-signal-safe, callable from any thread, and leave errno alone. */
#ifndef DUALSTACK_RULES_H
#define DUALSTACK_RULES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/rule.h"

/* The facts about a call. Some may be unknown while a name is being looked up: if a rule depends on one, the
 * search ends with RULES_DEFAULT. */
struct rules_facts {
	enum rules_call call;
	int protocol;                   /* IPPROTO_TCP or IPPROTO_UDP; 0: not known */
	const struct in6_addr *address; /* IPv4 addresses V4MAPPED (RFC 4291, 2.5.5.2); NULL: not known */
	int port;                       /* host byte order; -1: not known */
	const char *name;               /* that the address came from; NULL or "": none */
	bool only_named;                /* skip rules with neither address= nor name= */
};

/* The action for a call. A bind rule without address= matches 0.0.0.0 alone. */
enum rules_action rules_ask(const struct rules_facts *facts);

/* The action for this program, if CALL is neither bind nor connect. */
enum rules_action rules_ask_program(enum rules_call call);

/* Whether this program has any rule for CALL. */
bool rules_any(enum rules_call call);

/* An error and its place: the first line and column are 1. rules_add() leaves LINE alone. */
struct rules_error {
	unsigned line, column;
	char text[240]; /* what is wrong, and what was expected */
};

/* The words that rules begin with; and whether LINE, of SIZE bytes, begins with one and is no setting: "text"
 * is both. */
#define RULES_WORDS "bind, connect, text, literal or deepbind"
bool rules_begin(const char *line, size_t size);

/* TEXT, of SIZE bytes, as a decimal number of five digits and up to MOST; -1 if it is none. */
long rules_number(const char *text, size_t size, long most);

/* Sets the function that finds this program's names, for rules with program=. It is called once, at the first
 * such rule, and fills NAMES, which stay where they are; NULL is no name. */
void rules_programs(void (*find)(const char *names[2]));

/* Adds the rule in LINE, of SIZE bytes, after the existing ones. Returns 0; or -EINVAL, with ERROR filled and
 * the table unchanged. Only while the library is being loaded. */
int rules_add(const char *line, size_t size, struct rules_error *error);

/* Removes all rules. */
void rules_clear(void);

/* All rules, also those for other programs, one to a line, as rules_add() takes them. */
const char *rules_text(void);

#endif

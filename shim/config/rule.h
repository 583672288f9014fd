/* The calls and actions of rules, and their limits. */
#ifndef DUALSTACK_RULE_H
#define DUALSTACK_RULE_H

enum {
	RULES_MOST = 256,
	RULES_PREFIXES = 1024, /* of all rules together, like the next two */
	RULES_PORTS = 512,
	RULES_PATTERNS = 16384, /* bytes of name= and program= */
	RULES_TEXT = 49152,     /* bytes of the rules as they are printed */
};

/* What a rule applies to: calls of bind() or connect(), or all calls of a program. */
enum rules_call { RULES_BIND, RULES_CONNECT, RULES_TEXTS, RULES_LITERALS, RULES_DEEPBIND, RULES_CALLS };

enum rules_action {
	RULES_DEFAULT, /* no rule matches */
	RULES_IPV4,
	RULES_IPV6,
	/* bind only */
	RULES_DUAL,
	/* connect and others */
	RULES_AUTO,
	RULES_IPV6_FIRST,
	RULES_IPV4_FIRST,
	/* literal and deepbind */
	RULES_ON,
	RULES_OFF,
};

#endif

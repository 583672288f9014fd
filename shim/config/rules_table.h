/* The table of rules, which rules_parse.c fills and rules.c searches. For these two files only. */
#ifndef DUALSTACK_RULES_TABLE_H
#define DUALSTACK_RULES_TABLE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/rule.h"

/* A range of entries in one of the tables below. */
struct span {
	uint16_t from, count;
};

struct rule {
	enum rules_call call;
	enum rules_action action;
	int protocol; /* 0: any */
	struct span addresses, ports, names, programs;
};

struct prefix {
	struct in6_addr addr; /* IPv4 V4MAPPED */
	uint8_t bits;         /* of 128 */
	bool in6;
};

struct range {
	uint16_t first, last;
};

struct rules_table {
	struct rule rules[RULES_MOST];
	struct prefix prefixes[RULES_PREFIXES];
	struct range ranges[RULES_PORTS];
	uint16_t patterns[RULES_PATTERNS / 4]; /* where each begins in PATTERN_TEXT */
	char pattern_text[RULES_PATTERNS];
	char text[RULES_TEXT];
};

/* The entries in use. Kept apart, as a process without rules reads only this. */
struct rules_used {
	uint16_t rules, prefixes, ranges, patterns, pattern_bytes;
	size_t text;
	bool any[RULES_CALLS];
};

extern struct rules_table rules_table;
extern struct rules_used rules_used;

/* Whether TEXT, of SIZE bytes, matches one of PATTERNS: letters of either case are alike, * is any text. */
bool rules_match(const struct span *patterns, const char *text, size_t size);

#endif

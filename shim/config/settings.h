/* The settings of dualstack.conf(5) and of the DUALSTACK_* variables: names, values, and their text. No
 * system calls, no memory of its own but the rules (rules.h); leaves errno alone. Only while the library is
 * being loaded, and in the tool. */
#ifndef DUALSTACK_SETTINGS_H
#define DUALSTACK_SETTINGS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/nat64_prefix.h"
#include "config/rule.h"
#include "config/rules.h"

/* ms; RFC 8305, 5: the recommended Connection Attempt Delay. */
#define SETTINGS_DELAY_DEFAULT 250
#define SETTINGS_DELAY_MOST 60000

/* The default pool of synthetic addresses (address/synthetic.h), in host byte order, and the lengths that its
 * prefix can have. A smaller pool has fewer addresses that were never given out: a /16 has 8 numbers for each
 * of the table's 4096 slots. */
#define POOL_DEFAULT 0xf0000000u
#define POOL_WIDEST 4
#define POOL_NARROWEST 16

enum settings_peer {
	SETTINGS_PEER_AUTO,      /* widened sockets show IPv4 addresses, others their own */
	SETTINGS_PEER_SYNTHETIC, /* so do dual-stack sockets that the program was started with */
	SETTINGS_PEER_REAL,      /* an IPv6 address is shown where there is room for it */
};

/* Which callers get IPv6 text for a synthetic address. */
enum settings_text {
	SETTINGS_TEXT_AUTO, /* for callers whose buffer says that they expect IPv6 text */
	SETTINGS_TEXT_IPV6, /* for callers with room for it */
	SETTINGS_TEXT_IPV4, /* for none */
};

/* Members of type unsigned char have a word for each value. */
struct settings {
	unsigned char enabled;
	unsigned delay;     /* ms, RFC 8305's Connection Attempt Delay (5); 0: one attempt at a time */
	uint32_t pool;      /* of synthetic addresses, host byte order */
	unsigned pool_bits; /* the length of that prefix */
	unsigned char peer; /* enum settings_peer */
	unsigned char loopback_synthetic; /* ::1 is shown as any other IPv6 peer */
	unsigned char synthetic_always;   /* also for programs that ask for both families */
	unsigned char prefer_in6; /* a name's IPv6 addresses come before the IPv4 one that is connected to */
	bool nat64_found;         /* NAT64_PREFIX is looked for, not given */
	struct nat64_prefix nat64_prefix; /* of a translator; BITS is 0 if none is known */
	unsigned char text;               /* enum settings_text */
	char log[PATH_MAX + 32];          /* LEVEL[:TARGET] (log.h); "" for none */
};

/* Room for settings_print(). */
#define SETTINGS_TEXT (RULES_TEXT + PATH_MAX + 512)

void settings_default(struct settings *s);

/* Sets the setting NAME ("delay") to VALUE. Returns 0; -ENOENT if there is no such setting; or -EINVAL if
 * VALUE is bad, and then EXPECTED describes good ones. */
int settings_set(struct settings *s, const char *name, const char *value, const char **expected);

/* The name of the setting with this NUMBER, from 0 on; NULL if there are no more. */
const char *settings_name(size_t number);

/* Puts into ERROR's text WHAT ("unknown value "), VALUE, shortened, and what was EXPECTED. */
void settings_say(struct rules_error *error, const char *what, const char *value, const char *expected);

/* Reads the configuration in TEXT, of SIZE bytes: settings replace those in S, rules come after existing
 * ones. If S is NULL, TEXT has rules alone. Returns 0, or -EINVAL with ERROR filled; then part of TEXT has
 * taken effect. */
int settings_parse(struct settings *s, const char *text, size_t size, struct rules_error *error);

/* Puts S and the rules into TEXT, of SETTINGS_TEXT bytes, as settings_parse() takes them; with ALL, also
 * settings that have their default. */
void settings_print(const struct settings *s, bool all, char *text);

#endif

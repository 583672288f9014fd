/* What the resolver has said: the addresses of each name, for connect() to try.
 *
 * The table has a fixed size, no locks, and is private to the process (fork() copies it). What it holds
 * expires. Async-signal-safe and callable from any thread; errno is left alone. */
#ifndef DUALSTACK_KNOWN_NAMES_H
#define DUALSTACK_KNOWN_NAMES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	NAMES_ENTRIES = 256,  /* names, of a kilobyte each; untouched pages cost nothing */
	NAMES_OF_FAMILY = 16, /* addresses of each family that are remembered for a name */
	NAMES_ADDRESSES = 2 * NAMES_OF_FAMILY,
	NAMES_TEXT = 256, /* bytes of a name (RFC 1035, 2.3.4) */
	NAMES_LIFE = 600, /* seconds for which an answer is good: the resolver does not tell its TTL */
};

/* An IPv6 address, or an IPv4 one V4MAPPED (RFC 4291, 2.5.5.2). */
struct names_address {
	struct in6_addr addr;
	uint32_t scope; /* interface index of a link-local address, else 0 */
};

struct names_list {
	char name[NAMES_TEXT];
	uint32_t knows_in6; /* names_connected_in6() was called since the name was asked for */
	uint32_t count;
	struct names_address addresses[NAMES_ADDRESSES]; /* each family in the order of RFC 6724, 6 */
};

/* ADDR in this form. And whether two are the same: link-local ones on two interfaces are not. */
struct names_address names_address(const struct sockaddr_in6 *addr);
bool names_same(const struct names_address *a, const struct names_address *b);

/* Whether LIST has ADDR. */
bool names_holds(const struct names_list *list, const struct names_address *addr);

/* Puts ADDR at the end of LIST, if it is new there, its family has room, and it belongs to a host (scope.h).
 */
void names_add(struct names_list *list, const struct in6_addr *addr, uint32_t scope);

/* The calling thread has asked for NAME, of any length, and the answer was LIST, whose name is set here.
 * Without IPv6 addresses in LIST, those of an earlier answer stay, in front, until they expire. */
void names_note(const char *name, const struct names_list *list);

/* The calling thread has asked for the number ADDR as a number: it is nobody's name until the thread asks for
 * a name that has it. */
void names_note_number(const struct names_address *addr);

/* Calls VISIT for each name with ADDR, unless that is a number to the calling thread. */
void names_each(const struct names_address *addr, void (*visit)(const struct names_list *list, void *arg),
		void *arg);

/* The program has connected to ADDR in AF_INET6: it goes from one family to the other by itself, for the
 * names with ADDR, until it asks for them again. */
void names_connected_in6(const struct names_address *addr);

/* Whether there is an answer for NAME, of any length, that has not expired; then LIST is it. */
bool names_known(const char *name, struct names_list *list);

#endif

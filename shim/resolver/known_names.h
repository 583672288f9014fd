/* The resolver's answers: the addresses of each name, for connect() to try.
 *
 * The table has a fixed size and no locks, and is private to the process (fork() copies it). Its entries
 * expire. Async-signal-safe and callable from any thread; errno is left alone. */
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
	NAMES_LIFE = 600, /* seconds until an answer expires: the resolver does not tell its TTL */
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

/* Converts ADDR to this form; and compares two: link-local addresses on two interfaces differ. */
struct names_address names_address(const struct sockaddr_in6 *addr);
bool names_same(const struct names_address *a, const struct names_address *b);

/* Whether LIST has ADDR. */
bool names_holds(const struct names_list *list, const struct names_address *addr);

/* Appends ADDR to LIST, if it is new there, its family has room, and it belongs to a host (scope.h). */
void names_add(struct names_list *list, const struct in6_addr *addr, uint32_t scope);

/* The calling thread has asked for NAME, of any length, and got the addresses in LIST. If LIST has no IPv6
 * addresses, it gets those of an earlier answer, in front, until they expire, unless all its IPv4 addresses
 * are others: then the name has moved. */
void names_note(const char *name, struct names_list *list);

/* The calling thread has asked for ADDR as a number: ADDR belongs to no name until the thread asks for a name
 * that has it. */
void names_note_number(const struct names_address *addr);

/* Calls VISIT for each name with ADDR, unless the calling thread has asked for ADDR as a number. If all of
 * them have expired, there is none; else those that have expired come last, since the program may mean one.
 */
void names_each(const struct names_address *addr, void (*visit)(const struct names_list *list, void *arg),
		void *arg);

/* The program has connected to ADDR in AF_INET6. So it goes from one family to the other by itself for the
 * names with ADDR, until it asks for them again. */
void names_connected_in6(const struct names_address *addr);

/* Whether there is an answer for NAME, of any length, that has not expired. If so, LIST is that answer. */
bool names_known(const char *name, struct names_list *list);

#endif

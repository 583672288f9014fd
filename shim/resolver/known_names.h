/* What the resolver said: address to all addresses of the name, for connect() to try.
 *
 * The table is fixed in size, without locks, and private to the process (a copy after fork). What it holds
 * expires. Async-signal-safe and callable from any thread; errno is left alone. */
#ifndef DUALSTACK_NAMES_H
#define DUALSTACK_NAMES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	NAMES_ENTRIES = 256,  /* names, of 700 bytes; untouched pages cost nothing */
	NAMES_ADDRESSES = 16, /* addresses of a name that are remembered */
	NAMES_TEXT = 256,     /* bytes of a name (RFC 1035, 2.3.4) */
	NAMES_LIFE = 600,     /* seconds for which an answer is good: the resolver does not tell its TTL */
};

/* An IPv6 address, or an IPv4 one V4MAPPED (RFC 4291, 2.5.5.2). */
struct names_address {
	struct in6_addr addr;
	uint32_t scope; /* interface index of a link-local address, else 0 */
};

struct names_list {
	char name[NAMES_TEXT];
	uint32_t both; /* the program asked for both families, and so can go from one to the other itself */
	uint32_t count;
	struct names_address addresses[NAMES_ADDRESSES]; /* in the order of RFC 6724, 6 */
};

/* ADDR in this form; and whether two are the same one: link-local ones on two interfaces are not. */
struct names_address names_address(const struct sockaddr_in6 *addr);
bool names_same(const struct names_address *a, const struct names_address *b);

/* Puts ADDR at the end of LIST, if it is not in there, there is room, and it is not nobody's (scope.h). */
void names_add(struct names_list *list, const struct in6_addr *addr, uint32_t scope);

/* The calling thread has asked for NAME, of any length, and the answer was LIST, whose own name is set here.
 * Where LIST has no IPv6 address, those of an earlier answer stay until they expire, in front. */
void names_note(const char *name, const struct names_list *list);

/* Whether ADDR came from a name: then LIST is what is known of that. Where several names have ADDR and not
 * the same others, it is the one that the calling thread asked for last; where that is not clear, the answer
 * is no. */
bool names_find(const struct names_address *addr, struct names_list *list);

/* Whether anything is known of NAME, of any length, that has not expired; then LIST is that. */
bool names_known(const char *name, struct names_list *list);

#endif

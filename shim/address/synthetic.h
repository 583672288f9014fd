/* Synthetic IPv4 addresses, which an IPv4-only program is shown instead of IPv6 addresses, and the way back
 * (RFC 6535, 2.3.2 and 4.4; there for names, here for peers).
 *
 * They come from 240.0.0.0/4, which no host has and no access list names (RFC 6890, 2.2.2). RFC 6535, 4.4,
 * recommends the RFC 1918 ranges, but everybody's access lists name those.
 *
 * If possible, a peer is shown as a keyed hash: all processes with the same key show it as the same address
 * of the pool's lower half (240.0.0.0/5). The upper bits of the hash come from the peer's /64, the last
 * SYNTHETIC_HOST_BITS from the whole address. So a /64 is shown as one /21, a /24 of the pool has peers of
 * one /64 only, and a limit or a ban for a /24 concerns one network. There are 65536 /21s, so two given /64s
 * share one with a probability of 1/65536. (In the smallest pool, a /16, there are 16, and networks share
 * them.)
 *
 * If another peer has the hash, or may have had it, a peer gets a number of the pool's upper half
 * (248.0.0.0/5). A /24 there may hold numbers of several networks. Two peers of one /64 have the same hash
 * with a probability of 1/2048. When a peer is pushed out of the table, its hash must not go to another one:
 * from then on, the peers of its /64, and of 1/64 of all others, get numbers. Numbers are the process's own:
 * each process begins to count somewhere else, and processes with neighbouring process ids begin far apart,
 * so that two rarely give out the same number.
 *
 * In the life of a process, no synthetic address ever stands for two peers: sending to a peer that was pushed
 * out fails, and reaches nobody else. When the numbers are used up (in 240.0.0.0/4, each set has more than
 * 2^18), new peers are shown as the pool's first address, which stands for nobody.
 *
 * If a network uses addresses of the pool after all, an IPv4 host that has one (V4MAPPED here) is a peer like
 * any other. It is shown as its own address if that is in the lower half and no other peer is shown as it.
 *
 * The table is fixed in size, has no locks, and is private to the process; after fork() the child has a copy.
 * All functions but the first are async-signal-safe, any thread may call them, and they leave errno
 * alone. Only giving a number makes system calls: getpid(2) and, once in each process, clock_gettime(2). */
#ifndef DUALSTACK_SYNTHETIC_H
#define DUALSTACK_SYNTHETIC_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	SYNTHETIC_WAYS = 16,  /* slots where one peer can be */
	SYNTHETIC_SETS = 256, /* 4096 peers of 32 bytes: 128 KiB when full; untouched pages cost nothing */
	SYNTHETIC_HOST_BITS = 11, /* the bits of a hash that differ within a /64 */
};

/* Sets another pool than POOL_DEFAULT: the prefix NET, in host byte order, of BITS bits. Called once, when
 * the library is loaded, before any other function here. */
void synthetic_set_pool(uint32_t net, unsigned bits);

/* Returns whether ADDR (network byte order) is in the pool. */
bool synthetic_in_pool(in_addr_t addr);

/* Returns the synthetic address (network byte order) of REAL, and gives it one if it has none. SCOPE is the
 * interface index of a link-local address, else 0. */
in_addr_t synthetic_of(const struct in6_addr *real, uint32_t scope);

/* Shows REAL as SHOWN from now on (network byte order, outside the pool): this host reaches SHOWN through
 * REAL. To be called only for addresses to which the program itself connects or sends. REAL may be pushed out
 * like any other peer. */
void synthetic_stand(const struct in6_addr *real, in_addr_t shown);

/* Returns whether REAL is shown as another address already. If so, SHOWN is that (network byte order). */
bool synthetic_known(const struct in6_addr *real, uint32_t scope, in_addr_t *shown);

/* Puts the peer that is shown as SHOWN (network byte order) into REAL and SCOPE. Returns 0; -ENOENT if SHOWN
 * was not given out here; -ESTALE if its peer was, or may have been, pushed out, or if it is the pool's first
 * address. */
int synthetic_real(in_addr_t shown, struct in6_addr *real, uint32_t *scope);

#endif

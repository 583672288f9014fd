/* Synthetic IPv4 addresses: what an IPv4-only program is shown in the place of an IPv6 address, and the way
 * back (RFC 6535, 2.3.2 and 4.4; there for names, here for peers).
 *
 * They come from 240.0.0.0/4, which no host has and no access list names (RFC 6890, 2.2.2), instead of the
 * RFC 1918 ranges that RFC 6535, 4.4, recommends, which are in everybody's access lists.
 *
 * A peer is shown as a keyed hash where that is possible: all processes with the same key show it as the same
 * address of the pool's lower half (240.0.0.0/5). The upper bits of the hash come from the peer's /64, the
 * last SYNTHETIC_HOST_BITS from the whole address. So a /64 is shown as one /21, a /24 of the pool has peers
 * of one /64 only, and a limit or a ban for a /24 concerns one network. There are 65536 /21s: two given /64s
 * share one with that probability (in the shortest pool, a /16, there are 16, and networks share them).
 *
 * A peer that can't have its hash, because another peer has or may have had it, gets a number of the pool's
 * upper half (248.0.0.0/5). Then there is no room any more, and a /24 may hold numbers of several networks.
 * Two peers of one /64 have the same hash with probability 1/2048; and no peer gets a hash where one of its
 * /64, or of one /64 in 64, has been pushed out of the table before. Numbers are the process's own: each
 * process begins to count somewhere else, those with numbers near each other far apart, so that a number of
 * one is hardly ever a number of another.
 *
 * In the life of a process no synthetic address ever stands for two peers: what is sent to a peer that was
 * pushed out fails, and reaches nobody else. When the numbers are used up (2^17 and more of each set, in
 * 240.0.0.0/4) new peers are shown as SYNTHETIC_NOBODY.
 *
 * On a network where addresses of the pool are in use after all, an IPv4 host that has one (V4MAPPED here) is
 * a peer like any other. It is shown as what it is if that is in the lower half and nobody else is shown as
 * it.
 *
 * The table is fixed in size, has no locks, and is private to the process; after fork() the child has a copy.
 * All functions but the first two are async-signal-safe, any thread may call them, and they leave errno
 * alone. Only giving a number makes system calls: getpid(2) and, once in each process, clock_gettime(2). */
#ifndef DUALSTACK_SYNTHETIC_H
#define DUALSTACK_SYNTHETIC_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "config/pool.h"

enum {
	SYNTHETIC_WAYS = 8,   /* slots where one peer can be */
	SYNTHETIC_SETS = 512, /* 4096 peers of 32 bytes: 128 KiB when full; untouched pages cost nothing */
	SYNTHETIC_HOST_BITS = 11, /* the bits of a hash that differ within a /64 */
};

/* The pool's first address (host byte order). It is shown where no address is left to give, and has no way
 * back.
 */
#define SYNTHETIC_NOBODY POOL_DEFAULT

/* Sets the key of the hash; and another pool than POOL_DEFAULT: NET in host byte order, of a prefix of BITS
 * bits. Called once, when the library is loaded, before any other function here. */
void synthetic_set_key(const struct hash_key *key);
void synthetic_set_pool(uint32_t net, unsigned bits);

/* Returns whether ADDR (network byte order) is in the pool. */
bool synthetic_in_pool(in_addr_t addr);

/* Returns the synthetic address (network byte order) of REAL, and gives it one if it has none. SCOPE is the
 * interface index of a link-local address, else 0. */
in_addr_t synthetic_of(const struct in6_addr *real, uint32_t scope);

/* Shows REAL as SHOWN from now on (network byte order, outside the pool): this host reaches SHOWN by REAL. To
 * be called only for what the program itself connects or sends to. REAL may be forgotten as others are. */
void synthetic_stand(const struct in6_addr *real, in_addr_t shown);

/* Returns whether REAL is shown as another address already. If so, SHOWN is that (network byte order). */
bool synthetic_known(const struct in6_addr *real, uint32_t scope, in_addr_t *shown);

/* Puts the peer that is shown as SHOWN (network byte order) into REAL and SCOPE. Returns 0; -ENOENT if SHOWN
 * was not given out here; -ESTALE if its peer was, or may have been, pushed out, or if it is
 * SYNTHETIC_NOBODY. */
int synthetic_real(in_addr_t shown, struct in6_addr *real, uint32_t *scope);

#endif

/* Synthetic IPv4 addresses: what an IPv4-only program is shown in the place of an IPv6 address, and the
 * way back (RFC 6535, 2.3.2 and 4.4; there for names, here for peers).
 *
 * They come from 240.0.0.0/4, which no host has and no access list names (RFC 6890, 2.2.2), instead of
 * the RFC 1918 ranges that RFC 6535 4.4 recommends, which are in everybody's access lists.
 *
 * An address is a keyed hash of the IPv6 address where it can be, so that all processes that share the
 * key show one peer as one address (the pool's lower half, 240.0.0.0/5). Where it can't, because two peers
 * have the same hash or the table had to push a peer out, it is a number never given out before (the
 * upper half, 248.0.0.0/5). So no synthetic address ever stands for two IPv6 addresses in the life of a
 * process: what is sent to a peer that was pushed out fails, and reaches nobody else.
 *
 * On a network where addresses of the pool are in use after all, an IPv4 host that has one (V4MAPPED here)
 * is a peer like others: shown as what it is where that is in the lower half and nobody else is shown as it.
 *
 * The table is fixed in size, without locks, and private to the process (a copy after fork). Every
 * function here is async-signal-safe, callable from any thread, and leaves errno alone. */
#ifndef DUALSTACK_SYNTHETIC_H
#define DUALSTACK_SYNTHETIC_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "config/pool.h"

enum {
	SYNTHETIC_WAYS = 8,   /* slots where one peer can be */
	SYNTHETIC_SETS = 512, /* 4096 peers of 32 bytes: 128 KiB when full, untouched pages cost nothing */
};

/* The pool's first address (host byte order) is shown where none is left to give: it has no way back. */
#define SYNTHETIC_NOBODY POOL_DEFAULT

/* The hash's key, and another pool. Called once, when the library is loaded, before any other function here.
 */
void synthetic_set_key(const struct hash_key *key);
void synthetic_set_pool(uint32_t net, unsigned bits);

/* Whether ADDR (network byte order) is in the pool. */
bool synthetic_in_pool(in_addr_t addr);

/* The synthetic address (network byte order) of REAL, given now if it has none. SCOPE is the interface
 * index of a link-local address, else 0. */
in_addr_t synthetic_of(const struct in6_addr *real, uint32_t scope);

/* REAL, which this host reaches SHOWN by (network byte order, outside the pool), is to be shown as that: to
 * be called only for what the program connects or sends to itself. It may be forgotten as others are. */
void synthetic_stand(const struct in6_addr *real, in_addr_t shown);

/* Whether REAL has one by now. */
bool synthetic_known(const struct in6_addr *real, uint32_t scope);

/* The way back: fills REAL and SCOPE for SHOWN (network byte order). Returns 0, or -ENOENT when SHOWN
 * was not given out here, or -ESTALE when its peer has been pushed out, or may have been, or is nobody. */
int synthetic_real(in_addr_t shown, struct in6_addr *real, uint32_t *scope);

#endif
